package sqlite_test

import (
	"path/filepath"
	"testing"

	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/eventstore/eventstoretest"
	"github.com/acme/customers/internal/eventstore/sqlite"
)

func TestSuite(t *testing.T) {
	eventstoretest.Run(t, eventstoretest.Driver{Durable: true, New: func(t *testing.T) eventstoretest.Open {
		path := filepath.Join(t.TempDir(), "log.db")
		return func(t *testing.T, s eventstoretest.Settings) eventstore.Store {
			store, err := sqlite.OpenWatched(t.Context(), path, sqlite.Options{Now: s.Now}, s.BeforeCommit)
			if err != nil {
				t.Fatal(err)
			}
			return store
		}
	}})
}
