package eventstoretest

import (
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/eventstore"
)

var coordinateCases = []testcase{
	{name: "a cursor is where it was set", check: cursors},
	{name: "a lease has one holder until it runs out", check: leases},
	{name: "of many who want a lease one gets it", check: leaseRaces},
	{name: "the lineage stays until it is renewed", check: lineage},
	{name: "an open store answers a ping", check: pings},
	{name: "a revocation is read until it expires", check: revocations},
	{name: "the later of two revocations is kept", check: laterRevocations},
	{name: "who reads revocations after the last position misses none", check: revocationsInOrder},
	{name: "revocations at the same time are all read", check: revocationRaces, real: true},
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

// revoke voids what was issued to a caller up to now, by the scene's clock, and
// expires after life.
func (s *scene) revoke(caller byte, life time.Duration) eventstore.Revocation {
	s.Helper()
	now := time.Now().UTC().Truncate(time.Microsecond)
	if s.clock != nil {
		now = s.clock.now()
	}
	r := eventstore.Revocation{Caller: [32]byte{caller}, Issued: now, Expires: now.Add(life)}
	if err := s.store.Revoke(s.Context(), r); err != nil {
		s.Errorf("revoke: %v", err)
	}
	return r
}

// revoked: reading after a position must give these, at growing positions. It
// gives the last.
func (s *scene) revoked(after int64, want ...eventstore.Revocation) int64 {
	s.Helper()
	got := must(s.store.Revoked(s.Context(), after))(s)
	for i := range got {
		if got[i].Position <= after {
			s.Errorf("position %d after %d", got[i].Position, after)
		}
		after, got[i].Position = got[i].Position, 0
	}
	s.same("revoked", got, want)
	return after
}

func revocations(s *scene) {
	s.revoked(0)
	long := s.revoke('a', 2*time.Hour)
	short := s.revoke('b', time.Hour)
	s.revoked(0, long, short)
	s.clock.move(time.Hour - time.Second)
	s.revoked(0, long, short)
	s.clock.move(time.Second)
	s.revoked(0, long)
	s.clock.move(time.Hour)
	s.revoked(0)
}

func laterRevocations(s *scene) {
	first := s.revoke('a', time.Hour)
	other := s.revoke('b', time.Hour)
	last := s.revoked(0, first, other)
	s.clock.move(-time.Minute) // an instance whose clock is behind
	s.revoke('a', time.Hour)
	s.revoked(last)
	s.revoked(0, first, other)
	s.clock.move(2 * time.Minute)
	later := s.revoke('a', time.Hour)
	s.revoked(last, later)
	s.revoked(0, other, later)
}

func revocationsInOrder(s *scene) {
	last := s.revoked(0, s.revoke('a', time.Hour))
	last = s.revoked(last, s.revoke('b', time.Hour), s.revoke('c', time.Hour))
	s.revoked(last)
	s.clock.move(2 * time.Hour)
	s.same("forgotten", must(s.store.Forget(s.Context(), s.clock.now()))(s), 3)
	s.revoked(last, s.revoke('d', time.Hour)) // the positions of the forgotten are not used again
}

func revocationRaces(s *scene) {
	const callers = 64
	var writing atomic.Int64
	writing.Store(callers)
	read := map[[32]byte]bool{}
	together(callers+1, func(i int) {
		if i < callers {
			s.revoke(byte(i), time.Hour)
			writing.Add(-1)
			return
		}
		last := int64(0)
		for end := false; !end; { // the reader; once more after the last writer
			end = writing.Load() == 0 || s.Context().Err() != nil
			page, err := s.store.Revoked(s.Context(), last)
			if err != nil {
				s.Errorf("revoked: %v", err)
			}
			for _, r := range page {
				last, read[r.Caller] = r.Position, true
			}
		}
	})
	s.same("callers", len(read), callers)
}
