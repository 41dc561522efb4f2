package index

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/activity"
	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore/memory"
	"github.com/acme/customers/internal/journal"
)

func (s *service) act(t *testing.T, id uuid.UUID, at time.Time) {
	t.Helper()
	_, err := journal.Execute(t.Context(), s.journal, s.kinds.Activities, journal.Command[activity.State, activity.Event]{
		ID: id, Joins: true, Meta: event.Meta{Actor: event.ActorService, Source: "identity", At: at},
		Decide: func(*activity.State) ([]activity.Event, error) {
			return []activity.Event{activity.Recorded{Kind: "UserAuthenticated", ActivityID: fmt.Sprint(at)}}, nil
		}})
	if err != nil {
		t.Fatal(err)
	}
}

// A model that followed and one that was started later know the same, whatever
// is told while it loads, and in any order.
func TestTheLastActivityIsTheSameHoweverItIsKnown(t *testing.T) {
	s := newService(t, memory.Open())
	live, _ := s.model(t)
	at := func(hour int) time.Time { return time.Date(2026, 1, 1, hour, 0, 0, 0, time.UTC) }
	var ids []uuid.UUID
	want := map[uuid.UUID]time.Time{}
	tell := func(id uuid.UUID, hours ...int) {
		for _, h := range hours {
			s.act(t, id, at(h))
			if at(h).After(want[id]) {
				want[id] = at(h)
			}
		}
	}
	for i := range 30 {
		ids = append(ids, s.register(t))
		if i%3 == 0 {
			tell(ids[i], i, 2*i, 1)
		}
	}
	later, _ := s.model(t)
	for i, id := range ids[20:] {
		tell(id, 40+i, 3)
	}
	new := s.register(t)
	tell(new, 5)
	for name, m := range map[string]*Model{"live": live, "later": later} {
		look := func(when string) {
			if err := m.WaitHead(t.Context(), Freshness{}); err != nil {
				t.Fatal(err)
			}
			for _, id := range append(ids, new) {
				l, err := m.Get(t.Context(), id)
				if err != nil {
					t.Fatal(err)
				}
				if got, err := m.LastSeen(t.Context(), id, l.Row.Ordinal); err != nil || !got.Equal(want[id]) {
					t.Errorf("%s, %s: %s was last seen at %s, not %s, %v", name, when, id, got, want[id], err)
				}
			}
		}
		look("maybe while it loads")
		<-m.Loaded()
		look("loaded")
	}
}
