package index

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/maypok86/otter/v2"

	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/journal"
)

// Loaded is a customer's state at a version.
type Loaded = journal.Loaded[customer.State]

// States are the states of customers.
type States = StatesOf[customer.State]

const (
	defaultCache = 100_000
	loadTimeout  = 2 * time.Second
	shards       = 256
)

// StatesOf keeps the states of one aggregate by id. An entry leaves when the log says that it changed,
// when there is no room, or when it is dropped.
//
// Three races would leave something stale in the cache for ever, because the
// log speaks of each change once: a load that read before a change and ends
// after it; a Put that comes after a later change; and either one that comes
// after an erasure. So a shard counts what the log said of its customers: a
// load is kept only when nothing was said since it began, a Put only when
// nothing was said beyond it.
type StatesOf[S any] struct {
	stream string // the aggregate's stream type
	load   func(context.Context, uuid.UUID) (journal.Loaded[S], error)
	cache  *otter.Cache[uuid.UUID, *journal.Loaded[S]]
	shards [shards]shard[S]
}

type shard[S any] struct {
	mu      sync.Mutex
	said    uint64 // how often the log, or Drop, spoke of a customer of the shard
	applied int64  // position of the last of it
	flights map[uuid.UUID]*flight[S]
}

// flight is a load under way. Whoever comes while nothing was said since it
// began may share it: it reads nothing older than what that caller may see.
type flight[S any] struct {
	said  uint64
	done  chan struct{}
	entry *journal.Loaded[S]
	err   error
}

var errPanicked = errors.New("index: a load ended without a result")

// NewStates makes an empty cache of at most size customers (0: 100,000).
func NewStates(size int, load func(context.Context, uuid.UUID) (Loaded, error)) *States {
	return newStates(customer.Stream, size, load)
}

func newStates[S any](stream string, size int, load func(context.Context, uuid.UUID) (journal.Loaded[S], error)) *StatesOf[S] {
	if size <= 0 {
		size = defaultCache
	}
	s := &StatesOf[S]{stream: stream, load: load, cache: otter.Must(&otter.Options[uuid.UUID, *journal.Loaded[S]]{MaximumSize: size})}
	for i := range s.shards {
		s.shards[i].flights = map[uuid.UUID]*flight[S]{}
	}
	return s
}

// newJoined is for streams that begin some time after their customer: nothing
// was recorded yet, which is as good to know.
func newJoined[S any](cfg Config, agg *event.Aggregate[S]) *StatesOf[S] {
	return newStates(agg.Name, cfg.CacheSize, func(ctx context.Context, id uuid.UUID) (journal.Loaded[S], error) {
		l, err := journal.Load(ctx, cfg.Journal, agg, id)
		if errors.Is(err, fault.ErrNotFound) {
			return journal.Loaded[S]{State: new(S)}, nil
		}
		return l, err
	})
}

// shard: the last byte of a UUIDv7 is random.
func (s *StatesOf[S]) shard(id uuid.UUID) *shard[S] { return &s.shards[id[15]] }

// Get gives a state, from memory or loaded once for all who ask meanwhile.
// What is found in memory costs no allocation. Failures are not kept.
func (s *StatesOf[S]) Get(ctx context.Context, id uuid.UUID) (journal.Loaded[S], error) {
	if e, ok := s.cache.GetIfPresent(id); ok {
		return *e, nil
	}
	e, err := s.loaded(ctx, id)
	if err != nil {
		return journal.Loaded[S]{}, err
	}
	return *e, nil
}

// loaded loads, or waits for who does.
func (s *StatesOf[S]) loaded(ctx context.Context, id uuid.UUID) (*journal.Loaded[S], error) {
	sh := s.shard(id)
	sh.mu.Lock()
	f := sh.flights[id]
	if f != nil && f.said == sh.said {
		sh.mu.Unlock()
		select {
		case <-f.done:
			return f.entry, f.err
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	f = &flight[S]{said: sh.said, done: make(chan struct{}), err: fault.ErrInternal.With(errPanicked)}
	sh.flights[id] = f // one that began too early goes on alone
	sh.mu.Unlock()
	s.fly(ctx, sh, id, f)
	return f.entry, f.err
}

// fly loads for all who share the flight, so the caller's leaving ends nothing.
func (s *StatesOf[S]) fly(ctx context.Context, sh *shard[S], id uuid.UUID, f *flight[S]) {
	defer close(f.done)
	defer func() {
		sh.mu.Lock()
		defer sh.mu.Unlock()
		if sh.flights[id] == f {
			delete(sh.flights, id)
		}
		if f.err == nil && f.said == sh.said {
			s.keep(id, f.entry)
		}
	}()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), loadTimeout)
	defer cancel()
	l, err := s.load(ctx, id)
	f.entry, f.err = &l, err
}

// peek gives what is in memory, nil when nothing is.
func (s *StatesOf[S]) peek(id uuid.UUID) *journal.Loaded[S] {
	e, _ := s.cache.GetIfPresent(id)
	return e
}

// keep never puts an older version over a newer one. The shard is locked.
func (s *StatesOf[S]) keep(id uuid.UUID, e *journal.Loaded[S]) {
	if have, ok := s.cache.GetIfPresent(id); ok && have.Version >= e.Version {
		return
	}
	s.cache.Set(id, e)
}

// Put keeps a state that was just committed.
func (s *StatesOf[S]) Put(id uuid.UUID, l journal.Loaded[S]) {
	sh := s.shard(id)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if l.Position >= sh.applied {
		s.keep(id, &l)
	}
}

// Drop forgets a customer.
func (s *StatesOf[S]) Drop(id uuid.UUID) { s.say(id, 0, 0) }

// Apply forgets what the records changed, but for what is known already.
func (s *StatesOf[S]) Apply(records []eventstore.Record) {
	for i := range records {
		r := &records[i]
		switch r.Stream.Type {
		case s.stream:
			s.say(r.Stream.ID, r.Position, r.Version)
		case erasure:
			s.say(r.Stream.ID, r.Position, 0)
		}
	}
}

// say notes that something was said of a customer; an entry of at least
// version stays, unless version is 0.
func (s *StatesOf[S]) say(id uuid.UUID, position, version int64) {
	sh := s.shard(id)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	sh.said++
	sh.applied = max(sh.applied, position)
	if have, ok := s.cache.GetIfPresent(id); ok && (version == 0 || have.Version < version) {
		s.cache.Invalidate(id)
	}
}

// reset forgets everything: the log is followed from position on, and nothing
// is known of what it said before.
func (s *StatesOf[S]) reset(position int64) {
	for i := range s.shards {
		sh := &s.shards[i]
		sh.mu.Lock()
		sh.said++
		sh.applied = max(sh.applied, position)
		sh.mu.Unlock()
	}
	s.cache.InvalidateAll()
}
