package postgres_test

import (
	"testing"

	"github.com/acme/customers/internal/access"
	"github.com/acme/customers/internal/access/accesstest"
	"github.com/acme/customers/internal/access/postgres"
	"github.com/acme/customers/internal/sqldb/pgtest"
)

func TestStore(t *testing.T) {
	accesstest.Run(t, func(t *testing.T) accesstest.Open {
		dsn := pgtest.Start(t)
		return func() (access.Store, error) { return postgres.Open(t.Context(), dsn) }
	})
}
