package postgres_test

import (
	"testing"

	"github.com/acme/customers/internal/bus"
	"github.com/acme/customers/internal/bus/bustest"
	"github.com/acme/customers/internal/bus/postgres"
	"github.com/acme/customers/internal/sqldb/pgtest"
)

func TestDeadLetters(t *testing.T) {
	bustest.DeadLetters(t, func(t *testing.T) bus.DeadLetters {
		d, err := postgres.Open(t.Context(), pgtest.Start(t))
		if err != nil {
			t.Fatal(err)
		}
		return d
	})
}
