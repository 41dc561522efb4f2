// Package memory keeps the access log in memory: the fake that tests of other
// packages use, under the same suite as the durable drivers. It promises all
// that they do, except to be there after the process.
package memory

import (
	"bytes"
	"cmp"
	"context"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/access"
	"github.com/acme/customers/internal/fault"
)

// Store is an access log in memory. Use Open.
type Store struct {
	mu     sync.RWMutex
	groups map[access.ID]*access.Group
	parts  []access.Part
}

var _ access.Store = (*Store)(nil)

// Open makes an empty store.
func Open() *Store { return &Store{groups: map[access.ID]*access.Group{}} }

// Append keeps a group.
func (s *Store) Append(_ context.Context, g access.Group) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.groups[g.ID] != nil {
		return fault.ErrInternal
	}
	g.Ordinals, g.Sealed = bytes.Clone(g.Ordinals), bytes.Clone(g.Sealed)
	s.groups[g.ID] = &g
	return nil
}

// Read gives groups by id.
func (s *Store) Read(_ context.Context, ids ...access.ID) ([]access.Group, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out []access.Group
	for _, id := range ids {
		if g := s.groups[id]; g != nil {
			out = append(out, clone(g))
		}
	}
	return out, nil
}

// Scan gives groups in order.
func (s *Store) Scan(_ context.Context, after access.ID, limit int) ([]access.Group, error) {
	return s.some(after, limit, func(*access.Group) bool { return true }), nil
}

// Within gives groups by when they end.
func (s *Store) Within(_ context.Context, from, to time.Time, after access.Head, limit int) ([]access.Group, error) {
	order := func(a, b *access.Head) int { return cmp.Or(a.To.Compare(b.To), a.ID.Compare(b.ID)) }
	all := s.some(access.ID{}, math.MaxInt, func(g *access.Group) bool {
		return !g.To.Before(from) && g.To.Before(to) && order(&g.Head, &after) > 0
	})
	slices.SortFunc(all, func(a, b access.Group) int { return order(&a.Head, &b.Head) })
	return all[:min(len(all), max(limit, 0))], nil
}

// Loose gives the clear part of groups in no span.
func (s *Store) Loose(_ context.Context, after access.ID, limit int) ([]access.Head, error) {
	return heads(s.some(after, limit, func(g *access.Group) bool { return g.Span == uuid.Nil })), nil
}

// Slots gives the clear part of a span's groups.
func (s *Store) Slots(_ context.Context, span uuid.UUID, slots ...int64) ([]access.Head, error) {
	return heads(s.some(access.ID{}, access.SpanSize, func(g *access.Group) bool {
		return g.Span == span && (len(slots) == 0 || slices.Contains(slots, g.Slot))
	})), nil
}

func heads(groups []access.Group) (out []access.Head) {
	for _, g := range groups {
		out = append(out, g.Head)
	}
	return out
}

func (s *Store) some(after access.ID, limit int, want func(*access.Group) bool) []access.Group {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out []access.Group
	for id, g := range s.groups {
		if id.Compare(after) > 0 && want(g) {
			out = append(out, clone(g))
		}
	}
	slices.SortFunc(out, func(a, b access.Group) int { return a.ID.Compare(b.ID) })
	return out[:min(len(out), max(limit, 0))]
}

func clone(g *access.Group) access.Group {
	c := *g
	c.Ordinals, c.Sealed = bytes.Clone(c.Ordinals), bytes.Clone(c.Sealed)
	return c
}

// Bind puts loose groups into a span.
func (s *Store) Bind(_ context.Context, span access.Span) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range span.Groups {
		if g := s.groups[id]; g == nil || g.Span != uuid.Nil {
			return false, nil
		}
	}
	for slot, id := range span.Groups {
		s.groups[id].Span, s.groups[id].Slot = span.ID, int64(slot)
	}
	s.parts = append(s.parts, span.Parts...)
	return true, nil
}

// Bucket gives every span's part for one bucket.
func (s *Store) Bucket(_ context.Context, bucket uint32) ([]access.Part, error) {
	return s.pick(func(p access.Part) bool { return p.Bucket == bucket }), nil
}

// Parts gives the parts of one span.
func (s *Store) Parts(_ context.Context, span uuid.UUID) ([]access.Part, error) {
	return s.pick(func(p access.Part) bool { return p.Span == span }), nil
}

func (s *Store) pick(want func(access.Part) bool) []access.Part {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out []access.Part
	for _, p := range s.parts {
		if want(p) {
			p.Pairs = bytes.Clone(p.Pairs)
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b access.Part) int {
		return cmp.Or(bytes.Compare(a.Span[:], b.Span[:]), cmp.Compare(a.Bucket, b.Bucket))
	})
	return out
}

// Totals adds up all groups.
func (s *Store) Totals(context.Context) (access.Totals, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var t access.Totals
	for _, g := range s.groups {
		t.Groups++
		t.Entries += g.Entries
		t.Reads += g.Reads
	}
	return t, nil
}

// Close does nothing.
func (s *Store) Close() error { return nil }
