package eventstoretest

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
)

var feedCases = []testcase{
	{name: "the feed has every record once, whatever the page", check: feedPages},
	{name: "the tail of the feed is the feed", check: tails},
	{name: "a stream is read after a version", check: streamPages},
	{name: "await wakes when the head moves", check: awaits},
}

func feedPages(s *scene) {
	for i := range 30 {
		id, st := customer()
		a := appendTo(st, id, 0, 1+i%3)
		for n := range a.Records { // rare types: a filtering reader gets pages without any
			if i%10 != 0 {
				a.Records[n].Type = "Rare"
			}
		}
		s.commit(one(a))
	}
	if err := CheckPages(s.Context(), s.store); err != nil {
		s.Errorf("pages: %v", err)
	}
	s.same("no limit", len(must(s.store.Feed(s.Context(), 0, 0))(s)), 0)
	s.same("a negative limit", len(must(s.store.Feed(s.Context(), 0, -1))(s)), 0)
	s.same("before the start", len(must(s.store.Feed(s.Context(), -5, 3))(s)), 3)
	s.same("beyond the head", len(must(s.store.Feed(s.Context(), 1<<40, 3))(s)), 0)
	s.problems()
}

// tails compares byte for byte: what comes from memory must be what is stored.
func tails(s *scene) {
	for i := range 20 {
		id, st := customer()
		s.commit(one(appendTo(st, id, 0, 1+i%3)))
	}
	for after := int64(-1); after < 45; after++ {
		for _, limit := range []int{-1, 0, 1, 7, 100} {
			s.same(fmt.Sprintf("after %d, limit %d", after, limit),
				must(s.store.Tail(s.Context(), after, limit))(s), must(s.store.Feed(s.Context(), after, limit))(s))
		}
	}
}

func streamPages(s *scene) {
	id, st := customer()
	for v := range int64(10) {
		s.commit(one(appendTo(st, id, v, 1)))
		s.commit(one(appendTo(event.Stream{Type: "consent", ID: id}, id, v, 1)))
	}
	for after := int64(-1); after < 12; after++ {
		for _, limit := range []int{-1, 0, 1, 4, 100} {
			got := must(s.store.Stream(s.Context(), st, after, limit))(s)
			if want := min(max(int64(limit), 0), max(0, 10-max(after, 0))); int64(len(got)) != want {
				s.Errorf("%d records after %d with limit %d, want %d", len(got), after, limit, want)
			}
			for i, r := range got {
				if r.Stream != st || r.Version != max(after, 0)+int64(i)+1 {
					s.Errorf("version %d of %s after %d", r.Version, r.Stream, after)
				}
			}
		}
	}
	s.same("no such stream", must(s.store.Stream(s.Context(), event.Stream{Type: "customer", ID: uuid.New()}, 0, 9))(s), []eventstore.Record(nil))
}

func awaits(s *scene) {
	id, st := customer()
	ended, cancel := context.WithCancel(s.Context())
	cancel()
	if err := s.store.Await(ended, 0); !errors.Is(err, context.Canceled) {
		s.Errorf("await with an ended context: %v", err)
	}
	s.commit(one(appendTo(st, id, 0, 1)))
	if err := s.store.Await(s.Context(), 0); err != nil { // already past
		s.Errorf("await: %v", err)
	}
	woken := make(chan int64)
	go func() {
		head := int64(1)
		for head == 1 && s.store.Await(s.Context(), 1) == nil { // it may return early
			head, _ = s.store.Head(s.Context())
		}
		woken <- head
	}()
	s.commit(one(appendTo(st, id, 1, 1)))
	s.same("head", <-woken, int64(2))
}
