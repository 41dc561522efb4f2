package eventstoretest

import (
	"context"
	"crypto/sha256"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/eventstore"
)

// Registrations measures what a registration costs the log: one event with a
// snapshot, a subject's row, an exclusive and a shared claim and an
// idempotency record. Payloads have the size of sealed ones.
func Registrations(b *testing.B, store eventstore.Store, committers int) {
	var next atomic.Int64
	var failed atomic.Pointer[error]
	var wg sync.WaitGroup
	before := cpu()
	b.ResetTimer()
	for range committers {
		wg.Go(func() {
			for next.Add(1) <= int64(b.N) {
				if _, err := store.Commit(context.Background(), registration()); err != nil {
					failed.Store(&err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	if err := failed.Load(); err != nil {
		b.Fatal(*err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "registrations/s")
	b.ReportMetric(float64((cpu()-before).Microseconds())/float64(b.N), "cpu-µs/registration")
	b.ReportMetric(0, "ns/op")
}

func registration() eventstore.Commit {
	id, st := customer()
	a := appendTo(st, id, 0, 1)
	a.Records[0].Public, a.Records[0].Sealed = make([]byte, 48), make([]byte, 400)
	a.Snapshot = &eventstore.Snapshot{Fingerprint: 1, Public: make([]byte, 48), Sealed: make([]byte, 400)}
	key := sha256.Sum256(id[:])
	return eventstore.Commit{
		Appends: []eventstore.Append{a}, Register: []uuid.UUID{id},
		Add: []eventstore.Claim{exclusive(hashed("email", id.String()), id), shared(hashed("phone", id.String()), id)},
		Request: &eventstore.Request{Key: key, Hash: key, Status: 201, Stream: st, Version: 1,
			Expires: time.Now().Add(24 * time.Hour)},
	}
}

// cpu is what this process used so far. On a shared machine it says more than
// the rate does.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
