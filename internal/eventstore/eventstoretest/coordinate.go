package eventstoretest

import (
	"sync/atomic"
	"time"

	"github.com/google/uuid"
)

var coordinateCases = []testcase{
	{name: "a cursor is where it was set", check: cursors},
	{name: "a lease has one holder until it runs out", check: leases},
	{name: "of many who want a lease one gets it", check: leaseRaces},
	{name: "the lineage stays until it is renewed", check: lineage},
	{name: "an open store answers a ping", check: pings},
}

func cursors(s *scene) {
	s.same("never set", must(s.store.Cursor(s.Context(), "relay"))(s), int64(0))
	for _, position := range []int64{7, 1 << 40, 3} { // a rebuild goes back
		if err := s.store.SetCursor(s.Context(), "relay", position); err != nil {
			s.Fatalf("set: %v", err)
		}
		s.same("set", must(s.store.Cursor(s.Context(), "relay"))(s), position)
	}
	s.same("another", must(s.store.Cursor(s.Context(), "index"))(s), int64(0))
}

func (s *scene) lease(name, holder string, ttl time.Duration, want bool) {
	s.Helper()
	if got := must(s.store.Lease(s.Context(), name, holder, ttl))(s); got != want {
		s.Errorf("lease for %s: %v, want %v", holder, got, want)
	}
}

func leases(s *scene) {
	s.lease("relay", "a", 10*time.Second, true)
	s.lease("relay", "b", 10*time.Second, false)
	s.lease("reactor", "b", 10*time.Second, true) // another lease
	s.clock.move(9 * time.Second)
	s.lease("relay", "a", 10*time.Second, true) // extended
	s.clock.move(9 * time.Second)
	s.lease("relay", "b", 10*time.Second, false)
	s.clock.move(time.Second)
	s.lease("relay", "b", 10*time.Second, true) // it ran out
	s.lease("relay", "a", 10*time.Second, false)
	s.release("relay", "a") // not a's any more
	s.lease("relay", "a", 10*time.Second, false)
	s.release("relay", "b")
	s.lease("relay", "a", 10*time.Second, true)
}

func (s *scene) release(name, holder string) {
	s.Helper()
	if err := s.store.Release(s.Context(), name, holder); err != nil {
		s.Fatalf("release: %v", err)
	}
}

func leaseRaces(s *scene) {
	var holders atomic.Int64
	together(32, func(int) {
		got, err := s.store.Lease(s.Context(), "relay", uuid.NewString(), time.Minute)
		if err != nil {
			s.Errorf("lease: %v", err)
		}
		if got {
			holders.Add(1)
		}
	})
	s.same("holders", holders.Load(), int64(1))
}

func lineage(s *scene) {
	first := must(s.store.Lineage(s.Context()))(s)
	if first == uuid.Nil {
		s.Errorf("the lineage is empty")
	}
	s.same("again", must(s.store.Lineage(s.Context()))(s), first)
	second := must(s.store.RenewLineage(s.Context()))(s)
	if second == first || second == uuid.Nil {
		s.Errorf("the lineage was not renewed")
	}
	s.same("renewed", must(s.store.Lineage(s.Context()))(s), second)
}

func pings(s *scene) {
	if err := s.store.Ping(s.Context()); err != nil {
		s.Errorf("ping: %v", err)
	}
}
