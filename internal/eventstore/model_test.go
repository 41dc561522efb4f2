package eventstore_test

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
)

// decide is the shape of eventstore.Judge, so that a wrong one can be tried.
type decide func(*eventstore.Seen, []eventstore.Commit, time.Time) (eventstore.Plan, []eventstore.Verdict)

// model is the simplest driver: tables as maps, rules of the tables kept.
type model struct {
	head     int64
	recorded time.Time
	versions map[event.Stream]int64
	claims   map[eventstore.Claim]bool
	subjects map[uuid.UUID]int64 // ordinal
	fenced   map[uuid.UUID]bool
	inbox    map[string]bool
	requests map[[32]byte]bool
}

func newModel() *model {
	return &model{versions: map[event.Stream]int64{}, claims: map[eventstore.Claim]bool{}, subjects: map[uuid.UUID]int64{},
		fenced: map[uuid.UUID]bool{}, inbox: map[string]bool{}, requests: map[[32]byte]bool{}}
}

// see answers a question as a driver does, from the tables alone.
func (m *model) see(q eventstore.Question) *eventstore.Seen {
	seen := eventstore.NewSeen()
	seen.Head, seen.Recorded, seen.Ordinals = m.head, m.recorded, int64(len(m.subjects))
	for _, s := range q.Streams {
		if v, ok := m.versions[s]; ok {
			seen.Versions[s] = v
		}
	}
	for _, h := range q.Claims {
		for c := range m.claims {
			if c.Exclusive && c.ClaimHash == h {
				seen.Holders[h] = c.Subject
			}
		}
	}
	for _, id := range q.Subjects {
		_, seen.Known[id] = m.subjects[id]
		seen.Fenced[id] = m.fenced[id]
	}
	for _, id := range q.Inbox {
		seen.Inbox[id] = m.inbox[id]
	}
	for _, key := range q.Requests {
		if m.requests[key] {
			seen.Requests[key] = eventstore.Request{Key: key}
		}
	}
	return seen
}

// apply writes a plan and complains where a table's constraint would.
func (m *model) apply(p eventstore.Plan) error {
	for _, r := range p.Records {
		if r.Position != m.head+1 || r.Version != m.versions[r.Stream]+1 {
			return fmt.Errorf("position %d, version %d after %d, %d", r.Position, r.Version, m.head, m.versions[r.Stream])
		}
		if r.RecordedAt.Before(m.recorded) {
			return fmt.Errorf("position %d was recorded before the head", r.Position)
		}
		if m.fenced[r.Subject] {
			return fmt.Errorf("position %d is about a fenced subject", r.Position)
		}
		m.head, m.versions[r.Stream], m.recorded = r.Position, r.Version, r.RecordedAt
	}
	if p.Head != m.head {
		return fmt.Errorf("the plan's head is %d, the log's %d", p.Head, m.head)
	}
	for _, h := range p.Streams {
		if m.versions[h.Stream] != h.Version {
			return fmt.Errorf("the plan says version %d of %s, the log %d", h.Version, h.Stream, m.versions[h.Stream])
		}
	}
	for _, s := range p.Subjects {
		if _, twice := m.subjects[s.ID]; twice || s.Ordinal != int64(len(m.subjects)) || s.Number != s.Ordinal+1 {
			return fmt.Errorf("subject %s again, or with ordinal %d of %d", s.ID, s.Ordinal, len(m.subjects))
		}
		m.subjects[s.ID] = s.Ordinal
	}
	return m.applyRest(p)
}

func (m *model) applyRest(p eventstore.Plan) error {
	for _, c := range p.Release {
		for held := range m.claims {
			if held.ClaimHash == c.ClaimHash && held.Subject == c.Subject {
				delete(m.claims, held)
			}
		}
	}
	for _, c := range p.Add {
		for held := range m.claims {
			if c.Exclusive && held.Exclusive && held.ClaimHash == c.ClaimHash && held.Subject != c.Subject {
				return fmt.Errorf("%s is held by %s and %s", c.Kind, held.Subject, c.Subject)
			}
		}
		m.claims[c] = true
	}
	for _, id := range p.Inbox {
		if m.inbox[id] {
			return fmt.Errorf("message %s again", id)
		}
		m.inbox[id] = true
	}
	for _, r := range p.Requests {
		if m.requests[r.Key] {
			return fmt.Errorf("request %d again", r.Key[0])
		}
		m.requests[r.Key] = true
	}
	return nil
}
