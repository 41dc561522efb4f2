package postgres_test

import (
	"fmt"
	"testing"

	"github.com/acme/customers/internal/eventstore/eventstoretest"
	"github.com/acme/customers/internal/eventstore/postgres"
	"github.com/acme/customers/internal/sqldb/pgtest"
)

func BenchmarkRegistrations(b *testing.B) {
	for _, committers := range []int{1, 64, 256} {
		b.Run(fmt.Sprintf("committers=%d", committers), func(b *testing.B) {
			store, err := postgres.Open(b.Context(), pgtest.Start(b), postgres.Options{})
			if err != nil {
				b.Fatal(err)
			}
			defer store.Close()
			eventstoretest.Registrations(b, store, committers)
		})
	}
}
