package eventstoretest

import (
	"cmp"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
)

var aboutCases = []testcase{
	{name: "about pages by time and position, through ties", check: aboutPages},
}

// biography writes records whose times tie, and run against their positions.
func biography(s *scene, id uuid.UUID) []eventstore.Record {
	s.Helper()
	bystander, theirs := customer()
	for i := range 12 {
		at := happened.Add(time.Duration(6-i/3) * time.Microsecond) // three of each, newest first
		for n, typ := range []string{"customer", "note"} {
			a := appendTo(event.Stream{Type: typ, ID: id}, id, int64(i), 1)
			a.Records[0].OccurredAt = at.Add(time.Duration(n*i%2) * time.Microsecond)
			s.commit(one(a))
		}
		b := appendTo(theirs, bystander, int64(i), 1)
		b.Records[0].OccurredAt = at
		s.commit(one(b))
	}
	return slices.DeleteFunc(s.all(100), func(r eventstore.Record) bool { return r.Subject != id })
}

// oracle is About over a list.
func oracle(all []eventstore.Record, from, to time.Time, descending bool) []int64 {
	list := slices.SortedFunc(slices.Values(all), func(a, b eventstore.Record) int {
		if descending {
			a, b = b, a
		}
		return cmp.Or(a.OccurredAt.Compare(b.OccurredAt), cmp.Compare(a.Position, b.Position))
	})
	var out []int64
	for _, r := range list {
		if (from.IsZero() || !r.OccurredAt.Before(from)) && (to.IsZero() || r.OccurredAt.Before(to)) {
			out = append(out, r.Position)
		}
	}
	return out
}

func aboutPages(s *scene) {
	id, _ := customer()
	all := biography(s, id)
	times := []time.Time{{}, happened.Add(4 * time.Microsecond), happened.Add(6 * time.Microsecond), happened.Add(time.Hour)}
	for _, from := range times {
		for _, to := range times {
			for _, limit := range []int{1, 2, 5, 100} {
				for _, descending := range []bool{false, true} {
					r := eventstore.Range{From: from, To: to, Descending: descending, Limit: limit}
					s.same("about", s.about(id, r), oracle(all, from, to, descending))
				}
			}
		}
	}
	s.same("no limit", len(must(s.store.About(s.Context(), id, eventstore.Range{}))(s)), 0)
	s.same("nobody", len(must(s.store.About(s.Context(), uuid.New(), eventstore.Range{Limit: 9}))(s)), 0)
}

// about follows the cursor to the end, but not for ever.
func (s *scene) about(id uuid.UUID, r eventstore.Range) []int64 {
	s.Helper()
	var out []int64
	for range 100 {
		page := must(s.store.About(s.Context(), id, r))(s)
		for _, rec := range page {
			out = append(out, rec.Position)
			r.AfterTime, r.AfterPosition = rec.OccurredAt, rec.Position
		}
		if len(page) < r.Limit {
			break
		}
	}
	return out
}
