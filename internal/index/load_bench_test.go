package index

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore/sqlite"
	"github.com/acme/customers/internal/journal"
	"github.com/acme/customers/internal/vault"
	"github.com/acme/customers/internal/vault/kms"
	keysqlite "github.com/acme/customers/internal/vault/sqlite"
)

// How long a new process takes until what is derived of all customers is loaded,
// and what they cost. CUSTOMERS says how many; the default keeps it short.
func BenchmarkLoad(b *testing.B) {
	n := 20_000
	if v, err := strconv.Atoi(os.Getenv("CUSTOMERS")); err == nil {
		n = v
	}
	s := onDisk(b)
	s.fill(b, n)
	heap := liveHeap()
	var keep []*Model
	used := cpu(b)
	b.ResetTimer()
	for b.Loop() {
		m := New(s.config())
		if err := m.customers.load(b.Context(), runtime.GOMAXPROCS(0)); err != nil {
			b.Fatal(err)
		}
		if got := m.Facts().Statistics().Total; got != int64(n) {
			b.Fatalf("%d of %d customers", got, n)
		}
		keep = append(keep, m)
	}
	b.StopTimer()
	// Of both the work and the waiting for others on a shared machine, this is the work.
	b.ReportMetric(float64((cpu(b)-used).Nanoseconds())/1e3/float64(n*len(keep)), "cpu-µs/customer")
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "customers/s")
	b.ReportMetric(float64(liveHeap()-heap)/float64(n*len(keep)), "B/customer")
	runtime.KeepAlive(keep)
}

func BenchmarkStatistics(b *testing.B) {
	s := newService(b, nil)
	s.fill(b, 2000)
	m, _ := s.loadedModel(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := m.Statistics(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func liveHeap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func onDisk(b *testing.B) *service {
	b.Helper()
	dir := b.TempDir()
	store, err := sqlite.Open(b.Context(), filepath.Join(dir, "events.db"), sqlite.Options{})
	if err != nil {
		b.Fatal(err)
	}
	keys, err := keysqlite.Open(b.Context(), filepath.Join(dir, "keys.db"))
	if err != nil {
		b.Fatal(err)
	}
	root, err := kms.Open(b.Context(), "file:"+filepath.Join(dir, "root.key"))
	if err != nil {
		b.Fatal(err)
	}
	v, err := vault.Open(b.Context(), vault.Config{Store: keys, Keyring: filepath.Join(dir, "keyring"), Root: root})
	if err != nil {
		b.Fatal(err)
	}
	customers, err := customer.New()
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := v.Close(); err != nil {
			b.Error(err)
		}
		if err := store.Close(); err != nil {
			b.Error(err)
		}
	})
	return &service{store: store, vault: v, journal: journal.New(store, v), customers: customers}
}

// fill registers n customers, many at a time so that they group.
func (s *service) fill(b *testing.B, n int) {
	b.Helper()
	var wg sync.WaitGroup
	for w := range 256 {
		wg.Go(func() {
			for i := w; i < n; i += 256 {
				c := customer.Register{At: time.Now(), Email: fmt.Sprintf("customer%d@example.org", i), Phone: fmt.Sprintf("+316%08d", i),
					Name:    customer.Name{Given: "Maximiliane", Family: "van der Oosterwijk"},
					Profile: customer.Profile{DateOfBirth: "1984-02-29", Locale: "nl-NL", Timezone: "Europe/Amsterdam"}, Policy: customer.DefaultPolicy()}
				_, err := journal.Execute(b.Context(), s.journal, s.customers, journal.Command[customer.State, customer.Event]{
					ID: uuid.Must(uuid.NewV7()), New: true, Meta: event.Meta{Actor: event.ActorService, Source: "import", At: c.At}, Decide: c.Decide})
				if err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}
