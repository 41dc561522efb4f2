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

func TestSuite(t *testing.T) {
	var dsn string
	eventstoretest.Run(t, eventstoretest.Driver{
		Durable: true, Instances: true,
		New: func(t *testing.T) eventstoretest.Open {
			dsn = pgtest.Start(t)
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
