package index

import (
	"cmp"
	"maps"
	"slices"
	"sync"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/journal"
	"github.com/acme/customers/internal/segment"
)

// LoadedSegment is a segment at a version.
type LoadedSegment = journal.Loaded[segment.State]

// Segments are all segments that there are, by id and by key. Safe for
// concurrent use.
type Segments struct {
	mu      sync.RWMutex
	byID    map[uuid.UUID]LoadedSegment
	byKey   map[string]uuid.UUID
	changed chan struct{} // holds one when something was put
}

func newSegments() *Segments {
	return &Segments{byID: map[uuid.UUID]LoadedSegment{}, byKey: map[string]uuid.UUID{}, changed: make(chan struct{}, 1)}
}

func (s *Segments) put(id uuid.UUID, l LoadedSegment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l.Version < s.byID[id].Version {
		return
	}
	s.byID[id] = l
	if l.State.Exists() {
		s.byKey[l.State.Key] = id
	} else if s.byKey[l.State.Key] == id {
		delete(s.byKey, l.State.Key)
	}
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// Changed is told after some were put.
func (s *Segments) Changed() <-chan struct{} { return s.changed }

// Get gives a segment, also one that was deleted.
func (s *Segments) Get(id uuid.UUID) (LoadedSegment, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	l, ok := s.byID[id]
	return l, ok
}

// ByKey gives the id of a segment that exists.
func (s *Segments) ByKey(key string) (uuid.UUID, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	id, ok := s.byKey[key]
	return id, ok
}

// Defined is a segment with its id.
type Defined struct {
	ID uuid.UUID
	LoadedSegment
}

// All lists those that exist, by key; with the deleted ones, if they are asked
// for.
func (s *Segments) All(deleted bool) []Defined {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := make([]Defined, 0, len(s.byID))
	for id, l := range maps.All(s.byID) {
		if deleted || l.State.Exists() {
			out = append(out, Defined{id, l})
		}
	}
	slices.SortFunc(out, func(a, b Defined) int { return cmp.Or(cmp.Compare(a.State.Key, b.State.Key), compareIDs(a.ID, b.ID)) })
	return out
}
