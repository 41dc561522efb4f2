package app

import (
	"testing"

	"github.com/acme/customers/internal/activity"
	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/streams"
)

func TestSignificanceIsTheFirstRuleThatFits(t *testing.T) {
	kinds, err := streams.New()
	if err != nil {
		t.Fatal(err)
	}
	rules, err := ParseSignificance([]byte(`[
		{"type":"ActivityRecorded","source":"loyalty","fields":{"kind":"TierReached"},"significant":true},
		{"source":"loyalty","significant":false},
		{"kind":"note","significant":true},
		{"type":"PurchaseRecorded","actor":"customer","significant":false}]`), kinds.All())
	if err != nil {
		t.Fatal(err)
	}
	record := func(kind, typ, source string, actor event.ActorKind, notable bool) eventstore.Record {
		return eventstore.Record{Envelope: event.Envelope{Stream: event.Stream{Type: kind}, Type: typ, Source: source, Actor: actor, Notable: notable}}
	}
	def := func(name string) *event.Definition {
		for _, d := range kinds.Definitions() {
			if d.Name == name {
				return &d
			}
		}
		t.Fatalf("no event %s", name)
		return nil
	}
	for name, c := range map[string]struct {
		rec        eventstore.Record
		event      any
		want, sure bool
	}{
		"a field that fits":            {record("activity", "ActivityRecorded", "loyalty", "service", false), activity.Recorded{Kind: "TierReached"}, true, false},
		"another value, the next rule": {record("activity", "ActivityRecorded", "loyalty", "service", true), activity.Recorded{Kind: "PointsEarned"}, false, false},
		"of the source":                {record("activity", "PurchaseRecorded", "loyalty", "service", true), activity.Purchased{}, false, true},
		"of the kind":                  {record("note", "NoteAdded", "api", "support", false), nil, true, true},
		"of who did it":                {record("activity", "PurchaseRecorded", "orders", "customer", true), activity.Purchased{}, false, true},
		"no rule: the catalogue":       {record("activity", "PurchaseRecorded", "orders", "service", true), activity.Purchased{}, true, true},
		"no rule: routine":             {record("activity", "ActivityRecorded", "orders", "service", false), activity.Recorded{Kind: "TierReached"}, false, true},
	} {
		if got := rules.of(&c.rec, def(c.rec.Type), c.event); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
		if never := rules.never(&c.rec); never != (c.sure && !c.want) {
			t.Errorf("%s: never is %v", name, never)
		}
	}
	for _, bad := range []string{`{}`, `[{"sort":"x"}]`, `[] []`, `[{"type":"PurchaseMade"}]`, `[{"kind":"order"}]`, `[{"kind":"note","type":"PurchaseRecorded"}]`,
		`[{"type":"PurchaseRecorded"}]`,                                              // says nothing
		`[{"type":"PurchaseRecorded","significant":true,"fields":{"amount":"1"}}]`} { // amounts are personal
		if _, err := ParseSignificance([]byte(bad), kinds.All()); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
}
