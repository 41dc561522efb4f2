package eventstoretest

import (
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
)

var durableCases = []testcase{
	{name: "a log that is opened again holds everything", check: reopens, durable: true},
	{name: "instances see each other's commits", check: instances, instances: true},
}

func reopens(s *scene) {
	id, st := customer()
	gone, erased := customer()
	email := hashed("email", "x")
	c := born(id, st, exclusive(email, id))
	c.Inbox, c.Request = []string{"m"}, request("k", st, s.clock.now().Add(time.Hour))
	s.commit(c)
	s.commit(born(gone, erased, exclusive(hashed("email", "y"), gone)))
	s.fence(gone)
	s.lease("relay", "a", time.Minute, true)
	if err := s.store.SetCursor(s.Context(), "relay", 2); err != nil {
		s.Fatalf("set: %v", err)
	}
	revoked := s.revoke('a', time.Hour)
	last := s.revoked(0, revoked)
	lineage, feed, loaded := must(s.store.Lineage(s.Context()))(s), s.all(10), must(s.store.Load(s.Context(), st, erased))(s)
	if err := s.store.Close(); err != nil {
		s.Fatalf("close: %v", err)
	}
	s.store = s.open()

	s.same("head", s.head(), int64(2))
	s.same("feed", s.all(10), feed)
	s.same("snapshots", must(s.store.Load(s.Context(), st, erased))(s), loaded)
	s.same("lineage", must(s.store.Lineage(s.Context()))(s), lineage)
	s.same("cursor", must(s.store.Cursor(s.Context(), "relay"))(s), int64(2))
	s.lease("relay", "b", time.Minute, false)
	s.revoked(0, revoked)
	s.revoked(last, s.revoke('b', time.Hour))
	s.holders(email, id)
	s.refuse(one(appendTo(erased, gone, 1, 1)), eventstore.ErrFenced)
	s.refuse(eventstore.Commit{Inbox: []string{"m"}}, eventstore.ErrDuplicate)
	s.replayed(eventstore.Commit{Request: request("k", st, s.clock.now().Add(2*time.Hour))}, *c.Request)
	s.conflict(one(appendTo(st, id, 0, 1)), 1)

	s.clock.move(-time.Hour) // a clock that is behind the log
	other, stream := customer()
	s.claimed(born(other, stream, exclusive(email, other)), "email", id)
	out := s.commit(born(other, stream))
	s.same("next", out, eventstore.Committed{Position: 3, RecordedAt: feed[1].RecordedAt,
		Subjects: []eventstore.Subject{{ID: other, Ordinal: 2, Number: 3}}})
	s.problems()
}

func instances(s *scene) {
	second := &scene{TB: s.TB, store: s.open(), clock: s.clock}
	defer second.store.Close()
	id, st := customer()
	email := hashed("email", "x")
	s.commit(born(id, st, exclusive(email, id)))
	s.same("head", second.head(), int64(1))
	second.conflict(one(appendTo(st, id, 0, 1)), 1)
	other, stream := customer()
	second.claimed(born(other, stream, exclusive(email, other)), "email", id)
	s.same("number", second.commit(born(other, stream)).Subjects[0].Number, int64(2))
	s.lease("relay", "a", time.Minute, true)
	second.lease("relay", "b", time.Minute, false)
	last := second.revoked(0, s.revoke('a', time.Hour))
	s.revoked(last, second.revoke('b', time.Hour))
	second.fence(id)
	s.refuse(one(appendTo(event.Stream{Type: "note", ID: uuid.New()}, id, 0, 1)), eventstore.ErrFenced)

	woken := make(chan int64)
	go func() { // a commit elsewhere wakes by the poll
		head := int64(2)
		for head == 2 && s.store.Await(s.Context(), 2) == nil {
			head, _ = s.store.Head(s.Context())
		}
		woken <- head
	}()
	second.commit(one(appendTo(stream, other, 1, 1)))
	s.same("head", <-woken, int64(3))
	s.problems()
}
