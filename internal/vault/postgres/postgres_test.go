package postgres_test

import (
	"testing"

	"github.com/acme/customers/internal/sqldb"
	"github.com/acme/customers/internal/sqldb/pgtest"
	"github.com/acme/customers/internal/vault"
	"github.com/acme/customers/internal/vault/postgres"
	"github.com/acme/customers/internal/vault/vaulttest"
)

func TestSuite(t *testing.T) {
	vaulttest.Run(t, func(t testing.TB) vault.KeyStore {
		s, err := postgres.Open(t.Context(), pgtest.Start(t), sqldb.PostgresOptions{Name: "keys"})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	})
}
