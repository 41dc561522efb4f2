package sqlite

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/vault"
)

// What Insert says stands is not read back, so it must be what a read gives:
// times have milliseconds, and a row that was there first stays as it is.
func TestInsertGivesWhatGetGives(t *testing.T) {
	s, err := Open(t.Context(), t.TempDir()+"/keys.db")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Bind(t.Context(), uuid.New()); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 23, 10, 0, 0, 123_456_789, time.FixedZone("here", 3600))
	first := vault.Row{Subject: uuid.New(), Epoch: 3, Wrapped: bytes.Repeat([]byte{1}, 93), Created: at}
	second := first
	second.Wrapped, second.Created = bytes.Repeat([]byte{2}, 93), at.Add(time.Hour)
	for _, rows := range [][]vault.Row{{first}, {second, {Subject: uuid.New(), Epoch: 3, Wrapped: bytes.Repeat([]byte{3}, 93), Created: at}}} {
		standing, err := s.Insert(t.Context(), rows)
		if err != nil {
			t.Fatal(err)
		}
		var subjects []uuid.UUID
		for _, r := range rows {
			subjects = append(subjects, r.Subject)
		}
		got, err := s.Get(t.Context(), subjects)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(got, standing); diff != "" {
			t.Errorf("-read +said\n%s", diff)
		}
		if cmp.Equal(rows, standing) { // the control: as handed in, the time has too many digits
			t.Error("rows stand as they were handed in")
		}
	}
}
