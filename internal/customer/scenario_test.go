package customer

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/fault"
)

// now is the time of every command in these tests.
var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// scenario is one rule: given these facts, when this is asked, then these
// facts follow, or this refusal.
type scenario struct {
	name     string
	given    []Event
	when     Command
	then     []Event
	refused  *fault.Error
	pointers []string // of the refusal, in order
}

func run(t *testing.T, scenarios []scenario) {
	t.Helper()
	for _, sc := range scenarios {
		t.Run(sc.name, func(t *testing.T) {
			got, err := sc.when.Decide(given(sc.given...))
			if diff := cmp.Diff(sc.then, got); diff != "" {
				t.Errorf("facts (-want +got):\n%s", diff)
			}
			if (sc.refused == nil) != (err == nil) || sc.refused != nil && !errors.Is(err, sc.refused) {
				t.Fatalf("refused with %v, want %v", err, sc.refused)
			}
			var pointers []string
			for _, f := range fault.From(err).Fields {
				pointers = append(pointers, f.Pointer+" "+f.Code)
			}
			if err != nil && sc.pointers != nil {
				if diff := cmp.Diff(sc.pointers, pointers); diff != "" {
					t.Errorf("pointers (-want +got):\n%s", diff)
				}
			}
		})
	}
}

// given folds facts, an hour before now, recorded by the system.
func given(events ...Event) *State {
	s := new(State)
	for _, e := range events {
		evolve(s, e, event.Envelope{OccurredAt: now.Add(-time.Hour), Actor: event.ActorSystem})
	}
	return s
}

func ptr[T any](v T) *T { return &v }

var (
	ada    = Registered{Type: Individual, Name: Name{Given: "Ada"}, Email: "ada@example.com"}
	policy = DefaultPolicy()
)
