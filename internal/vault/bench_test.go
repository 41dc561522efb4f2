package vault_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/vault"
	"github.com/acme/customers/internal/vault/kms"
	"github.com/acme/customers/internal/vault/sqlite"
)

func openSQLite(b testing.TB) (place, *vault.Vault) {
	b.Helper()
	store, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "keys.db"))
	if err != nil {
		b.Fatal(err)
	}
	p := newPlace(b)
	return p, p.open(b, store)
}

// createAll makes n subjects through callers that wait at the same time.
func createAll(b testing.TB, v *vault.Vault, n int) []uuid.UUID {
	b.Helper()
	subjects := make([]uuid.UUID, n)
	next, errs := make(chan int, n), make(chan error, n)
	for i := range n {
		subjects[i] = uuid.Must(uuid.NewV7())
		next <- i
	}
	close(next)
	for range 256 {
		go func() {
			for i := range next {
				_, err := v.Create(b.Context(), subjects[i])
				errs <- err
			}
		}()
	}
	for range n {
		if err := <-errs; err != nil {
			b.Fatal(err)
		}
	}
	return subjects
}

// Grouped and durable, on SQLite.
func BenchmarkCreate(b *testing.B) {
	_, v := openSQLite(b)
	b.ReportAllocs()
	b.ResetTimer()
	createAll(b, v, b.N)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "keys/s")
}

func BenchmarkScan(b *testing.B) {
	_, v := openSQLite(b)
	createAll(b, v, 10_000)
	b.ReportAllocs()
	for b.Loop() {
		if entries, err := v.Scan(b.Context(), uuid.Nil, 10_000); err != nil || len(entries) != 10_000 {
			b.Fatal(len(entries), err)
		}
	}
	b.ReportMetric(float64(10_000*b.N)/b.Elapsed().Seconds(), "keys/s")
}

// TestRotateAtScale is the whole of both rotations over many rows, with a
// reader that must never fail: 20,000 rows, a million with SOAK.
func TestRotateAtScale(t *testing.T) {
	n := 20_000
	if os.Getenv("SOAK") != "" {
		n = 1_000_000
	}
	_, v := openSQLite(t)
	subjects := createAll(t, v, n)
	done, failed := make(chan struct{}), make(chan int)
	go func() {
		var bad int
		for i := 0; ; i++ {
			select {
			case <-done:
				failed <- bad
				return
			default:
			}
			subject := subjects[i%n]
			v.Forget(subject)
			if _, err := v.Keys(t.Context(), subject); err != nil {
				t.Errorf("request during the rotation: %v", err)
				bad++
			}
		}
	}()
	next, err := kms.Open(t.Context(), "file:"+filepath.Join(t.TempDir(), "next.key"))
	if err != nil {
		t.Fatal(err)
	}
	if err := v.RotateRoot(t.Context(), next); err != nil {
		t.Error(err)
	}
	if err := v.Rotate(t.Context()); err != nil {
		t.Error(err)
	}
	close(done)
	if bad := <-failed; bad > 0 {
		t.Errorf("%d requests failed", bad)
	}
}
