package sqlite_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/access"
	"github.com/acme/customers/internal/access/accesstest"
	"github.com/acme/customers/internal/access/sqlite"
)

func TestStore(t *testing.T) {
	accesstest.Run(t, func(t *testing.T) accesstest.Open {
		path := filepath.Join(t.TempDir(), "access.db")
		return func() (access.Store, error) { return sqlite.Open(t.Context(), path) }
	})
}

// The files are copied at the moment of the acknowledgement, as a crash would
// leave them, and opened elsewhere.
func TestAnAcknowledgedEntryIsInTheFiles(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "access.db")
	store, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	v := accesstest.Vault(t)
	l := access.Open(store, v, nil)
	defer l.Close()
	subject := uuid.New()
	image := func() string {
		to := t.TempDir()
		for _, name := range []string{"access.db", "access.db-wal"} {
			raw, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(to, name), raw, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return filepath.Join(to, "access.db")
	}
	before := image()
	e := access.Entry{At: time.Now(), Actor: "support", ActorID: "agent", Action: "GetCustomer", Subject: subject, Ordinal: 3}
	if err := l.Record(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]int{before: 0, image(): 1} { // before: the control
		crashed, err := sqlite.Open(t.Context(), file)
		if err != nil {
			t.Fatal(err)
		}
		l := access.Open(crashed, v, nil)
		if got, _, err := l.Of(t.Context(), subject, 3, "", 10); err != nil || len(got) != want {
			t.Errorf("the image holds %d entries, %v; want %d", len(got), err, want)
		}
		l.Close()
		if err := crashed.Close(); err != nil {
			t.Error(err)
		}
	}
}
