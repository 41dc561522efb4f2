package projection_test

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/eventstore/memory"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/projection"
)

// grow appends n records, each to a stream of its own.
func grow(t *testing.T, s eventstore.Writer, n int) {
	t.Helper()
	for range n {
		id := uuid.Must(uuid.NewV7())
		stream := event.Stream{Type: "customer", ID: id}
		_, err := s.Commit(t.Context(), eventstore.Commit{Register: []uuid.UUID{id}, Appends: []eventstore.Append{{
			Stream: stream, Subject: id,
			Records: []eventstore.Record{{Envelope: event.Envelope{Stream: stream, Subject: id, Version: 1, Type: "Happened", OccurredAt: time.Now()}}},
		}}})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// chain is a handler whose state is a hash over what it applied, in order: two
// chains are equal only when they applied the same records in the same order,
// each once.
type chain struct {
	mu       sync.Mutex
	sum      [32]byte
	position int64
	calls    int
	careless bool                          // control: does not skip what it has applied
	before   func(eventstore.Record) error // may refuse a record
}

func (c *chain) Apply(_ context.Context, records []eventstore.Record) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls++
	for _, r := range records {
		if r.Position <= c.position && !c.careless {
			continue
		}
		if c.before != nil {
			if err := c.before(r); err != nil {
				return err
			}
		}
		c.sum = sha256.Sum256(append(binary.BigEndian.AppendUint64(c.sum[:], uint64(r.Position)), r.Subject[:]...))
		c.position = r.Position
	}
	return nil
}

func (c *chain) state() ([32]byte, int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sum, c.position
}

// start runs r until stop is called.
func start(r *projection.Runner) (stop func()) {
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

func open(t *testing.T) *memory.Store {
	s := memory.Open()
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestFollowsTheLogAndReadersWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, h := open(t), &chain{}
		r := projection.New(projection.Config{Name: "p", Store: store, Handler: h, Batch: 7})
		defer start(r)()
		grow(t, store, 50)
		if err := r.WaitFor(t.Context(), 50); err != nil {
			t.Fatal(err)
		}
		if _, at := h.state(); at != 50 {
			t.Errorf("WaitFor returned at %d", at)
		}
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := r.WaitFor(short, 51)
		if f := fault.From(err); !errors.Is(err, fault.ErrBehind) || f.RetryAfter == 0 {
			t.Errorf("waiting for what does not exist: %v", err)
		}
		synctest.Wait()
		s, err := r.Status(t.Context())
		if err != nil || !s.Healthy() || !s.Leading || s.Position != 50 || s.Head != 50 || s.Lag != 0 {
			t.Errorf("status %+v, %v", s, err)
		}
	})
}

// A thousand records, one a millisecond, and what one Apply costs.
func TestARestSharesTheCostOfAnApply(t *testing.T) {
	const records, rest = 1000, 20 * time.Millisecond
	calls := func(rest time.Duration) (calls int, lone, slowest time.Duration) {
		synctest.Test(t, func(t *testing.T) {
			store, c := open(t), &chain{}
			c.before = func(r eventstore.Record) error {
				late := time.Since(r.RecordedAt)
				if slowest = max(slowest, late); r.Position == 1 {
					lone = late
				}
				return nil
			}
			r := projection.New(projection.Config{Name: "relay", Store: store, Handler: c, Rest: rest})
			stop := start(r)
			for range records {
				grow(t, store, 1)
				time.Sleep(time.Millisecond)
			}
			if err := r.WaitFor(t.Context(), records); err != nil {
				t.Fatal(err)
			}
			stop()
			calls = c.calls
		})
		return calls, lone, slowest
	}
	n, lone, slowest := calls(rest)
	if n > records/20+1 || lone > 0 || slowest > rest+time.Millisecond {
		t.Errorf("%d calls, the lone record after %v, the slowest after %v", n, lone, slowest)
	}
	if n, _, _ := calls(0); n < records { // the control: each record pays for itself
		t.Errorf("without a rest there are %d calls", n)
	}
}

// killer ends the run at random points: inside an Apply, and between an Apply
// and the saving of the cursor.
type killer struct {
	*memory.Store
	kill func()
	rnd  *rand.Rand
}

func (k *killer) SetCursor(ctx context.Context, name string, position int64) error {
	if k.rnd.IntN(3) == 0 {
		k.kill()
		return context.Canceled
	}
	return k.Store.SetCursor(ctx, name, position)
}

// survive applies the log with a kill every few records and gives the state
// after the whole of it.
func survive(t *testing.T, store *memory.Store, careless bool) [32]byte {
	rnd := rand.New(rand.NewPCG(1, 2))
	h := &chain{careless: careless}
	head, _ := store.Head(t.Context())
	for runs := 0; ; runs++ {
		if runs > 10_000 {
			t.Fatal("no progress")
		}
		ctx, kill := context.WithCancel(t.Context())
		h.before = func(eventstore.Record) error {
			if rnd.IntN(20) == 0 {
				kill()
				return context.Canceled
			}
			return nil
		}
		r := projection.New(projection.Config{Name: "p", Store: &killer{store, kill, rnd}, Handler: h, Batch: 10})
		go func() {
			_ = r.WaitFor(ctx, head)
			kill()
		}()
		_ = r.Run(ctx)
		if at, _ := store.Cursor(t.Context(), "p"); at == head {
			sum, _ := h.state()
			return sum
		}
	}
}

func TestKilledAnywhereTheFinalStateIsTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := open(t)
		grow(t, store, 400)
		whole := &chain{}
		records, _ := store.Feed(t.Context(), 0, 400)
		_ = whole.Apply(t.Context(), records)
		if got := survive(t, store, false); got != whole.sum {
			t.Error("the state differs from one uninterrupted run")
		}
		_ = store.SetCursor(t.Context(), "p", 0)
		if got := survive(t, store, true); got == whole.sum {
			t.Error("control: a handler that applies twice was not noticed; nothing was ever redelivered")
		}
	})
}

func TestAnInstanceTakesOverWhenTheLeaseLapses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := open(t)
		first, second := &chain{}, &chain{}
		mk := func(h projection.Handler, id string, ttl time.Duration, s projection.Store) *projection.Runner {
			return projection.New(projection.Config{Name: "p", Store: s, Handler: h, Instance: id, Lease: ttl})
		}
		const ttl = 3 * time.Second
		a, b := mk(first, "a", ttl, noRelease{store}), mk(second, "b", ttl, store)
		stopA := start(a)
		synctest.Wait()
		defer start(b)()
		grow(t, store, 10)
		time.Sleep(10 * ttl) // of the bubble: renewals happen
		if _, at := first.state(); at != 10 {
			t.Errorf("the leader is at %d", at)
		}
		if second.calls != 0 {
			t.Error("the stand-by applied")
		}
		stopA() // without giving the lease back, as a crash would
		grow(t, store, 10)
		at := time.Now()
		if err := b.WaitFor(t.Context(), 20); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(at); took > 2*ttl {
			t.Errorf("the take-over took %v", took)
		}
		if second.position != 20 || second.calls == 0 {
			t.Errorf("the new leader is at %d", second.position)
		}

		free := &chain{}
		c := mk(free, "c", 0, store) // control: no lease, so it does not wait for its turn
		_ = store.SetCursor(t.Context(), "p", 0)
		defer start(c)()
		if err := c.WaitFor(t.Context(), 20); err != nil || free.calls == 0 {
			t.Error("control: without a lease nothing keeps instances apart, but something did")
		}
	})
}

type noRelease struct{ *memory.Store }

func (noRelease) Release(context.Context, string, string) error { return errors.New("crashed") }

func TestALostLeaseStopsTheHolder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, h := open(t), &chain{}
		r := projection.New(projection.Config{Name: "p", Store: store, Handler: h, Instance: "a", Lease: 3 * time.Second})
		defer start(r)()
		synctest.Wait()
		_ = store.Release(t.Context(), "projection/p", "a") // as if it had lapsed
		_, _ = store.Lease(t.Context(), "projection/p", "thief", time.Hour)
		time.Sleep(3 * time.Second)
		synctest.Wait()
		grow(t, store, 1)
		synctest.Wait()
		if s, _ := r.Status(t.Context()); s.Leading || h.calls != 0 {
			t.Errorf("status %+v after the lease was lost", s)
		}
	})
}
