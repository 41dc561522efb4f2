// Package memory keeps the log in memory. It passes the same suite as the
// durable drivers, and so it is the one fake that tests of other packages use.
// It promises everything that they do, except to be there after the process.
package memory

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/fault"
)

// Store is a log in memory. Use Open.
type Store struct {
	group  *eventstore.Group
	beacon eventstore.Beacon
	now    func() time.Time

	mu       sync.RWMutex
	closed   bool
	log      []eventstore.Record // log[i] has position i+1
	streams  map[event.Stream]*stream
	subjects map[uuid.UUID]*eventstore.Subject // those with a row
	ordinals []uuid.UUID                       // by ordinal
	fenced   map[uuid.UUID]bool                // with a row or without
	claims   map[eventstore.ClaimHash]map[uuid.UUID]hold
	inbox    map[string]time.Time
	requests map[[32]byte]eventstore.Request
	cursors  map[string]int64
	leases   map[string]lease
	lineage  uuid.UUID
	revoked  map[[32]byte]eventstore.Revocation
	revision int64 // the last position of a revocation
}

// hold is how a subject holds a claim; it may hold it both ways.
type hold struct{ shared, exclusive bool }

type stream struct {
	version   int64
	positions []int64
	snapshot  *eventstore.Snapshot
}

var _ eventstore.Store = (*Store)(nil)

// Open makes an empty log.
func Open() *Store { return OpenAt(time.Now) }

// OpenAt makes an empty log that takes the time from now.
func OpenAt(now func() time.Time) *Store {
	s := &Store{
		now:      now,
		streams:  map[event.Stream]*stream{},
		subjects: map[uuid.UUID]*eventstore.Subject{},
		fenced:   map[uuid.UUID]bool{},
		claims:   map[eventstore.ClaimHash]map[uuid.UUID]hold{},
		inbox:    map[string]time.Time{},
		requests: map[[32]byte]eventstore.Request{},
		cursors:  map[string]int64{},
		leases:   map[string]lease{},
		lineage:  uuid.New(),
		revoked:  map[[32]byte]eventstore.Revocation{},
	}
	s.group = eventstore.NewGroup(&s.beacon, s.write)
	return s
}

// Ping fails once the store is closed.
func (s *Store) Ping(context.Context) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return fault.ErrUnavailable
	}
	return nil
}

// Close refuses commits from now on.
func (s *Store) Close() error {
	s.group.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	return nil
}
