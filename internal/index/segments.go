package index

import (
	"cmp"
	"maps"
	"slices"
	"sync"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/journal"
	"github.com/acme/customers/internal/savedsearch"
	"github.com/acme/customers/internal/segment"
)

// LoadedSegment is a segment at a version.
type LoadedSegment = journal.Loaded[segment.State]

// LoadedSearch is a saved search at a version.
type LoadedSearch = journal.Loaded[savedsearch.State]

// registry has all streams of a kind of which there are few. Safe for concurrent use.
type registry[S any] struct {
	mu   sync.RWMutex
	byID map[uuid.UUID]journal.Loaded[S]
}

// put keeps the newest.
func (k *registry[S]) put(id uuid.UUID, l journal.Loaded[S]) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if l.Version >= k.byID[id].Version {
		k.byID[id] = l
	}
}

// Get gives one, also one that was deleted.
func (k *registry[S]) Get(id uuid.UUID) (journal.Loaded[S], bool) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	l, ok := k.byID[id]
	return l, ok
}

// Each gives all of them, in no order.
func (k *registry[S]) Each() map[uuid.UUID]journal.Loaded[S] {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return maps.Clone(k.byID)
}

// Searches are all saved searches.
type Searches struct{ registry[savedsearch.State] }

func newSearches() *Searches {
	return &Searches{registry[savedsearch.State]{byID: map[uuid.UUID]LoadedSearch{}}}
}

// Segments are all segments that there are, by id and by key.
type Segments struct {
	registry[segment.State]
	keys    sync.RWMutex
	byKey   map[string]uuid.UUID
	called  map[string][]uuid.UUID // with those that were deleted
	changed chan struct{}          // holds one when something was put
}

func newSegments() *Segments {
	return &Segments{registry: registry[segment.State]{byID: map[uuid.UUID]LoadedSegment{}}, byKey: map[string]uuid.UUID{}, called: map[string][]uuid.UUID{}, changed: make(chan struct{}, 1)}
}

func (s *Segments) put(id uuid.UUID, l LoadedSegment) {
	s.keys.Lock()
	defer s.keys.Unlock()
	if before, _ := s.Get(id); l.Version < before.Version {
		return
	}
	s.registry.put(id, l)
	if key := l.State.Key; !slices.Contains(s.called[key], id) {
		s.called[key] = append(s.called[key], id)
	}
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

// ByKey gives the id of a segment that exists.
func (s *Segments) ByKey(key string) (uuid.UUID, bool) {
	s.keys.RLock()
	defer s.keys.RUnlock()
	id, ok := s.byKey[key]
	return id, ok
}

// Called gives the ids of all segments that have a key, or had it when they were
// deleted.
func (s *Segments) Called(key string) []uuid.UUID {
	s.keys.RLock()
	defer s.keys.RUnlock()
	return slices.Clone(s.called[key])
}

// Defined is a segment with its id.
type Defined struct {
	ID uuid.UUID
	LoadedSegment
}

// All lists those that exist, by key; with the deleted ones, if they are asked
// for.
func (s *Segments) All(deleted bool) []Defined {
	all := s.Each()
	out := make([]Defined, 0, len(all))
	for id, l := range all {
		if deleted || l.State.Exists() {
			out = append(out, Defined{id, l})
		}
	}
	slices.SortFunc(out, func(a, b Defined) int { return cmp.Or(cmp.Compare(a.State.Key, b.State.Key), compareIDs(a.ID, b.ID)) })
	return out
}
