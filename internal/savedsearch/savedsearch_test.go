package savedsearch

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/fault"
)

func fold(events ...Event) *State {
	s := new(State)
	for _, e := range events {
		e.evolve(s, event.Envelope{OccurredAt: time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)})
	}
	return s
}

func TestDecisions(t *testing.T) {
	vip := Search{Name: "VIP", Filter: `"vip" in customer.tags`, Facets: []string{"country"}}
	shared := vip
	shared.Shared = true
	for _, tc := range []struct {
		name  string
		given []Event
		when  interface {
			Decide(*State) ([]Event, error)
		}
		then []Event
		code string
	}{
		{"saved", nil, Save{vip, "ada"}, []Event{Saved{vip, "ada"}}, ""},
		{"saved again", []Event{Saved{vip, "ada"}}, Save{vip, "ada"}, nil, ""},
		{"changed by another", []Event{Saved{vip, "ada"}}, Save{shared, "bob"}, []Event{Saved{shared, "ada"}}, ""},
		{"without a name", nil, Save{Search{Name: " "}, "ada"}, nil, "invalid"},
		{"with a long name", nil, Save{Search{Name: strings.Repeat("x", 101)}, "ada"}, nil, "invalid"},
		{"dropped", []Event{Saved{vip, "ada"}}, Drop{}, []Event{Dropped{}}, ""},
		{"dropped twice", []Event{Saved{vip, "ada"}, Dropped{}}, Drop{}, nil, "not_found"},
		{"changed after that", []Event{Saved{vip, "ada"}, Dropped{}}, Save{shared, "ada"}, nil, "not_found"},
		{"dropped without one", nil, Drop{}, nil, "not_found"},
	} {
		got, err := tc.when.Decide(fold(tc.given...))
		code := ""
		if err != nil {
			code = fault.CodeOf(err)
		}
		if d := cmp.Diff(tc.then, got); d != "" || code != tc.code {
			t.Errorf("%s: %q (-want +got):\n%s", tc.name, code, d)
		}
	}
}

func TestTheAggregateBuilds(t *testing.T) {
	if _, err := New(); err != nil {
		t.Fatal(err)
	}
}
