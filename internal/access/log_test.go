package access_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/access"
	"github.com/acme/customers/internal/access/accesstest"
	"github.com/acme/customers/internal/access/memory"
	"github.com/acme/customers/internal/access/sqlite"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/vault"
)

func entry(ordinal int64) access.Entry {
	return access.Entry{At: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(ordinal) * time.Millisecond),
		Actor: "support", ActorID: "agent-7-of-the-desk", Action: "GetCustomer", Channel: "api", Purpose: "customer-care", From: "203.0.113.7", Fields: 7,
		Subject: uuid.NewSHA1(uuid.Nil, []byte{byte(ordinal)}), Ordinal: ordinal, Trace: "4bf92f3577b34da6a3ce929d0e0e4736"}
}

// failing fails every third append, after it was written or instead of it.
type failing struct {
	access.Store
	n atomic.Int64
}

func (s *failing) Append(ctx context.Context, g access.Group) error {
	switch n := s.n.Add(1); {
	case n%6 == 3:
		return fault.ErrFull
	case n%6 == 0:
		return errors.Join(fault.ErrUnavailable, s.Store.Append(ctx, g))
	}
	return s.Store.Append(ctx, g)
}

// Whatever became of a failed row, its callers are told, later rows are kept,
// and no row looks lost.
func TestAFailedRowIsAnErrorAndNoGap(t *testing.T) {
	l := access.Open(&failing{Store: memory.Open()}, accesstest.Vault(t), nil)
	defer l.Close()
	kept := int64(0)
	for i := range int64(30) {
		switch err := l.Record(t.Context(), entry(i)); fault.KindOf(err) {
		case fault.Full, fault.Unavailable:
		default:
			if err != nil {
				t.Fatal(err)
			}
			kept++
		}
	}
	report, err := l.Check(t.Context())
	if err != nil || kept != 20 || report.Entries < kept {
		t.Errorf("%d acknowledged, %+v, %v", kept, report, err)
	}
}

type noKeys struct{}

func (noKeys) Service(context.Context, string) (*vault.Keys, error) { return nil, fault.ErrKeyStore }

func TestWithoutTheKeyStoreNothingIsRecordedAndNothingLooksEmpty(t *testing.T) {
	store, v := memory.Open(), accesstest.Vault(t)
	l := access.Open(store, v, nil)
	if err := l.Record(t.Context(), entry(1)); err != nil {
		t.Fatal(err)
	}
	l.Close()
	down := access.Open(store, noKeys{}, nil)
	defer down.Close()
	if err := down.Record(t.Context(), entry(2)); !errors.Is(err, fault.ErrKeyStore) {
		t.Errorf("Record: %v", err)
	}
	if _, _, err := down.Of(t.Context(), entry(1).Subject, 1, "", 10); !errors.Is(err, fault.ErrKeyStore) {
		t.Errorf("Of: %v", err)
	}
	if _, err := down.Check(t.Context()); !errors.Is(err, fault.ErrKeyStore) {
		t.Errorf("Check: %v", err)
	}
}

func TestAClosedLogRefuses(t *testing.T) {
	l := access.Open(memory.Open(), accesstest.Vault(t), nil)
	l.Close()
	if err := l.Record(t.Context(), entry(1)); !errors.Is(err, fault.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
}

func TestAnEntryIsAboutOneCustomerOrASet(t *testing.T) {
	l := access.Open(memory.Open(), accesstest.Vault(t), nil)
	defer l.Close()
	for name, spoil := range map[string]func(*access.Entry){
		"both":          func(e *access.Entry) { e.Bulk = roaring.BitmapOf(1) },
		"neither":       func(e *access.Entry) { e.Subject = uuid.Nil },
		"no time":       func(e *access.Entry) { e.At = time.Time{} },
		"no actor":      func(e *access.Entry) { e.Actor = "" },
		"no action":     func(e *access.Entry) { e.Action = "" },
		"small ordinal": func(e *access.Entry) { e.Ordinal = -1 },
		"large ordinal": func(e *access.Entry) { e.Ordinal = 1 << 32 },
	} {
		e := entry(1)
		spoil(&e)
		if err := l.Record(t.Context(), e); fault.KindOf(err) != fault.Internal || err == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestACursorOfSomebodyElseIsRefused(t *testing.T) {
	l := access.Open(memory.Open(), accesstest.Vault(t), nil)
	defer l.Close()
	for _, cursor := range []string{"x", "AAAA", strings.Repeat("A", 49), "AAA=", strings.Repeat("A", 4000)} {
		if _, _, err := l.Of(t.Context(), uuid.New(), 1, cursor, 10); !errors.Is(err, fault.ErrBadCursor) {
			t.Errorf("%.20q: %v", cursor, err)
		}
	}
}

// The control looks for the same bytes in the unsealed encoding.
func TestARowTellsNothingButOrdinalsAndTimes(t *testing.T) {
	store := memory.Open()
	l := access.Open(store, accesstest.Vault(t), nil)
	defer l.Close()
	e := entry(5)
	if err := l.Record(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	rows, err := store.Scan(t.Context(), access.ID{}, 10)
	if err != nil || len(rows) != 1 {
		t.Fatal(len(rows), err)
	}
	plain, err := access.EncodeForTest(e)
	if err != nil {
		t.Fatal(err)
	}
	for name, secret := range map[string][]byte{"actor": []byte(e.ActorID), "role": []byte(e.Actor), "action": []byte(e.Action), "subject": e.Subject[:]} {
		if bytes.Contains(rows[0].Sealed, secret) || bytes.Contains(rows[0].Ordinals, secret) {
			t.Errorf("the row shows the %s", name)
		}
		if !bytes.Contains(plain, secret) {
			t.Errorf("control: the encoding does not hold the %s, so this test proves nothing", name)
		}
	}
}

// The budget of a read that must be on the disk before its answer.
func BenchmarkRecord(b *testing.B) {
	for _, callers := range []int{1, 64, 256} {
		b.Run(map[int]string{1: "alone", 64: "64callers", 256: "256callers"}[callers], func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "access.db")
			store, err := sqlite.Open(b.Context(), path)
			if err != nil {
				b.Fatal(err)
			}
			defer store.Close()
			l := access.Open(store, accesstest.Vault(b), nil)
			b.ReportAllocs()
			b.SetParallelism(max(1, callers/2)) // times GOMAXPROCS
			var n atomic.Int64
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := l.Record(b.Context(), entry(n.Add(1)*7919%1_000_000)); err != nil {
						b.Error(err)
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "entries/s")
			t, err := l.Count(b.Context())
			if err != nil || t.Entries != int64(b.N) {
				b.Errorf("%+v, %v; want %d entries", t, err, b.N)
			}
			b.ReportMetric(float64(t.Entries)/float64(t.Groups), "entries/row")
			l.Close()
		})
	}
}

// A customer's own view must not read the whole log: 8 of 200,000 entries in
// a fraction of what reading all of them takes.
func BenchmarkOf(b *testing.B) {
	const entries, customers, callers = 200_000, 25_000, 128
	store, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "access.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer store.Close()
	l := access.Open(store, accesstest.Vault(b), nil)
	defer l.Close()
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			for i := c; i < entries; i += callers {
				e := entry(int64(i*7919) % customers)
				e.At = e.At.Add(time.Duration(i) * time.Millisecond)
				e.Subject = uuid.NewSHA1(uuid.Nil, fmt.Append(nil, e.Ordinal))
				if err := l.Record(b.Context(), e); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.Run("one customer", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			ordinal := int64(i * 31 % customers)
			got, _, err := l.Of(b.Context(), uuid.NewSHA1(uuid.Nil, fmt.Append(nil, ordinal)), ordinal, "", 50)
			if err != nil || len(got) != entries/customers {
				b.Fatal(len(got), err)
			}
		}
	})
	b.Run("check all", func(b *testing.B) {
		for b.Loop() {
			if _, err := l.Check(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
}
