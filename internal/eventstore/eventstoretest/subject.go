package eventstoretest

import (
	"sync"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
)

var subjectCases = []testcase{
	{name: "numbers are dense, losers burn none", check: denseNumbers},
	{name: "a subject registers once", check: registersOnce},
	{name: "a subject needs no row", check: noRow},
}

func denseNumbers(s *scene) {
	email := hashed("email", "contested")
	var mu sync.Mutex
	var rows []eventstore.Subject
	together(40, func(i int) {
		id, st := customer()
		second := uuid.Must(uuid.NewV7())
		c := born(id, st)
		switch {
		case i%4 == 0: // all of these but one lose
			c.Add = []eventstore.Claim{exclusive(email, id)}
		case i%4 == 1: // loses
			c.Appends[0] = appendTo(st, id, 7, 1)
		case i%4 == 2:
			c.Register = append(c.Register, second)
		}
		out, err := s.store.Commit(s.Context(), c)
		mu.Lock()
		defer mu.Unlock()
		if err == nil {
			for n, row := range out.Subjects {
				if row.ID != c.Register[n] {
					s.Errorf("registered %s, want %s", row.ID, c.Register[n])
				}
			}
			rows = append(rows, out.Subjects...)
		}
	})
	s.same("registered", len(rows), 1+10*2+10)
	if err := CheckNumbers(s.Context(), s.store, rows); err != nil {
		s.Errorf("numbers: %v", err)
	}
	for _, none := range []int64{-1, 0, 1 << 40} {
		s.same("no such number", must(s.store.ByNumber(s.Context(), none))(s), (*eventstore.Subject)(nil))
	}
}

func registersOnce(s *scene) {
	id, st := customer()
	s.same("row", s.commit(born(id, st)).Subjects, []eventstore.Subject{{ID: id, Ordinal: 0, Number: 1}})
	again := born(id, event.Stream{Type: "note", ID: id})
	s.conflict(again, 1)
	s.same("head", s.head(), int64(1))
	second, other := customer()
	s.same("row", s.commit(born(second, other)).Subjects, []eventstore.Subject{{ID: second, Ordinal: 1, Number: 2}})
}

// A segment is about nobody; its snapshot comes without a row.
func noRow(s *scene) {
	st := event.Stream{Type: "segment", ID: uuid.New()}
	s.commit(one(with(appendTo(st, uuid.Nil, 0, 1), "1")))
	got := must(s.store.Load(s.Context(), st))(s)
	if len(got) != 1 || got[0].Row != (eventstore.Subject{}) {
		s.Errorf("loaded %+v, want one with an empty row", got)
	}
	if n := len(must(s.store.Scan(s.Context(), "segment", uuid.Nil, 10))(s)); n != 1 {
		s.Errorf("scanned %d, want 1", n)
	}
}
