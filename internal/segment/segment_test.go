package segment

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/fault"
)

var now = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

func fold(events ...Event) *State {
	s := new(State)
	for i, e := range events {
		e.evolve(s, event.Envelope{OccurredAt: now.Add(time.Duration(i) * time.Hour)})
	}
	return s
}

var (
	rule    = `customer.country == "DE"`
	other   = `customer.country == "AT"`
	vip     = Created{Key: "vip", Type: Static, Name: "VIP"}
	germans = Created{Key: "de", Type: Dynamic, Name: "Germans", Criteria: rule}
	applied = Recalculated{Key: "de", Version: 1, Members: 10, Entered: 10}
	changed = CriteriaChanged{Key: "de", Version: 2, Criteria: other}
)

func word(s string) *string { return &s }

func TestDecisions(t *testing.T) {
	for _, tc := range []struct {
		name  string
		given []Event
		when  interface {
			Decide(*State) ([]Event, error)
		}
		then    []Event
		refused string // code, or pointer and code of the first field
	}{
		{"one by hand", nil, Create{Key: "vip", Name: " VIP ", Type: Static}, []Event{vip}, ""},
		{"one by a rule", nil, Create{Key: "de", Name: "Germans", Type: Dynamic, Criteria: rule}, []Event{germans}, ""},
		{"a key with capitals", nil, Create{Key: "VIP", Name: "VIP", Type: Static}, nil, "/key invalid_key"},
		{"no key", nil, Create{Name: "VIP", Type: Static}, nil, "/key invalid_key"},
		{"a key that ends in a dash", nil, Create{Key: "vip-", Name: "VIP", Type: Static}, nil, "/key invalid_key"},
		{"no name", nil, Create{Key: "vip", Type: Static}, nil, "/name required"},
		{"no type", nil, Create{Key: "vip", Name: "VIP"}, nil, "/type invalid_type"},
		{"by hand with a rule", nil, Create{Key: "vip", Name: "VIP", Type: Static, Criteria: rule}, nil, "/criteria not_dynamic"},
		{"by a rule without one", nil, Create{Key: "vip", Name: "VIP", Type: Dynamic}, nil, "/criteria required"},

		{"another name", []Event{vip}, Describe{Name: word("Best")}, []Event{Described{Name: word("Best")}}, ""},
		{"the same name", []Event{vip}, Describe{Name: word("VIP ")}, nil, ""},
		{"no name any more", []Event{vip}, Describe{Name: word(" ")}, nil, "/name required"},
		{"of none", nil, Describe{Name: word("Best")}, nil, "not_found"},

		{"another rule", []Event{germans, applied}, ChangeCriteria{Criteria: other}, []Event{changed}, ""},
		{"the same rule", []Event{germans, applied}, ChangeCriteria{Criteria: rule}, nil, ""},
		{"before the first is calculated", []Event{germans}, ChangeCriteria{Criteria: other}, nil, "segment_calculating"},
		{"back to the first", []Event{germans, applied, changed, Recalculated{Key: "de", Version: 2}}, ChangeCriteria{RollBackTo: 1},
			[]Event{CriteriaChanged{Key: "de", Version: 3, RolledBackTo: 1, Criteria: rule}}, ""},
		{"back to one that never was", []Event{germans, applied}, ChangeCriteria{RollBackTo: 2}, nil, "/rollBackTo unknown_version"},
		{"of one by hand", []Event{vip}, ChangeCriteria{Criteria: rule}, nil, "/criteria not_dynamic"},

		{"a plan", []Event{germans}, Plan{1, 10, 0}, []Event{RecalculationPlanned{"de", 1, 10, 0}}, ""},
		{"the same plan", []Event{germans, RecalculationPlanned{"de", 1, 10, 0}}, Plan{1, 10, 0}, nil, ""},
		{"a plan for what holds already", []Event{germans, applied}, Plan{1, 10, 0}, nil, ""},
		{"it is calculated", []Event{germans}, Apply{1, 10, 10, 0}, []Event{applied}, ""},
		{"of an older version", []Event{germans, applied, changed}, Apply{1, 10, 10, 0}, nil, ""},
		{"somebody came", []Event{vip}, Measure{1, 1, 0}, []Event{Measured{"vip", 1, 1, 0}}, ""},
		{"nobody came", []Event{vip}, Measure{1, 0, 0}, nil, ""},
		{"it ends", []Event{vip}, Delete{}, []Event{Deleted{"vip"}}, ""},
		{"it ended", []Event{vip, Deleted{"vip"}}, Delete{}, nil, "not_found"},
		{"a new name for one that ended", []Event{vip, Deleted{"vip"}}, Describe{Name: word("Best")}, nil, "not_found"},
	} {
		s := fold(tc.given...)
		got, err := tc.when.Decide(s)
		if d := cmp.Diff(tc.then, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, d)
		}
		if code := refusal(err); code != tc.refused {
			t.Errorf("%s: refused as %q, not %q", tc.name, code, tc.refused)
		}
		if d := cmp.Diff(fold(tc.given...), s); d != "" {
			t.Errorf("%s: deciding changed the state: %s", tc.name, d)
		}
	}
}

func refusal(err error) string {
	if err == nil {
		return ""
	}
	if f := fault.From(err); len(f.Fields) > 0 {
		return f.Fields[0].Pointer + " " + f.Fields[0].Code
	}
	return fault.CodeOf(err)
}

// Readers see the version before until the new one is calculated.
func TestReadersSeeOldOrNew(t *testing.T) {
	for _, tc := range []struct {
		given       []Event
		seen        string
		calculating bool
	}{
		{[]Event{germans}, "", true},
		{[]Event{germans, applied}, rule, false},
		{[]Event{germans, applied, changed}, rule, true},
		{[]Event{germans, applied, changed, RecalculationPlanned{"de", 2, 1, 2}}, rule, true},
		{[]Event{germans, applied, changed, Recalculated{Key: "de", Version: 2}}, other, false},
		{[]Event{vip}, "", false},
	} {
		if s := fold(tc.given...); s.Seen() != tc.seen || s.Calculating() != tc.calculating {
			t.Errorf("%v: %q, %v", tc.given, s.Seen(), s.Calculating())
		}
	}
}

func TestTheKeyIsFreeAgainOnceTheSegmentIsGone(t *testing.T) {
	if got := Claims(fold(vip)); len(got) != 1 || got[0].Value != "vip" || !got[0].Exclusive {
		t.Errorf("%v", got)
	}
	if got := Claims(fold(vip, Deleted{"vip"})); len(got) != 0 {
		t.Errorf("%v", got)
	}
}

// The state before stays what it was: readers share it.
func TestTheStateBeforeIsLeftAlone(t *testing.T) {
	base := []Event{germans, applied, changed}
	for _, e := range []Event{Recalculated{Key: "de", Version: 2}, Measured{Key: "de", Members: 3}, CriteriaChanged{Key: "de", Version: 3}, Deleted{"de"}} {
		before := fold(base...)
		after := *before
		e.evolve(&after, event.Envelope{OccurredAt: now})
		e.evolve(&after, event.Envelope{OccurredAt: now.Add(time.Hour)})
		if d := cmp.Diff(fold(base...), before); d != "" {
			t.Errorf("%T: %s", e, d)
		}
	}
}

func TestTheAggregateBuilds(t *testing.T) {
	if _, err := New(); err != nil {
		t.Fatal(err)
	}
}
