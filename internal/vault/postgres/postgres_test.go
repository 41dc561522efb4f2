package postgres_test

import (
	"testing"

	"github.com/acme/customers/internal/sqldb/pgtest"
	"github.com/acme/customers/internal/vault"
	"github.com/acme/customers/internal/vault/vaulttest"
)

func TestSuite(t *testing.T) {
	vaulttest.Run(t, func(t testing.TB) vault.KeyStore { return open(t, pgtest.Start(t)) })
}
