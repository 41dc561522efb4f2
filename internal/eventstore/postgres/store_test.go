package postgres_test

import (
	"context"
	"os"
	"testing"

	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/eventstore/eventstoretest"
	"github.com/acme/customers/internal/eventstore/postgres"
	"github.com/acme/customers/internal/sqldb/pgtest"
)

// dsnVariable tells a writer process where the log is.
const dsnVariable = "EVENTSTORETEST_DSN"

func TestMain(m *testing.M) {
	eventstoretest.Child(func(ctx context.Context, s eventstoretest.Settings) (eventstore.Store, error) {
		return postgres.OpenWatched(ctx, os.Getenv(dsnVariable), postgres.Options{}, s.BeforeCommit)
	})
	os.Exit(m.Run())
}

// empty makes the log as good as new. That is faster than another database.
func empty(t *testing.T, dsn string) {
	t.Helper()
	s, err := postgres.Open(t.Context(), dsn, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	exec(t, connect(t, dsn), `TRUNCATE event, stream, subject, claim, inbox, request, reader, lease, lineage, revocation`)
}

func TestSuite(t *testing.T) {
	dsn := pgtest.Start(t)
	eventstoretest.Run(t, eventstoretest.Driver{
		Durable: true, Instances: true,
		New: func(t *testing.T) eventstoretest.Open {
			empty(t, dsn)
			return func(t *testing.T, s eventstoretest.Settings) eventstore.Store {
				store, err := postgres.OpenWatched(t.Context(), dsn, postgres.Options{Now: s.Now}, s.BeforeCommit)
				if err != nil {
					t.Fatal(err)
				}
				return store
			}
		},
		Launch: func(t *testing.T, jobs []eventstoretest.Job) []eventstoretest.Tally {
			return eventstoretest.Processes(t, jobs, dsnVariable+"="+dsn)
		},
	})
}
