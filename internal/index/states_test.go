package index

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/fault"
)

// kept is what the scenarios know of a cache of states.
type kept interface {
	Get(context.Context, uuid.UUID) (Loaded, error)
	Put(uuid.UUID, Loaded)
	Apply([]eventstore.Record)
	evict(uuid.UUID)
}

func (s *StatesOf[S]) evict(id uuid.UUID) { s.cache.Invalidate(id) }

// naive is the cache that one writes first: the control of every scenario.
type naive struct {
	load func(context.Context, uuid.UUID) (Loaded, error)
	mu   sync.Mutex
	kept map[uuid.UUID]Loaded
	wait map[uuid.UUID]chan struct{}
}

func (n *naive) Get(ctx context.Context, id uuid.UUID) (Loaded, error) {
	for {
		n.mu.Lock()
		if l, ok := n.kept[id]; ok {
			n.mu.Unlock()
			return l, nil
		}
		c := n.wait[id]
		if c == nil {
			break
		}
		n.mu.Unlock()
		<-c
	}
	c := make(chan struct{})
	n.wait[id] = c
	n.mu.Unlock()
	l, err := n.load(ctx, id)
	n.mu.Lock()
	defer n.mu.Unlock()
	if err == nil {
		n.kept[id] = l
	}
	delete(n.wait, id)
	close(c)
	return l, err
}

func (n *naive) Put(id uuid.UUID, l Loaded) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.kept[id] = l
}

func (n *naive) Apply(records []eventstore.Record) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, r := range records {
		if r.Stream.Type == erasure || n.kept[r.Stream.ID].Version < r.Version {
			delete(n.kept, r.Stream.ID)
		}
	}
}

func (n *naive) evict(id uuid.UUID) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.kept, id)
}

// stage is a log of one customer that a scenario moves by hand.
type stage struct {
	id     uuid.UUID
	mu     sync.Mutex
	now    Loaded
	erased bool
	loads  int
	hold   chan struct{} // the next load ends only then, with what it read before
}

func (s *stage) load(context.Context, uuid.UUID) (Loaded, error) {
	s.mu.Lock()
	read, erased, hold := s.now, s.erased, s.hold
	s.hold = nil
	s.loads++
	s.mu.Unlock()
	if hold != nil {
		<-hold
	}
	if erased {
		return Loaded{}, fault.ErrErased
	}
	return read, nil
}

// commit moves the customer to the next version and gives the log's record.
func (s *stage) commit() eventstore.Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now.Version++
	s.now.Position += 10
	return record(s.id, customer.Stream, s.now.Position, s.now.Version)
}

func (s *stage) erase() eventstore.Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.erased = true
	return record(s.id, erasure, s.now.Position+10, 1)
}

func (s *stage) state() Loaded {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func record(id uuid.UUID, stream string, position, version int64) eventstore.Record {
	return eventstore.Record{Envelope: event.Envelope{Position: position, Version: version, Subject: id, Stream: event.Stream{Type: stream, ID: id}}}
}

// slow begins a Get whose load ends when release is called.
func (s *stage) slow(t *testing.T, c kept) (release func()) {
	s.mu.Lock()
	hold := make(chan struct{})
	s.hold = hold
	s.mu.Unlock()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = c.Get(t.Context(), s.id)
	}()
	synctest.Wait()
	return func() {
		close(hold)
		<-done
	}
}

// Each scenario gives the version that it read on the way, or 0; after it, a
// reader who waited for the tail must see the newest state.
var races = []struct {
	name string
	play func(t *testing.T, s *stage, c kept) int64
}{
	{"a load that began before a change ends after it", func(t *testing.T, s *stage, c kept) int64 {
		release := s.slow(t, c)
		c.Apply([]eventstore.Record{s.commit()})
		release()
		return 0
	}},
	{"a reader after a change does not share a load from before it", func(t *testing.T, s *stage, c kept) int64 {
		release := s.slow(t, c)
		c.Apply([]eventstore.Record{s.commit()})
		got := make(chan int64, 1)
		go func() {
			l, _ := c.Get(t.Context(), s.id)
			got <- l.Version
		}()
		synctest.Wait()
		release()
		return <-got
	}},
	{"a Put comes after a later change", func(_ *testing.T, s *stage, c kept) int64 {
		first := s.commit()
		mine := s.state()
		c.Apply([]eventstore.Record{first, s.commit()})
		c.Put(s.id, mine)
		return 0
	}},
	{"an older Put comes after a newer one", func(_ *testing.T, s *stage, c kept) int64 {
		s.commit()
		older := s.state()
		s.commit()
		c.Put(s.id, s.state())
		c.Put(s.id, older)
		return 0
	}},
	{"the newer state is evicted before an old load ends", func(t *testing.T, s *stage, c kept) int64 {
		release := s.slow(t, c)
		r := s.commit()
		c.Put(s.id, s.state())
		c.Apply([]eventstore.Record{r}) // finds the version there
		c.evict(s.id)
		release()
		return 0
	}},
	{"a Put comes after the erasure", func(_ *testing.T, s *stage, c kept) int64 {
		r := s.commit()
		mine := s.state()
		c.Apply([]eventstore.Record{r, s.erase()})
		c.Put(s.id, mine)
		return 0
	}},
	{"a load that began before the erasure ends after it", func(t *testing.T, s *stage, c kept) int64 {
		release := s.slow(t, c)
		c.Apply([]eventstore.Record{s.erase()})
		release()
		return 0
	}},
}

// stale plays a scenario and tells whether anybody saw something old.
func stale(t *testing.T, play func(*testing.T, *stage, kept) int64, cache func(*stage) kept) (old bool) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{id: uuid.Must(uuid.NewV7()), now: Loaded{Version: 1, Position: 10}}
		c := cache(s)
		seen := play(t, s, c)
		l, err := c.Get(t.Context(), s.id)
		if s.erased {
			old = !errors.Is(err, fault.ErrErased)
			return
		}
		old = err != nil || l.Version != s.now.Version || seen != 0 && seen != s.now.Version
	})
	return old
}

func TestNothingOldStays(t *testing.T) {
	for _, r := range races {
		t.Run(r.name, func(t *testing.T) {
			if stale(t, r.play, func(s *stage) kept { return NewStates(10, s.load) }) {
				t.Error("a reader who waited for the tail sees something older")
			}
		})
		t.Run("control: "+r.name, func(t *testing.T) {
			if !stale(t, r.play, func(s *stage) kept {
				return &naive{load: s.load, kept: map[uuid.UUID]Loaded{}, wait: map[uuid.UUID]chan struct{}{}}
			}) {
				t.Error("the scenario does not notice a naive cache")
			}
		})
	}
}

// world is a log of many customers with a tail, a writer and readers.
type world struct {
	ids      []uuid.UUID
	versions []atomic.Int64 // committed
	at       []atomic.Int64 // position of the last commit
	applied  []atomic.Int64 // version that the tail has applied
}

func (w *world) load(_ context.Context, id uuid.UUID) (Loaded, error) {
	for i := range w.ids {
		if w.ids[i] == id {
			for {
				v, at := w.versions[i].Load(), w.at[i].Load()
				if w.versions[i].Load() == v {
					return Loaded{Version: v, Position: at}, nil
				}
			}
		}
	}
	return Loaded{}, fault.ErrNotFound
}

// Writers, a tail and readers at once, in a cache that is too small.
func TestAReaderSeesAtLeastWhatTheTailApplied(t *testing.T) {
	const customers, commits = 8, 20_000
	w := &world{ids: make([]uuid.UUID, customers), versions: make([]atomic.Int64, customers),
		at: make([]atomic.Int64, customers), applied: make([]atomic.Int64, customers)}
	for i := range w.ids {
		w.ids[i] = uuid.UUID{0: byte(i), 15: byte(i % 3)} // some share a shard
		w.versions[i].Store(1)
	}
	s := NewStates(4, w.load)
	feed, puts := make(chan [2]int64, 64), make(chan func(), 64)
	var wg sync.WaitGroup
	wg.Go(func() { // the writer
		defer close(feed)
		defer close(puts)
		r := rand.New(rand.NewPCG(1, 2))
		for position := int64(1); position <= commits; position++ {
			i := r.IntN(customers)
			w.at[i].Store(position)
			v := w.versions[i].Add(1)
			feed <- [2]int64{int64(i), position}
			puts <- func() { s.Put(w.ids[i], Loaded{Version: v, Position: position}) }
		}
	})
	wg.Go(func() {
		for put := range puts {
			put()
		}
	})
	var done atomic.Bool
	wg.Go(func() { // the tail
		defer done.Store(true)
		next := make([]int64, customers)
		for f := range feed {
			i := f[0]
			next[i]++
			s.Apply([]eventstore.Record{record(w.ids[i], customer.Stream, f[1], next[i]+1)})
			w.applied[i].Store(next[i] + 1)
		}
	})
	for g := range 4 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(g), 3))
			for !done.Load() {
				i := r.IntN(customers)
				want := w.applied[i].Load()
				if l, err := s.Get(t.Context(), w.ids[i]); err != nil || l.Version < want {
					t.Errorf("customer %d: version %d, %v; the tail is at %d", i, l.Version, err, want)
					return
				}
			}
		})
	}
	wg.Wait()
}

func TestThoseWhoAskTogetherLoadOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{id: uuid.Must(uuid.NewV7()), now: Loaded{Version: 1, Position: 1}}
		c := NewStates(10, s.load)
		release := s.slow(t, c)
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				if l, err := c.Get(t.Context(), s.id); err != nil || l.Version != 1 {
					t.Error(l.Version, err)
				}
			})
		}
		synctest.Wait()
		left, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := c.Get(left, s.id); !errors.Is(err, context.Canceled) {
			t.Errorf("who left waits on: %v", err)
		}
		release()
		wg.Wait()
		if s.loads != 1 {
			t.Errorf("%d loads", s.loads)
		}
	})
}

func TestAFailureIsNotKept(t *testing.T) {
	s := &stage{id: uuid.Must(uuid.NewV7()), erased: true}
	c := NewStates(10, s.load)
	for range 2 {
		if _, err := c.Get(t.Context(), s.id); !errors.Is(err, fault.ErrErased) {
			t.Error(err)
		}
	}
	if s.loads != 2 {
		t.Errorf("%d loads", s.loads)
	}
}

func TestAHitCostsNoAllocation(t *testing.T) {
	s := &stage{id: uuid.Must(uuid.NewV7()), now: Loaded{Version: 1, Position: 1}}
	c := NewStates(10, s.load)
	read := func() {
		if _, err := c.Get(t.Context(), s.id); err != nil {
			t.Fatal(err)
		}
	}
	read()
	if n := testing.AllocsPerRun(1000, read); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkGetHit(b *testing.B) {
	s := &stage{id: uuid.Must(uuid.NewV7()), now: Loaded{Version: 1, Position: 1}}
	c := NewStates(10, s.load)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := c.Get(b.Context(), s.id); err != nil {
				b.Fatal(err)
			}
		}
	})
}
