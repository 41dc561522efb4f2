package index

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/activity"
	"github.com/acme/customers/internal/eventstore"
)

// seen knows when each customer last did something elsewhere, in 8 bytes a
// customer: a maximum, so that it may be told in any order and twice.
type seen struct {
	cfg   *Config
	facts *Facts

	mu      sync.RWMutex
	at      []int64             // by ordinal; microseconds since 1970, 0: never
	waiting map[uuid.UUID]int64 // whose ordinal was not known when it was heard of them
}

func newSeen(cfg *Config, facts *Facts) *seen {
	return &seen{cfg: cfg, facts: facts, waiting: map[uuid.UUID]int64{}}
}

// apply hears of new activities.
func (s *seen) apply(records []eventstore.Record) {
	for i := range records {
		if r := &records[i]; r.Stream.Type == activity.Stream {
			s.heard(r.Stream.ID, r.OccurredAt.UnixMicro())
		}
	}
}

func (s *seen) heard(id uuid.UUID, at int64) {
	known, _ := s.facts.Ordinals([]uuid.UUID{id})
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(known) == 1 {
		s.set(known[0], at)
	} else {
		s.waiting[id] = max(s.waiting[id], at)
	}
}

func (s *seen) set(ordinal uint32, at int64) {
	if n := int(ordinal) + 1; n > len(s.at) {
		s.at = append(s.at, make([]int64, max(n, 2*len(s.at))-len(s.at))...)
	}
	s.at[ordinal] = max(s.at[ordinal], at)
}

// run loads, trying again until it is done. The tail must have started.
func (s *seen) run(ctx context.Context) {
	s.cfg.insist(ctx, "the activities", func() error {
		return scanPublic(ctx, s.cfg, s.cfg.Streams.Activities, func(_ uuid.UUID, ordinal uint32, state *activity.State) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.set(ordinal, state.LastActivityAt.UnixMicro())
		})
	})
}

// last is zero for who did nothing elsewhere. It is whole once loaded.
func (s *seen) last(id uuid.UUID, ordinal int64) time.Time {
	s.mu.RLock()
	defer s.mu.RUnlock()
	at := s.waiting[id]
	if ordinal < int64(len(s.at)) {
		at = max(at, s.at[ordinal])
	}
	if at == 0 {
		return time.Time{}
	}
	return time.UnixMicro(at).UTC()
}

// settle gives those who waited their place, once the facts are loaded. Who is
// not known by then was erased.
func (s *seen) settle() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, at := range s.waiting {
		if known, _ := s.facts.Ordinals([]uuid.UUID{id}); len(known) == 1 {
			s.set(known[0], at)
		}
	}
	clear(s.waiting)
}
