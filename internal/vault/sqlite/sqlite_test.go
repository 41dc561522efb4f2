package sqlite

import (
	"path/filepath"
	"testing"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/vault"
	"github.com/acme/customers/internal/vault/vaulttest"
)

func openTest(t testing.TB, path string) *Store {
	t.Helper()
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestSuite(t *testing.T) {
	vaulttest.Run(t, func(t testing.TB) vault.KeyStore { return openTest(t, filepath.Join(t.TempDir(), "keys.db")) })
}

func TestRowsFencesAndBindingSurviveReopening(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.db")
	s := openTest(t, path)
	ring, live, dead := uuid.New(), uuid.New(), uuid.New()
	if _, err := s.Bind(t.Context(), ring); err != nil {
		t.Fatal(err)
	}
	row := vault.Row{Subject: live, Epoch: 1, Wrapped: make([]byte, vault.WrappedSize)}
	if _, err := s.Insert(t.Context(), []vault.Row{row}); err != nil {
		t.Fatal(err)
	}
	if err := s.Fence(t.Context(), []uuid.UUID{dead}); err != nil {
		t.Fatal(err)
	}
	s.Close()
	s = openTest(t, path)
	rows, err := s.Get(t.Context(), []uuid.UUID{live, dead})
	if err != nil || len(rows) != 2 || rows[0].Fenced || !rows[1].Fenced {
		t.Errorf("after reopening: %d rows, %v", len(rows), err)
	}
	if b, err := s.Bind(t.Context(), uuid.New()); err != nil || b.Ring != ring {
		t.Errorf("after reopening: bound to %v, %v; want %v", b.Ring, err, ring)
	}
}
