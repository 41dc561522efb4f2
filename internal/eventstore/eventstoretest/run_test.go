package eventstoretest

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/eventstore/memory"
)

// recorder is a TB that notes complaints instead of failing.
type recorder struct {
	ctx context.Context
	mu  sync.Mutex
	log []string
}

func (r *recorder) Helper()                  {}
func (r *recorder) Context() context.Context { return r.ctx }
func (r *recorder) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.log = append(r.log, fmt.Sprintf(format, args...))
}
func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}

// complaints plays a case on a store that is made of memory and a fault.
func complaints(t *testing.T, c testcase, broken func(eventstore.Store) eventstore.Store) []string {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second) // a reader may wait for what was skipped
	defer cancel()
	r := &recorder{ctx: ctx}
	s := &scene{TB: r, clock: newClock()}
	var log *memory.Store
	s.open = func() eventstore.Store {
		if log == nil { // opened again it is the same log
			log = memory.Open()
			if s.clock != nil {
				log = memory.OpenAt(s.clock.now)
			}
		}
		return broken(reopened{log})
	}
	s.work = s.goroutines
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.run(c)
	}()
	<-done
	return r.log
}

// reopened survives Close, so that memory can play a durable log.
type reopened struct{ *memory.Store }

func (reopened) Close() error { return nil }

func sound(s eventstore.Store) eventstore.Store { return s }

func TestASoundStorePassesEveryCase(t *testing.T) {
	for _, c := range cases {
		if got := complaints(t, c, sound); len(got) > 0 {
			t.Errorf("%s: %s", c.name, strings.Join(got, "\n"))
		}
	}
}

// The control of the whole suite: each fault is noticed by the cases that it
// names, and no case is without a fault that it notices.
func TestEveryCaseNoticesAFault(t *testing.T) {
	noticed := map[string]bool{}
	for _, f := range faults {
		for _, name := range f.noticedBy {
			i := -1
			for n, c := range cases {
				if c.name == name {
					i = n
				}
			}
			if i < 0 {
				t.Fatalf("no case is called %q", name)
			}
			if got := complaints(t, cases[i], f.broken); len(got) == 0 {
				t.Errorf("a store that %s passes %q", f.name, name)
			}
			noticed[name] = true
		}
	}
	for _, c := range cases {
		if !noticed[c.name] {
			t.Errorf("no fault makes %q fail", c.name)
		}
	}
}
