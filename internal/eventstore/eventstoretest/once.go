package eventstoretest

import (
	"crypto/sha256"
	"errors"
	"net/http"
	"time"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
)

// What happens once: messages from elsewhere, and requests that are repeated.
var onceCases = []testcase{
	{name: "a message is handled once", check: inboxOnce},
	{name: "a request is replayed until it expires", check: requestReplays},
	{name: "of equal requests at the same time one takes effect", check: requestRaces},
	{name: "forget drops what is old and nothing else", check: forgets},
}

func inboxOnce(s *scene) {
	id, st := customer()
	c := one(appendTo(st, id, 0, 1))
	c.Inbox = []string{"identity/1", "identity/2"}
	s.commit(c)
	again := one(appendTo(st, id, 1, 1))
	again.Inbox = []string{"identity/3", "identity/2"}
	s.refuse(again, eventstore.ErrDuplicate)
	s.commit(eventstore.Commit{Inbox: []string{"identity/3"}}) // was not burnt; needs no effect
	s.refuse(eventstore.Commit{Inbox: []string{"identity/3"}}, eventstore.ErrDuplicate)
	s.same("head", s.head(), int64(1))
}

func request(key string, st event.Stream, expires time.Time) *eventstore.Request {
	return &eventstore.Request{Key: sha256.Sum256([]byte(key)), Hash: sha256.Sum256([]byte("asked")), Status: http.StatusCreated,
		Stream: st, Version: 1, Expires: expires}
}

// replayed: a commit must fail with that record.
func (s *scene) replayed(c eventstore.Commit, want eventstore.Request) {
	s.Helper()
	_, err := s.store.Commit(s.Context(), c)
	if e, ok := errors.AsType[*eventstore.ErrReplay](err); ok {
		s.same("replayed", e.Request, want)
	} else {
		s.Errorf("commit: %v, want a replay", err)
	}
	got := must(s.store.Replay(s.Context(), want.Key))(s)
	s.same("found", got, &want)
}

func requestReplays(s *scene) {
	id, st := customer()
	r := request("a", st, s.clock.now().Add(24*time.Hour))
	c := one(appendTo(st, id, 0, 1))
	c.Request = r
	s.same("before", must(s.store.Replay(s.Context(), r.Key))(s), (*eventstore.Request)(nil))
	s.commit(c)
	s.replayed(c, *r) // and not a conflict with itself

	reused := one(appendTo(st, id, 1, 1)) // the same key for something else
	reused.Request = request("a", st, r.Expires.Add(time.Hour))
	reused.Request.Hash = [32]byte{1}
	s.replayed(reused, *r)
	s.same("head", s.head(), int64(1))

	s.clock.move(24 * time.Hour)
	s.same("after its time", must(s.store.Replay(s.Context(), r.Key))(s), (*eventstore.Request)(nil))
	s.commit(reused)
	s.replayed(reused, *reused.Request)
	s.commit(eventstore.Commit{Request: request("b", st, r.Expires.Add(time.Hour))}) // needs no event
}

func requestRaces(s *scene) {
	const callers = 32
	_, st := customer()
	r := request("a", st, s.clock.now().Add(time.Hour))
	outcomes := make([]error, callers)
	together(callers, func(i int) {
		id, other := customer() // no conflict but the key
		c := one(appendTo(other, id, 0, 1))
		c.Request = r
		_, outcomes[i] = s.store.Commit(s.Context(), c)
	})
	won := 0
	for _, err := range outcomes {
		if err == nil {
			won++
		} else if _, ok := errors.AsType[*eventstore.ErrReplay](err); !ok {
			s.Errorf("commit: %v, want a replay", err)
		}
	}
	s.same("winners", won, 1)
	s.same("head", s.head(), int64(1))
}

func forgets(s *scene) {
	_, st := customer()
	start := s.clock.now()
	s.commit(eventstore.Commit{Inbox: []string{"old"}, Request: request("old", st, start.Add(time.Minute))})
	s.revoke('o', time.Minute)
	kept := s.revoke('n', 2*time.Hour)
	s.clock.move(time.Hour)
	s.commit(eventstore.Commit{Inbox: []string{"new"}, Request: request("new", st, start.Add(2*time.Hour))})
	s.same("nothing is older than the start", must(s.store.Forget(s.Context(), start))(s), 0)
	s.same("forgotten", must(s.store.Forget(s.Context(), start.Add(30*time.Minute)))(s), 3)
	s.same("forgotten again", must(s.store.Forget(s.Context(), start.Add(30*time.Minute)))(s), 0)
	s.revoked(0, kept)
	s.commit(eventstore.Commit{Inbox: []string{"old"}})
	s.refuse(eventstore.Commit{Inbox: []string{"new"}}, eventstore.ErrDuplicate)
	s.replayed(eventstore.Commit{Request: request("new", st, start.Add(9*time.Hour))}, *request("new", st, start.Add(2*time.Hour)))
}
