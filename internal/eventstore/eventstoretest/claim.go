package eventstoretest

import (
	"bytes"
	"slices"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/eventstore"
)

var claimCases = []testcase{
	{name: "an exclusive claim has one holder", check: exclusiveClaim},
	{name: "a shared claim has many holders", check: sharedClaim},
	{name: "a released claim is free", check: releasedClaim},
	{name: "a claim moves within one commit", check: movedClaim},
	{name: "claims of another kind are other claims", check: claimKinds},
}

func exclusiveClaim(s *scene) {
	a, streamA := customer()
	b, streamB := customer()
	email := hashed("email", "x")
	s.commit(born(a, streamA, exclusive(email, a)))
	s.claimed(born(b, streamB, exclusive(email, b)), "email", a)
	s.same("head", s.head(), int64(1))
	again := one(appendTo(streamA, a, 1, 1))
	again.Add = []eventstore.Claim{exclusive(email, a), exclusive(email, a)} // one's own: nothing to do
	s.commit(again)
	s.holders(email, a)
}

// holders: Find must give exactly these.
func (s *scene) holders(h eventstore.ClaimHash, want ...uuid.UUID) {
	s.Helper()
	slices.SortFunc(want, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	s.same("holders", must(s.store.Find(s.Context(), h, 100))(s), want)
}

func sharedClaim(s *scene) {
	phone := hashed("phone", "x")
	var ids []uuid.UUID
	for range 5 {
		id := uuid.New() // random: made in another order than Find gives
		ids = append(ids, id)
		c := eventstore.Commit{Inbox: []string{id.String()}, Add: []eventstore.Claim{shared(phone, id)}}
		s.commit(c)
	}
	s.holders(phone, ids...)
	s.same("limited", must(s.store.Find(s.Context(), phone, 2))(s), ids[:2]) // holders sorted ids
	s.same("no limit", must(s.store.Find(s.Context(), phone, 0))(s), []uuid.UUID(nil))
	s.commit(eventstore.Commit{Inbox: []string{"r"}, Release: []eventstore.Claim{shared(phone, ids[2])}})
	s.holders(phone, ids[0], ids[1], ids[3], ids[4])
}

func releasedClaim(s *scene) {
	a, streamA := customer()
	b, streamB := customer()
	email := hashed("email", "x")
	s.commit(born(a, streamA, exclusive(email, a)))
	foreign := one(appendTo(streamB, b, 0, 1))
	foreign.Release = []eventstore.Claim{exclusive(email, b)} // not b's to release
	s.commit(foreign)
	s.holders(email, a)
	c := one(appendTo(streamA, a, 1, 1))
	c.Release = []eventstore.Claim{exclusive(email, a)}
	s.commit(c)
	s.holders(email)
	take := one(appendTo(streamB, b, 1, 1))
	take.Add = []eventstore.Claim{exclusive(email, b)}
	s.commit(take)
	s.holders(email, b)
}

func movedClaim(s *scene) {
	a, streamA := customer()
	b, streamB := customer()
	email := hashed("email", "x")
	s.commit(born(a, streamA, exclusive(email, a)))
	c := born(b, streamB, exclusive(email, b))
	c.Release = []eventstore.Claim{exclusive(email, a)}
	s.commit(c)
	s.holders(email, b)
	same := one(appendTo(streamB, b, 1, 1))
	same.Release, same.Add = []eventstore.Claim{exclusive(email, b)}, []eventstore.Claim{exclusive(email, b)}
	s.commit(same)
	s.holders(email, b)
}

func claimKinds(s *scene) {
	a, streamA := customer()
	b, streamB := customer()
	s.commit(born(a, streamA, exclusive(hashed("email", "x"), a), exclusive(hashed("user", "y"), a)))
	s.commit(born(b, streamB, exclusive(hashed("user", "x"), b), shared(hashed("email", "x"), b)))
	s.holders(hashed("email", "x"), a, b)
	s.holders(hashed("user", "x"), b)
	both := one(appendTo(streamA, a, 1, 1))
	both.Add = []eventstore.Claim{shared(hashed("email", "x"), a)} // beside the exclusive one
	s.commit(both)
	s.holders(hashed("email", "x"), a, b)
	c, streamC := customer()
	s.claimed(born(c, streamC, exclusive(hashed("email", "x"), c)), "email", a)
	free := one(appendTo(streamA, a, 2, 1))
	free.Release = []eventstore.Claim{shared(hashed("email", "x"), a)} // ends both
	s.commit(free)
	s.holders(hashed("email", "x"), b)
	s.commit(born(c, streamC, exclusive(hashed("email", "x"), c)))
}
