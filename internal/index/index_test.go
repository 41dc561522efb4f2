package index

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/eventstore/memory"
	"github.com/acme/customers/internal/eventstore/postgres"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/journal"
	"github.com/acme/customers/internal/sqldb/pgtest"
)

// stuck is a store whose feed stands still on demand.
type stuck struct {
	eventstore.Store
	stop atomic.Pointer[chan struct{}] // nil: it flows
}

func (s *stuck) Tail(ctx context.Context, after int64, limit int) ([]eventstore.Record, error) {
	if stop := s.stop.Load(); stop != nil {
		select {
		case <-*stop:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return s.Store.Tail(ctx, after, limit)
}

// Two instances: what one commits, the other shows at once.
func TestAnotherInstanceShowsWhatWasCommittedBefore(t *testing.T) {
	t.Run("memory", func(t *testing.T) {
		s := newService(t, nil)
		twoInstances(t, s, s)
	})
	t.Run("postgres", func(t *testing.T) {
		dsn := pgtest.Start(t)
		open := func() eventstore.Store {
			store, err := postgres.Open(t.Context(), dsn, postgres.Options{})
			if err != nil {
				t.Fatal(err)
			}
			return store
		}
		one := newService(t, open())
		other := *one
		other.store = open()
		t.Cleanup(func() { other.store.Close() })
		other.journal = journal.New(other.store, other.vault)
		twoInstances(t, one, &other)
	})
}

func twoInstances(t *testing.T, s, s2 *service) {
	a, _ := s.model(t)
	b, _ := s2.model(t)
	<-a.Loaded()
	<-b.Loaded()
	id := s.register(t)
	for i := range 50 {
		var c customer.Command = customer.Activate{Cause: customer.CauseRequest}
		status := customer.Active
		if i%2 == 1 {
			c, status = customer.Deactivate{Cause: customer.CauseRequest}, customer.Inactive
		}
		l := s.execute(t, id, false, c)
		a.Put(id, l)
		for name, m := range map[string]*Model{"the writer": a, "the other": b} {
			if err := m.WaitHead(t.Context(), Freshness{}); err != nil {
				t.Fatal(name, err)
			}
			if got, err := m.Get(t.Context(), id); err != nil || got.Version != l.Version || got.State.Status != status {
				t.Fatalf("%s shows version %d, %v; want %d", name, got.Version, err, l.Version)
			}
			if got, err := m.Statistics(t.Context()); err != nil || got.ByStatus[string(status)] != 1 || got.Total != 1 {
				t.Fatalf("%s counts %v, %v; want one %s", name, got.ByStatus, err, status)
			}
		}
	}
}

func TestAnErasedCustomerIsGoneEverywhere(t *testing.T) {
	s := newService(t, nil)
	a, _ := s.model(t)
	b, _ := s.model(t)
	id, other := s.register(t), s.register(t)
	for _, m := range []*Model{a, b} {
		if err := m.WaitHead(t.Context(), Freshness{}); err != nil {
			t.Fatal(err)
		}
		if _, err := m.Get(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	s.erase(t, id)
	a.Drop(id)
	for _, m := range []*Model{a, b} {
		if err := m.WaitHead(t.Context(), Freshness{}); err != nil {
			t.Fatal(err)
		}
		if _, err := m.Get(t.Context(), id); !errors.Is(err, fault.ErrErased) && !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("an erased customer: %v", err)
		}
		if _, err := m.Get(t.Context(), other); err != nil {
			t.Errorf("a bystander: %v", err)
		}
	}
}

// A reader of a stuck instance waits a second and is told to come again,
// unless it can do with less.
func TestAReaderWaitsForTheHeadOrWhatItDemands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &stuck{Store: memory.Open()}
		s := newService(t, store)
		m, stop := s.model(t)
		defer stop()
		s.register(t)
		if err := m.WaitHead(t.Context(), Freshness{}); err != nil {
			t.Fatal(err)
		}
		known := m.runner.Position()
		time.Sleep(5 * time.Second)
		stopped := make(chan struct{})
		store.stop.Store(&stopped)
		synctest.Wait()
		s.register(t)

		for _, c := range []struct {
			name   string
			f      Freshness
			behind bool
		}{
			{"the head", Freshness{}, true},
			{"a known position", Freshness{MinPosition: known}, false},
			{"a position that is not applied", Freshness{MinPosition: known + 1}, true},
			{"an age that is met", Freshness{MaxAge: 10 * time.Second}, false},
			{"an age that is not met", Freshness{MaxAge: 4 * time.Second}, true},
		} {
			began := time.Now()
			err := m.WaitHead(t.Context(), c.f)
			switch waited := time.Since(began); {
			case !c.behind && (err != nil || waited != 0):
				t.Errorf("%s: %v after %v", c.name, err, waited)
			case c.behind && (!errors.Is(err, fault.ErrBehind) || waited != wait || fault.From(err).RetryAfter != time.Second):
				t.Errorf("%s: %v after %v", c.name, err, waited)
			}
		}
		if err := m.Ready(t.Context()); !errors.Is(err, fault.ErrBehind) {
			t.Errorf("a stuck instance calls itself ready: %v", err)
		}
		close(stopped)
		for _, f := range []Freshness{{}, {MinPosition: 1 << 40}} { // nobody waits for what nobody wrote
			if err := m.WaitHead(t.Context(), f); err != nil {
				t.Errorf("after it flows again, %+v: %v", f, err)
			}
		}
		if err := m.Ready(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestAModelThatDoesNotRunIsNotReady(t *testing.T) {
	m := New(newService(t, nil).config())
	if err := m.Ready(t.Context()); !errors.Is(err, fault.ErrBehind) {
		t.Errorf("got %v", err)
	}
}

// What was read before the log was followed must not stay: nobody tells of
// what changed until then.
func TestWhatWasReadBeforeTheTailIsForgotten(t *testing.T) {
	s := newService(t, nil)
	id := s.register(t)
	m := New(s.config())
	if _, err := m.Get(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	l := s.execute(t, id, false, customer.Activate{Cause: customer.CauseRequest})
	if got, err := m.Get(t.Context(), id); err != nil || got.Version == l.Version {
		t.Fatalf("control: version %d, %v: nothing was kept, so this test proves nothing", got.Version, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = m.Run(ctx)
	}()
	for m.Ready(t.Context()) != nil {
	}
	if got, err := m.Get(t.Context(), id); err != nil || got.Version != l.Version {
		t.Errorf("version %d, %v; want %d", got.Version, err, l.Version)
	}
	cancel()
	<-done
}

// After a failure the log is followed from where it was applied, not from its
// head: what was committed meanwhile would be missed.
func TestAfterAFailureNothingIsSkipped(t *testing.T) {
	s := newService(t, nil)
	s.register(t)
	m := New(s.config())
	first, err := m.tail.start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.register(t)
	again, err := m.tail.start(t.Context())
	if head, _ := s.store.Head(t.Context()); err != nil || again != first || again == head {
		t.Errorf("starts again at %d, %v; applied %d, the head is %d", again, err, first, head)
	}
}
