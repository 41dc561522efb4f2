package eventstoretest

import (
	"errors"
	"sync/atomic"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
)

var fenceCases = []testcase{
	{name: "a fence stops every commit for the subject", check: fenceStops},
	{name: "a fence takes claims and snapshots away", check: fenceTakes},
	{name: "a fence may come before the subject", check: fenceBefore},
	{name: "a fence wins against commits under way", check: fenceRaces},
}

func (s *scene) fence(id uuid.UUID) {
	s.Helper()
	if err := s.store.Fence(s.Context(), id); err != nil {
		s.Fatalf("fence: %v", err)
	}
}

func fenceStops(s *scene) {
	id, st := customer()
	other, stream := customer()
	s.commit(born(id, st))
	s.commit(born(other, stream))
	s.fence(id)
	s.fence(id) // again is nothing
	s.refuse(one(appendTo(st, id, 1, 1)), eventstore.ErrFenced)
	s.refuse(one(appendTo(event.Stream{Type: "note", ID: uuid.New()}, id, 0, 1)), eventstore.ErrFenced)
	s.refuse(eventstore.Commit{Inbox: []string{"m"}, Add: []eventstore.Claim{shared(hashed("phone", "x"), id)}}, eventstore.ErrFenced)
	s.refuse(one(appendTo(stream, other, 1, 1), appendTo(st, id, 1, 1)), eventstore.ErrFenced)
	s.commit(one(appendTo(stream, other, 1, 1))) // bystanders go on
	s.same("fenced", must(s.store.FencedSubjects(s.Context()))(s), []uuid.UUID{id})
	s.same("records stay", len(must(s.store.Stream(s.Context(), st, 0, 9))(s)), 1)
	if err := s.store.Fence(s.Context(), uuid.Nil); !errors.Is(err, eventstore.ErrEmpty) {
		s.Errorf("nobody was fenced: %v", err)
	}
}

func fenceTakes(s *scene) {
	id, st := customer()
	other, stream := customer()
	email, phone := hashed("email", "x"), hashed("phone", "x")
	s.commit(born(id, st, exclusive(email, id), shared(phone, id)))
	note := event.Stream{Type: "note", ID: uuid.New()}
	s.commit(one(with(appendTo(note, id, 0, 1), "n")))
	s.commit(born(other, stream, shared(phone, other)))
	snap := must(s.store.Load(s.Context(), st))(s)[0].Snapshot
	s.fence(id)

	s.holders(email)
	s.holders(phone, other)
	s.same("loaded", len(must(s.store.Load(s.Context(), st, note, stream))(s)), 1)
	s.same("scanned", len(must(s.store.Scan(s.Context(), "customer", uuid.Nil, 9))(s)), 1)
	s.same("row", must(s.store.ByNumber(s.Context(), 1))(s), &eventstore.Subject{ID: id, Ordinal: 0, Number: 1, Fenced: true})
	s.same("no snapshot comes back", must(s.store.Resnapshot(s.Context(), snap))(s), false)
	s.same("loaded", len(must(s.store.Load(s.Context(), st))(s)), 0)
	take := one(appendTo(stream, other, 1, 1))
	take.Add = []eventstore.Claim{exclusive(email, other)} // free for others
	s.commit(take)
}

func fenceBefore(s *scene) {
	id, st := customer()
	s.fence(id)
	s.refuse(born(id, st), eventstore.ErrFenced)
	s.refuse(one(appendTo(st, id, 0, 1)), eventstore.ErrFenced)
	s.same("fenced", must(s.store.FencedSubjects(s.Context()))(s), []uuid.UUID{id})
	s.same("no row", must(s.store.ByNumber(s.Context(), 1))(s), (*eventstore.Subject)(nil))
	other, stream := customer()
	s.same("no number burnt", s.commit(born(other, stream)).Subjects[0].Number, int64(1))
}

func fenceRaces(s *scene) {
	for range count(10, 200) {
		id, st := customer()
		email := hashed("email", id.String())
		s.commit(born(id, st, exclusive(email, id)))
		var fenced atomic.Bool
		together(5, func(i int) {
			if i == 0 {
				s.fence(id)
				fenced.Store(true)
				return
			}
			for v := range 20 { // each its own stream, so that only the fence stops it
				stream := event.Stream{Type: "note", ID: uuid.NewSHA1(id, []byte{byte(i), byte(v)})}
				c := one(with(appendTo(stream, id, 0, 1), "x"))
				c.Add = []eventstore.Claim{exclusive(email, id)}
				late := fenced.Load()
				if _, err := s.store.Commit(s.Context(), c); err == nil && late {
					s.Errorf("a commit succeeded after the fence")
				} else if err != nil && !errors.Is(err, eventstore.ErrFenced) {
					s.Errorf("commit: %v, want ErrFenced", err)
				}
			}
		})
		s.holders(email)
	}
	s.same("snapshots of notes", len(must(s.store.Scan(s.Context(), "note", uuid.Nil, 1000))(s)), 0)
	s.problems()
}
