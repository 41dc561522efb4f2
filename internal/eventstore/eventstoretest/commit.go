package eventstoretest

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
)

var commitCases = []testcase{
	{name: "what is written is read back", check: readBack},
	{name: "the expected version decides", check: expectedVersion},
	{name: "a commit over several streams is all or nothing", check: allOrNothing},
	{name: "a malformed commit is refused", check: malformed},
	{name: "commits at the same time keep their order", check: concurrentOrder},
	{name: "recorded time never decreases", check: recordedNeverDecreases},
	{name: "an ended context commits nothing", check: endedContext},
}

func readBack(s *scene) {
	id, st := customer()
	a := appendTo(st, id, 0, 2)
	a.Records[0].Envelope = event.Envelope{Stream: st, Version: 1, Subject: id, Type: "Written", Schema: 3, Source: "import",
		Actor: event.ActorSupport, Notable: true, OccurredAt: time.Date(1969, 12, 31, 23, 59, 59, 999999999, time.FixedZone("", 3600)),
		Trace: "0af7651916cd43dd8448eb211c80319c"}
	a.Records[1].Sealed = nil
	got := s.commit(one(a))
	s.same("committed", got, eventstore.Committed{Position: 2, RecordedAt: s.clock.now()})

	want := a.Records
	for i := range want {
		want[i].Position, want[i].RecordedAt = int64(i+1), s.clock.now()
	}
	want[0].OccurredAt = time.Date(1969, 12, 31, 22, 59, 59, 999999000, time.UTC) // microseconds, UTC
	s.same("feed", must(s.store.Feed(s.Context(), 0, 10))(s), want)
	s.same("stream", must(s.store.Stream(s.Context(), st, 0, 10))(s), want)
	s.same("about", must(s.store.About(s.Context(), id, eventstore.Range{Limit: 10}))(s), want)
	s.same("head", s.head(), int64(2))
}

func expectedVersion(s *scene) {
	id, st := customer()
	s.conflict(one(appendTo(st, id, 1, 1)), 0)
	s.commit(one(appendTo(st, id, 0, 2)))
	for _, wrong := range []int64{-1, 0, 1, 3} {
		s.conflict(one(appendTo(st, id, wrong, 1)), 2)
	}
	s.commit(one(appendTo(st, id, 2, 1)))
	other := event.Stream{Type: "consent", ID: id} // the type is part of the name
	s.commit(one(appendTo(other, id, 0, 1)))
	s.same("head", s.head(), int64(4))
}

func allOrNothing(s *scene) {
	id, st := customer()
	second, third := event.Stream{Type: "consent", ID: id}, event.Stream{Type: "note", ID: id}
	s.commit(one(appendTo(second, id, 0, 1)))

	email := hashed("email", "a")
	c := one(with(appendTo(st, id, 0, 1), "1"), appendTo(second, id, 0, 1), appendTo(third, id, 0, 1))
	c.Register, c.Add, c.Inbox = []uuid.UUID{id}, []eventstore.Claim{exclusive(email, id)}, []string{"m"}
	s.conflict(c, 1)
	s.same("head", s.head(), int64(1))
	s.same("first stream", must(s.store.Stream(s.Context(), st, 0, 9))(s), []eventstore.Record(nil))
	s.same("snapshot", must(s.store.Load(s.Context(), st))(s), []eventstore.Loaded(nil))
	s.same("claim", must(s.store.Find(s.Context(), email, 9))(s), []uuid.UUID(nil))
	s.same("row", must(s.store.ByNumber(s.Context(), 1))(s), (*eventstore.Subject)(nil))

	c.Appends[1] = appendTo(second, id, 1, 1)
	s.same("position", s.commit(c).Position, int64(4)) // message "m" was not burnt either
	s.problems()
}

func malformed(s *scene) {
	id, st := customer()
	other, _ := customer()
	good := appendTo(st, id, 0, 2)
	empty, gap, foreign, about := good, good, good, good
	empty.Records = nil
	gap.Records = appendTo(st, id, 1, 2).Records
	foreign.Records = appendTo(event.Stream{Type: "note", ID: id}, id, 0, 2).Records
	about.Records = appendTo(st, other, 0, 2).Records
	email := hashed("email", "a")
	for name, c := range map[string]eventstore.Commit{
		"nothing":              {},
		"only a registration":  {Register: []uuid.UUID{id}},
		"only a claim":         {Add: []eventstore.Claim{exclusive(email, id)}},
		"an append of nothing": one(empty),
		"one good, one empty":  one(appendTo(event.Stream{Type: "note", ID: id}, id, 0, 1), empty),
		"versions with a gap":  one(gap),
		"another stream":       one(foreign),
		"another subject":      one(about),
		"one stream twice":     one(good, good),
		"one subject twice":    {Appends: []eventstore.Append{good}, Register: []uuid.UUID{id, id}},
		"one message twice":    {Inbox: []string{"m", "m"}},
		"a claim for two": {Appends: []eventstore.Append{good},
			Add: []eventstore.Claim{exclusive(email, id), exclusive(email, other)}},
	} {
		if _, err := s.store.Commit(s.Context(), c); err != eventstore.ErrEmpty {
			s.Errorf("%s: %v, want ErrEmpty", name, err)
		}
	}
	s.same("head", s.head(), int64(0))
}

func concurrentOrder(s *scene) {
	const writers, each = 16, 8
	together(writers, func(int) {
		id, st := customer()
		for v := range each {
			if _, err := s.store.Commit(s.Context(), one(with(appendTo(st, id, int64(v*2), 2), "x"))); err != nil {
				s.Errorf("commit: %v", err)
			}
		}
	})
	s.same("head", s.head(), int64(writers*each*2))
	s.problems()
}

func recordedNeverDecreases(s *scene) {
	id, st := customer()
	first := s.commit(one(appendTo(st, id, 0, 1))).RecordedAt
	s.clock.move(-time.Hour)
	second := s.commit(one(appendTo(st, id, 1, 1))).RecordedAt
	s.same("while the clock is behind", second, first)
	third := s.clock.move(2 * time.Hour)
	s.same("when it is ahead again", s.commit(one(appendTo(st, id, 2, 1))).RecordedAt, third)
	s.problems()
}

func endedContext(s *scene) {
	id, st := customer()
	ctx, cancel := context.WithCancel(s.Context())
	cancel()
	if _, err := s.store.Commit(ctx, one(appendTo(st, id, 0, 1))); !errors.Is(err, context.Canceled) {
		s.Errorf("commit: %v, want context.Canceled", err)
	}
	s.same("head", s.head(), int64(0))
}
