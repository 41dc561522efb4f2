package sqlite

import (
	"bytes"
	"crypto/rand"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/sqldb"
	"github.com/acme/customers/internal/vault"
)

// residue counts the wrapped keys of which a part is in the file, the WAL or
// the shared memory. It reads through another process: closing the file in
// this one would drop SQLite's locks on it.
func residue(t *testing.T, path string, wrapped [][]byte) (found int) {
	t.Helper()
	var all []byte
	for _, suffix := range []string{"", "-wal", "-shm"} {
		content, err := exec.Command("cat", path+suffix).Output()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, content...)
	}
	for _, w := range wrapped {
		for _, part := range [][]byte{w[1:17], w[len(w)/2:][:16], w[len(w)-16:]} {
			if bytes.Contains(all, part) {
				found++
				break
			}
		}
	}
	return found
}

// fill inserts rows in groups, out of order, and rewraps some of them, as a
// store that has lived for a while. It gives every wrapping there ever was of
// each subject.
func fill(t *testing.T, s *Store, n int) (subjects []uuid.UUID, wrapped [][]byte) {
	t.Helper()
	if _, err := s.Bind(t.Context(), uuid.New()); err != nil {
		t.Fatal(err)
	}
	fresh := func() []byte {
		w := make([]byte, vault.WrappedSize)
		rand.Read(w)
		wrapped = append(wrapped, w)
		return w
	}
	var moves []vault.Rewrap
	for range n / 100 {
		var rows []vault.Row
		for range 100 {
			subjects = append(subjects, uuid.New())
			rows = append(rows, vault.Row{Subject: subjects[len(subjects)-1], Epoch: 255, Wrapped: fresh()})
		}
		if _, err := s.Insert(t.Context(), rows); err != nil {
			t.Fatal(err)
		}
	}
	for i, subject := range subjects {
		if i%3 == 0 {
			moves = append(moves, vault.Rewrap{Subject: subject, From: 255, To: 256, Wrapped: fresh()})
		}
	}
	if err := s.Rewrap(t.Context(), moves); err != nil {
		t.Fatal(err)
	}
	return subjects, wrapped
}

func TestAFenceLeavesNoBytesOfTheKeyBehind(t *testing.T) {
	const n = 3000
	path := filepath.Join(t.TempDir(), "keys.db")
	s := openTest(t, path)
	subjects, wrapped := fill(t, s, n)
	if found := residue(t, path, wrapped); found < n {
		t.Fatalf("control: only %d of %d live keys are found", found, n)
	}
	// One by one with live rows around them, then all the others.
	for i, subject := range subjects[:50] {
		if err := s.Fence(t.Context(), []uuid.UUID{subject}); err != nil {
			t.Fatal(err)
		}
		if found := residue(t, path, wrapped[i:i+1]); found != 0 {
			t.Fatalf("the key of subject %d is still found after its fence", i)
		}
	}
	if err := s.Fence(t.Context(), subjects); err != nil {
		t.Fatal(err)
	}
	if found := residue(t, path, wrapped); found != 0 {
		t.Errorf("%d wrapped keys are still found after the fences", found)
	}
}

// The control: what the driver does not do.
func TestDeletingAloneLeavesTheKeysBehind(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.db")
	s, err := open(t.Context(), path, sqldb.SQLiteOptions{SecureDelete: false})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	_, wrapped := fill(t, s, 1000)
	if _, err := s.db.Write.ExecContext(t.Context(), `DELETE FROM vault_keys`); err != nil {
		t.Fatal(err)
	}
	if found := residue(t, path, wrapped); found < 1000 {
		t.Errorf("control: after a DELETE without a checkpoint only %d of %d are found", found, len(wrapped))
	}
	if err := s.db.Truncate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if found := residue(t, path, wrapped); found == 0 {
		t.Error("control: after a DELETE without secure_delete nothing is found in the file")
	}
}

// A reader in the way must not make a fence look complete.
func TestAFenceThatCannotEmptyTheWALFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.db")
	s := openTest(t, path)
	subjects, wrapped := fill(t, s, 100)
	tx, err := s.db.Read.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if err := tx.QueryRow(`SELECT count(*) FROM vault_keys`).Scan(new(int)); err != nil {
		t.Fatal(err)
	}
	if err := s.Fence(t.Context(), subjects); err == nil {
		t.Error("the fence reports success while the WAL is full of keys")
	}
	tx.Rollback()
	if err := s.Fence(t.Context(), subjects); err != nil {
		t.Fatal(err)
	}
	if found := residue(t, path, wrapped); found != 0 {
		t.Errorf("%d wrapped keys are found after the second fence", found)
	}
}

func BenchmarkInsert500(b *testing.B) {
	s, err := Open(b.Context(), filepath.Join(b.TempDir(), "keys.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Bind(b.Context(), uuid.New()); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		rows := make([]vault.Row, 500)
		for i := range rows {
			rows[i] = vault.Row{Subject: uuid.Must(uuid.NewV7()), Epoch: 1, Wrapped: make([]byte, vault.WrappedSize)}
		}
		if _, err := s.Insert(b.Context(), rows); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(500*b.N)/b.Elapsed().Seconds(), "rows/s")
}
