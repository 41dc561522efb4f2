package memory

import (
	"bytes"
	"context"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
)

// Commit appends, in a group.
func (s *Store) Commit(ctx context.Context, c eventstore.Commit) (eventstore.Committed, error) {
	return s.group.Commit(ctx, c)
}

func (s *Store) write(_ context.Context, commits []eventstore.Commit) (eventstore.Plan, []eventstore.Verdict, error) {
	s.mu.Lock()
	plan, verdicts := eventstore.Judge(s.see(eventstore.Ask(commits)), commits, s.now())
	s.apply(&plan)
	s.mu.Unlock()
	return plan, verdicts, nil
}

func (s *Store) see(q eventstore.Question) *eventstore.Seen {
	seen := eventstore.NewSeen()
	seen.Head, seen.Ordinals = int64(len(s.log)), int64(len(s.ordinals))
	if n := len(s.log); n > 0 {
		seen.Recorded = s.log[n-1].RecordedAt
	}
	for _, st := range q.Streams {
		if have := s.streams[st]; have != nil {
			seen.Versions[st] = have.version
		}
	}
	for _, h := range q.Claims {
		for subject, how := range s.claims[h] {
			if how.exclusive {
				seen.Holders[h] = subject
			}
		}
	}
	for _, id := range q.Subjects {
		seen.Known[id], seen.Fenced[id] = s.subjects[id] != nil, s.fenced[id]
	}
	for _, id := range q.Inbox {
		_, seen.Inbox[id] = s.inbox[id]
	}
	for _, key := range q.Requests {
		if r, ok := s.requests[key]; ok && r.Expires.After(s.now()) {
			seen.Requests[key] = r
		}
	}
	return seen
}

func (s *Store) apply(p *eventstore.Plan) {
	for _, r := range p.Records {
		r.Public, r.Sealed = bytes.Clone(r.Public), bytes.Clone(r.Sealed)
		s.log = append(s.log, r)
		st := s.stream(r.Stream)
		st.version, st.positions = r.Version, append(st.positions, r.Position)
	}
	for _, snap := range p.Snapshots {
		snap.Public, snap.Sealed = bytes.Clone(snap.Public), bytes.Clone(snap.Sealed)
		s.stream(snap.Stream).snapshot = &snap
	}
	for _, sub := range p.Subjects {
		s.subjects[sub.ID] = &sub
		s.ordinals = append(s.ordinals, sub.ID)
	}
	for _, cl := range p.Release {
		delete(s.claims[cl.ClaimHash], cl.Subject)
	}
	for _, cl := range p.Add {
		if s.claims[cl.ClaimHash] == nil {
			s.claims[cl.ClaimHash] = map[uuid.UUID]hold{}
		}
		how := s.claims[cl.ClaimHash][cl.Subject]
		s.claims[cl.ClaimHash][cl.Subject] = hold{shared: how.shared || !cl.Exclusive, exclusive: how.exclusive || cl.Exclusive}
	}
	for _, id := range p.Inbox {
		s.inbox[id] = p.Recorded
	}
	for _, r := range p.Requests {
		s.requests[r.Key] = r
	}
}

func (s *Store) stream(id event.Stream) *stream {
	st := s.streams[id]
	if st == nil {
		st = &stream{}
		s.streams[id] = st
	}
	return st
}

// Resnapshot replaces a snapshot whose stream did not move.
func (s *Store) Resnapshot(_ context.Context, snap eventstore.Snapshot) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.streams[snap.Stream]
	if st == nil || st.version != snap.Version || s.fenced[snap.Subject] {
		return false, nil
	}
	snap.Position = st.positions[len(st.positions)-1]
	snap.Public, snap.Sealed = bytes.Clone(snap.Public), bytes.Clone(snap.Sealed)
	st.snapshot = &snap
	return true, nil
}

// Fence erases a subject.
func (s *Store) Fence(_ context.Context, subject uuid.UUID) error {
	if subject == uuid.Nil {
		return eventstore.ErrEmpty
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fenced[subject] = true
	if row := s.subjects[subject]; row != nil {
		row.Fenced = true
	}
	for _, holders := range s.claims {
		delete(holders, subject)
	}
	for _, st := range s.streams {
		if st.snapshot != nil && st.snapshot.Subject == subject {
			st.snapshot = nil
		}
	}
	return nil
}
