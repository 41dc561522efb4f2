package memory

import (
	"bytes"
	"cmp"
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
)

// Head is the last position.
func (s *Store) Head(context.Context) (int64, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return int64(len(s.log)), nil
}

// Await returns when the head is past a position.
func (s *Store) Await(ctx context.Context, after int64) error {
	return s.beacon.Await(ctx, after, 0)
}

// Feed reads all streams.
func (s *Store) Feed(_ context.Context, after int64, limit int) ([]eventstore.Record, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out []eventstore.Record
	for i := max(after, 0); i < int64(len(s.log)) && len(out) < limit; i++ {
		out = append(out, s.record(i+1))
	}
	return out, nil
}

// Tail reads all streams.
func (s *Store) Tail(ctx context.Context, after int64, limit int) ([]eventstore.Record, error) {
	return s.Feed(ctx, after, limit)
}

// Stream reads one stream.
func (s *Store) Stream(_ context.Context, id event.Stream, after int64, limit int) ([]eventstore.Record, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	st := s.streams[id]
	if st == nil {
		return nil, nil
	}
	var out []eventstore.Record
	for i := max(after, 0); i < st.version && len(out) < limit; i++ {
		out = append(out, s.record(st.positions[i]))
	}
	return out, nil
}

// About reads what is about a subject.
func (s *Store) About(_ context.Context, subject uuid.UUID, r eventstore.Range) ([]eventstore.Record, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out []eventstore.Record
	for i := range s.log {
		if rec := &s.log[i]; rec.Subject == subject && within(rec, r) {
			out = append(out, s.record(rec.Position))
		}
	}
	slices.SortFunc(out, func(a, b eventstore.Record) int {
		if r.Descending {
			a, b = b, a
		}
		return cmp.Or(a.OccurredAt.Compare(b.OccurredAt), cmp.Compare(a.Position, b.Position))
	})
	return out[:min(len(out), max(r.Limit, 0))], nil
}

func within(rec *eventstore.Record, r eventstore.Range) bool {
	if !r.From.IsZero() && rec.OccurredAt.Before(r.From) || !r.To.IsZero() && !rec.OccurredAt.Before(r.To) {
		return false
	}
	if r.AfterPosition == 0 {
		return true
	}
	order := cmp.Or(rec.OccurredAt.Compare(r.AfterTime), cmp.Compare(rec.Position, r.AfterPosition))
	if r.Descending {
		return order < 0
	}
	return order > 0
}

// record copies: callers own what they read.
func (s *Store) record(position int64) eventstore.Record {
	r := s.log[position-1]
	r.Public, r.Sealed = bytes.Clone(r.Public), bytes.Clone(r.Sealed)
	return r
}

// Load reads snapshots by key.
func (s *Store) Load(_ context.Context, streams ...event.Stream) ([]eventstore.Loaded, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out []eventstore.Loaded
	for _, id := range streams {
		if st := s.streams[id]; st != nil && st.snapshot != nil {
			out = append(out, s.loaded(st.snapshot))
		}
	}
	return out, nil
}

// Scan reads snapshots of one type.
func (s *Store) Scan(_ context.Context, streamType string, after uuid.UUID, limit int) ([]eventstore.Loaded, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var ids []uuid.UUID
	for id, st := range s.streams {
		if id.Type == streamType && st.snapshot != nil && bytes.Compare(id.ID[:], after[:]) > 0 {
			ids = append(ids, id.ID)
		}
	}
	slices.SortFunc(ids, compareIDs)
	var out []eventstore.Loaded
	for _, id := range ids[:min(len(ids), max(limit, 0))] {
		out = append(out, s.loaded(s.streams[event.Stream{Type: streamType, ID: id}].snapshot))
	}
	return out, nil
}

func (s *Store) loaded(snap *eventstore.Snapshot) eventstore.Loaded {
	l := eventstore.Loaded{Snapshot: *snap}
	if row := s.subjects[snap.Subject]; row != nil {
		l.Row = *row
	}
	l.Public, l.Sealed = bytes.Clone(l.Public), bytes.Clone(l.Sealed)
	return l
}

// Find gives holders.
func (s *Store) Find(_ context.Context, c eventstore.ClaimHash, limit int) ([]uuid.UUID, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var ids []uuid.UUID
	for id := range s.claims[c] {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, compareIDs)
	return ids[:min(len(ids), max(limit, 0))], nil
}

func compareIDs(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) }

// ByNumber finds a subject's row.
func (s *Store) ByNumber(_ context.Context, number int64) (*eventstore.Subject, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if number < 1 || number > int64(len(s.ordinals)) {
		return nil, nil
	}
	row := *s.subjects[s.ordinals[number-1]]
	return &row, nil
}

// Replay finds an idempotency record.
func (s *Store) Replay(_ context.Context, key [32]byte) (*eventstore.Request, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	r, ok := s.requests[key]
	if !ok || !r.Expires.After(s.now()) {
		return nil, nil
	}
	return &r, nil
}

// FencedSubjects lists the erased, in the order of ids.
func (s *Store) FencedSubjects(context.Context) ([]uuid.UUID, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var ids []uuid.UUID
	for id := range s.fenced {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, compareIDs)
	return ids, nil
}
