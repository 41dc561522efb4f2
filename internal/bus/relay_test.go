package bus_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/acme/customers/internal/bus"
	"github.com/acme/customers/internal/bus/bustest"
	"github.com/acme/customers/internal/bus/memory"
	"github.com/acme/customers/internal/eventstore"
	eventmemory "github.com/acme/customers/internal/eventstore/memory"
	"github.com/acme/customers/internal/fault"
)

func relay(t *testing.T, log bus.Log, p bus.Publisher, instance string) *bus.Relay {
	t.Helper()
	e, err := bus.NewEncoder(bustest.Catalogue())
	if err != nil {
		t.Fatal(err)
	}
	return bus.NewRelay(bus.RelayConfig{Log: log, Publisher: p, Encoder: e, Instance: instance, Batch: 10, Lease: 3 * time.Second})
}

func start(r *bus.Relay) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = r.Run(ctx)
	}()
	return func() {
		cancel()
		<-done
	}
}

func openLog(t *testing.T) *eventmemory.Store {
	s := eventmemory.Open()
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func grow(t *testing.T, log eventstore.Writer, n int) {
	t.Helper()
	if err := bustest.Grow(t.Context(), log, n, 5); err != nil {
		t.Fatal(err)
	}
}

func isCopy(t *testing.T, s *memory.Stream, log *eventmemory.Store) error {
	t.Helper()
	lineage, _ := log.Lineage(t.Context())
	head, _ := log.Head(t.Context())
	return bustest.CheckCopy(s.Messages(), lineage, head)
}

// unsure publishes and then, every third time, loses the ack; every fifth time
// it fails before it publishes.
type unsure struct {
	*memory.Stream
	mu sync.Mutex
	n  int
}

func (u *unsure) Publish(ctx context.Context, e uint64, m []bus.Message) (uint64, error) {
	u.mu.Lock()
	u.n++
	n := u.n
	u.mu.Unlock()
	if n%5 == 0 {
		return 0, fault.ErrUnavailable
	}
	end, err := u.Stream.Publish(ctx, e, m)
	if n%3 == 0 {
		return 0, fault.ErrUnavailable
	}
	return end, err
}

// cursored claims that the stream is shifted from where it is, as a relay with
// a cursor of its own would believe after a crash.
type cursored struct {
	*memory.Stream
	shift int64
}

func (c cursored) Last(ctx context.Context) (bus.Mark, error) {
	m, err := c.Stream.Last(ctx)
	if m.Position > 20 {
		m.Position += c.shift
	}
	return m, err
}

// copyWithRestarts runs relays one after the other, each for a moment, while
// the log grows, and tells whether the stream became a copy.
func copyWithRestarts(t *testing.T, wrap func(*memory.Stream) bus.Publisher) (err error) {
	log, s := openLog(t), &memory.Stream{}
	for range 10 {
		grow(t, log, 50)
		stop := start(relay(t, log, wrap(s), ""))
		time.Sleep(time.Minute)
		stop()
	}
	return isCopy(t, s, log)
}

func TestTheStreamIsACopyThroughRestartsAndLostAcks(t *testing.T) {
	for name, tc := range map[string]struct {
		wrap func(*memory.Stream) bus.Publisher
		bad  bool
	}{
		"restarts":              {wrap: func(s *memory.Stream) bus.Publisher { return s }},
		"lost acks":             {wrap: func(s *memory.Stream) bus.Publisher { return &unsure{Stream: s} }},
		"control: own cursor -": {wrap: func(s *memory.Stream) bus.Publisher { return cursored{s, -1} }, bad: true},
		"control: own cursor +": {wrap: func(s *memory.Stream) bus.Publisher { return cursored{s, +1} }, bad: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if err := copyWithRestarts(t, tc.wrap); (err != nil) != tc.bad {
					t.Error(err)
				}
			})
		})
	}
}

// noLease lets every instance lead.
type noLease struct{ *eventmemory.Store }

func (noLease) Lease(context.Context, string, string, time.Duration) (bool, error) { return true, nil }

// noFence appends whatever comes.
type noFence struct{ *memory.Stream }

func (n noFence) Publish(ctx context.Context, _ uint64, m []bus.Message) (uint64, error) {
	at, _ := n.Last(ctx)
	return n.Stream.Publish(ctx, at.Sequence, m)
}

func TestTheFenceHoldsWhereTheLeaseDoesNot(t *testing.T) {
	run := func(t *testing.T, s *memory.Stream, p bus.Publisher) error {
		log := openLog(t)
		stopA, stopB := start(relay(t, noLease{log}, p, "a")), start(relay(t, noLease{log}, p, "b"))
		for range 20 {
			grow(t, log, 25)
		}
		time.Sleep(time.Minute)
		stopA()
		stopB()
		return isCopy(t, s, log)
	}
	synctest.Test(t, func(t *testing.T) {
		s := &memory.Stream{}
		if err := run(t, s, s); err != nil {
			t.Error(err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		s := &memory.Stream{}
		if err := run(t, s, noFence{s}); err == nil {
			t.Error("control: two relays without a fence went unnoticed")
		}
	})
}

func TestALostStreamIsMadeAgainThoughNothingHappens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, s := openLog(t), &memory.Stream{}
		grow(t, log, 100)
		defer start(relay(t, log, s, ""))()
		synctest.Wait()
		if err := isCopy(t, s, log); err != nil {
			t.Fatal(err)
		}
		s.Lose()
		if isCopy(t, s, log) == nil {
			t.Fatal("control: the loss went unnoticed")
		}
		time.Sleep(31 * time.Second)
		synctest.Wait()
		if err := isCopy(t, s, log); err != nil {
			t.Error(err)
		}
		s.Lose() // and when something happens first
		grow(t, log, 5)
		time.Sleep(time.Second)
		synctest.Wait()
		if err := isCopy(t, s, log); err != nil {
			t.Error(err)
		}
	})
}

func TestAForeignStreamStopsTheRelayUntilItIsReset(t *testing.T) {
	for name, tc := range map[string]struct {
		spoil func(t *testing.T, log *eventmemory.Store, s *memory.Stream)
		code  string
	}{
		"foreign lineage": {func(t *testing.T, log *eventmemory.Store, _ *memory.Stream) { _, _ = log.RenewLineage(t.Context()) }, "relay_foreign_lineage"},
		"foreign message": {func(t *testing.T, _ *eventmemory.Store, s *memory.Stream) {
			m, _ := s.Last(t.Context())
			_, _ = s.Publish(t.Context(), m.Sequence, []bus.Message{{Data: []byte(`{"source":"/other"}`)}})
		}, "relay_foreign_lineage"},
		"ahead of the log": {func(t *testing.T, log *eventmemory.Store, s *memory.Stream) {
			m, _ := s.Last(t.Context())
			r := sample()
			e, _ := bus.NewEncoder(bustest.Catalogue())
			lineage, _ := log.Lineage(t.Context())
			ahead, _ := e.Encode(lineage, &r)
			_, _ = s.Publish(t.Context(), m.Sequence, []bus.Message{ahead})
		}, "relay_stream_ahead"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log, s := openLog(t), &memory.Stream{}
				grow(t, log, 50)
				stop := start(relay(t, log, s, ""))
				synctest.Wait()
				stop()
				tc.spoil(t, log, s)
				held := len(s.Messages())
				r := relay(t, log, s, "")
				defer start(r)()
				grow(t, log, 10)
				time.Sleep(time.Minute)
				synctest.Wait()
				if st, _ := r.Status(t.Context()); st.Error != tc.code || st.Healthy() {
					t.Errorf("status %+v", st)
				}
				if len(s.Messages()) != held {
					t.Error("the relay went on")
				}
				if err := r.Reset(t.Context()); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Minute)
				synctest.Wait()
				if err := isCopy(t, s, log); err != nil {
					t.Error(err)
				}
				if st, _ := r.Status(t.Context()); !st.Healthy() || st.Position != 60 {
					t.Errorf("status %+v", st)
				}
				if err := r.Reset(t.Context()); !errors.Is(err, bus.ErrInOrder) || len(s.Messages()) != 60 {
					t.Errorf("a stream in order was reset: %v", err)
				}
			})
		})
	}
}

// outage is a broker that goes away with an ack on its way.
type outage struct {
	*memory.Stream
	down atomic.Bool
}

func (o *outage) Publish(ctx context.Context, e uint64, m []bus.Message) (uint64, error) {
	end, err := o.Stream.Publish(ctx, e, m)
	if o.down.Load() {
		return 0, fault.ErrUnavailable
	}
	return end, err
}

func (o *outage) Last(ctx context.Context) (bus.Mark, error) {
	if o.down.Load() {
		return bus.Mark{}, fault.ErrUnavailable
	}
	return o.Stream.Last(ctx)
}

// An outage longer than any window in which a broker knows a message again.
func TestALongOutageRepeatsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, o := openLog(t), &outage{Stream: &memory.Stream{}}
		r := relay(t, log, o, "")
		defer start(r)()
		grow(t, log, 50)
		synctest.Wait()
		o.down.Store(true)
		grow(t, log, 50)
		synctest.Wait()
		if n := len(o.Messages()); n == 50 {
			t.Fatal("control: no ack was lost")
		}
		for range 5 {
			time.Sleep(time.Minute)
			grow(t, log, 10)
		}
		if st, _ := r.Status(t.Context()); st.Error != "unavailable" || st.Lag < 200 {
			t.Errorf("during the outage: %+v", st)
		}
		o.down.Store(false)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if err := isCopy(t, o.Stream, log); err != nil {
			t.Error(err)
		}
		if st, _ := r.Status(t.Context()); !st.Healthy() || st.Lag != 0 {
			t.Errorf("after the outage: %+v", st)
		}
	})
}
