package eventstoretest

import (
	"errors"
	"sync"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
)

// scene is what a case plays on.
type scene struct {
	TB
	store eventstore.Store
	open  func() eventstore.Store // another store on the same log
	work  func([]Job) []Tally
	clock *clock
}

func (s *scene) run(c testcase) {
	s.Helper()
	if c.real {
		s.clock = nil
	}
	s.store = s.open()
	defer func() {
		if err := s.store.Close(); err != nil {
			s.Errorf("close: %v", err)
		}
	}()
	c.check(s)
}

func (s *scene) settings() Settings {
	if s.clock == nil {
		return Settings{BeforeCommit: pause}
	}
	return Settings{Now: s.clock.now}
}

// commit must succeed.
func (s *scene) commit(c eventstore.Commit) eventstore.Committed {
	s.Helper()
	out, err := s.store.Commit(s.Context(), c)
	if err != nil {
		s.Fatalf("commit: %v", err)
	}
	return out
}

// refuse: a commit must fail with want, and leave the log as it was.
func (s *scene) refuse(c eventstore.Commit, want error) {
	s.Helper()
	before := s.head()
	if _, err := s.store.Commit(s.Context(), c); !errors.Is(err, want) {
		s.Errorf("commit: %v, want %v", err, want)
	}
	if after := s.head(); after != before {
		s.Errorf("the refused commit moved the head from %d to %d", before, after)
	}
}

// conflict: a commit must fail with an ErrConflict at that version.
func (s *scene) conflict(c eventstore.Commit, actual int64) {
	s.Helper()
	_, err := s.store.Commit(s.Context(), c)
	if e, ok := errors.AsType[*eventstore.ErrConflict](err); !ok || e.Actual != actual {
		s.Errorf("commit: %v, want a conflict at version %d", err, actual)
	}
}

// claimed: a commit must fail because of a holder.
func (s *scene) claimed(c eventstore.Commit, kind string, holder uuid.UUID) {
	s.Helper()
	_, err := s.store.Commit(s.Context(), c)
	if e, ok := errors.AsType[*eventstore.ErrClaimed](err); !ok || e.Kind != kind || e.Holder != holder {
		s.Errorf("commit: %v, want %s claimed by %s", err, kind, holder)
	}
}

func (s *scene) head() int64 {
	s.Helper()
	return must(s.store.Head(s.Context()))(s)
}

// must unwraps a call: must(store.Head(ctx))(s).
func must[T any](v T, err error) func(*scene) T {
	return func(s *scene) T {
		s.Helper()
		if err != nil {
			s.Fatalf("%v", err)
		}
		return v
	}
}

// same compares; empty and nil are the same to a store.
func (s *scene) same(what string, got, want any) {
	s.Helper()
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
		s.Errorf("%s (-want +got):\n%s", what, d)
	}
}

// together runs n calls at the same time.
func together(n int, f func(i int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { f(i) })
	}
	wg.Wait()
}

// clock stands still until it is moved.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock {
	return &clock{at: time.Date(2026, 3, 4, 5, 6, 7, 891011000, time.UTC)}
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) move(d time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
	return c.at
}

// customer is a new customer's id and stream.
func customer() (uuid.UUID, event.Stream) {
	id := uuid.Must(uuid.NewV7())
	return id, event.Stream{Type: "customer", ID: id}
}
