package membership

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/event"
)

var (
	now = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	vip = uuid.UUID{1}
	id  = vip.String()
)

func fold(events ...Event) *State {
	s := new(State)
	for i, e := range events {
		e.evolve(s, event.Envelope{OccurredAt: now.Add(time.Duration(i) * time.Hour)})
	}
	return s
}

func in(version int) Event  { return Assigned{id, "vip", version, ByRule} }
func out(version int) Event { return Removed{id, "vip", version, ByRule} }

func TestDecisions(t *testing.T) {
	for _, tc := range []struct {
		name  string
		given []Event
		when  Changes
		then  []Event
	}{
		{"in", nil, Changes{{vip, "vip", 1, true, ByRule}}, []Event{in(1)}},
		{"in again", []Event{in(1)}, Changes{{vip, "vip", 1, true, ByRule}}, nil},
		{"in by a newer version", []Event{in(1)}, Changes{{vip, "vip", 2, true, ByRule}}, nil},
		{"out", []Event{in(1)}, Changes{{vip, "vip", 1, false, ByRule}}, []Event{out(1)}},
		{"out without being in", nil, Changes{{vip, "vip", 1, false, ByRule}}, nil},
		{"out by an older version", []Event{in(2)}, Changes{{vip, "vip", 1, false, ByRule}}, nil},
		{"several", nil, Changes{{vip, "vip", 1, true, ByHand}, {uuid.UUID{2}, "b", 1, true, ByRule}},
			[]Event{Assigned{id, "vip", 1, ByHand}, Assigned{uuid.UUID{2}.String(), "b", 1, ByRule}}},
	} {
		got, err := tc.when.Decide(fold(tc.given...))
		if d := cmp.Diff(tc.then, got); err != nil || d != "" {
			t.Errorf("%s: %v (-want +got):\n%s", tc.name, err, d)
		}
	}
}

func TestReadersSeeTheVersionThatIsApplied(t *testing.T) {
	for _, tc := range []struct {
		name    string
		given   []Event
		applied int
		member  bool
	}{
		{"before the first is applied", []Event{in(1)}, 0, false},
		{"by the first", []Event{in(1)}, 1, true},
		{"left by the next, which is not applied", []Event{in(1), out(2)}, 1, true},
		{"left by the next, which is", []Event{in(1), out(2)}, 2, false},
		{"left and back by the next", []Event{in(1), out(2), in(2)}, 1, true},
		{"in by the next only", []Event{in(2)}, 1, false},
		{"untouched by the next", []Event{in(1)}, 2, true},
		{"left by the first, in by the second, left by the third", []Event{in(1), out(1), in(2), out(3)}, 2, true},
	} {
		standing := fold(tc.given...).Segments[id]
		if got := standing.At(tc.applied); got.Member != tc.member {
			t.Errorf("%s: %v", tc.name, got)
		}
	}
}

// However rules change and customers come and go: who sees a version sees what
// its events and those before it said, and nothing of the next.
func TestAVersionShowsNothingOfTheNext(t *testing.T) {
	for range 2000 {
		var events []Event
		seen := map[int]bool{} // by version: the last word of it and those before
		version := 1
		for range rand.IntN(12) {
			if rand.IntN(4) == 0 {
				seen[version+1] = seen[version]
				version++
			}
			member := rand.IntN(2) == 0
			change := Changes{{vip, "vip", version, member, ByRule}}
			more, _ := change.Decide(fold(events...))
			events = append(events, more...)
			seen[version] = member
		}
		standing := fold(events...).Segments[id]
		if got := standing.At(version).Member; got != seen[version] {
			t.Fatalf("%v: version %d shows %v", events, version, got)
		}
		if got := standing.At(version - 1).Member; got != seen[version-1] {
			t.Fatalf("%v: version %d shows %v", events, version-1, got)
		}
	}
}

// The state before stays what it was: readers share it.
func TestTheStateBeforeIsLeftAlone(t *testing.T) {
	before := fold(in(1))
	after := *before
	out(2).evolve(&after, event.Envelope{})
	if d := cmp.Diff(fold(in(1)), before); d != "" {
		t.Error(d)
	}
}

func TestTheAggregateBuilds(t *testing.T) {
	if _, err := New(); err != nil {
		t.Fatal(err)
	}
}
