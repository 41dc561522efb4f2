package sqlite_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/acme/customers/internal/eventstore/eventstoretest"
	"github.com/acme/customers/internal/eventstore/sqlite"
)

func BenchmarkRegistrations(b *testing.B) {
	for _, committers := range []int{1, 64, 256} {
		b.Run(fmt.Sprintf("committers=%d", committers), func(b *testing.B) {
			store, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "log.db"), sqlite.Options{})
			if err != nil {
				b.Fatal(err)
			}
			defer store.Close()
			eventstoretest.Registrations(b, store, committers)
		})
	}
}
