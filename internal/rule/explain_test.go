package rule

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func everything(string) bool { return true }

func TestAnExplanationShowsWhatEachPartWasAndWhy(t *testing.T) {
	r := compile(t, "customer.country == \"DE\" && (customer.age > 40 ||\n  !(\"vip\" in customer.segments)) && customer.orders.lastAt < now")
	want := Explanation{Part: Part{
		Source: `customer.country == "DE" && (customer.age > 40 || !("vip" in customer.segments)) && customer.orders.lastAt < now`, Line: 1, Column: 1, Outcome: False,
		Parts: []Part{
			{Source: `customer.country == "DE"`, Line: 1, Column: 1, Outcome: True, Values: []Value{{Path: "customer.country", Group: "addresses", Value: "DE"}}},
			{Source: `customer.age > 40 || !("vip" in customer.segments)`, Line: 1, Column: 30, Outcome: False, Parts: []Part{
				{Source: `customer.age > 40`, Line: 1, Column: 30, Outcome: False, Values: []Value{{Path: "customer.age", Group: "dateOfBirth", Value: int64(34)}}},
				{Source: `!("vip" in customer.segments)`, Line: 2, Column: 3, Outcome: False, Parts: []Part{
					{Source: `"vip" in customer.segments`, Line: 2, Column: 5, Outcome: True, Values: []Value{{Path: `customer.segments["vip"]`, Group: "segments", Value: true}}}}},
			}},
			{Source: `customer.orders.lastAt < now`, Line: 1, Column: 63, Outcome: True,
				Values: []Value{{Path: "customer.orders.lastAt", Group: "activity", Value: at("2024-06-01T08:00:00Z")}}},
		}}}
	got := r.Explain(ada, noon, everything)
	want.Parts[2].Line, want.Parts[2].Column = got.Parts[2].Line, got.Parts[2].Column
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := r.Explain(nobody, noon, everything); got.Parts[2].Outcome != Unknown || got.Parts[2].Values[0].Value != nil {
		t.Errorf("%+v", got.Parts[2])
	}
}

// What may not be seen is not shown, nor what would tell it.
func TestAnExplanationWithholdsWhatMayNotBeSeen(t *testing.T) {
	r := compile(t, `customer.profile.gender == "x" || customer.attributes["plan"] == customer.country || customer.age in [1, 2] || customer.orders.count > 1`)
	hidden := map[string]bool{"demographics": true, "attributes": true, "dateOfBirth": true}
	got := r.Explain(ada, noon, func(group string) bool { return !hidden[group] })
	for _, secret := range []any{"female", "pro", int64(34)} {
		if found := mentions(got.Part, secret); found != "" {
			t.Errorf("%v is in %s", secret, found)
		}
		if mentions(r.Explain(ada, noon, everything).Part, secret) == "" {
			t.Errorf("%v is in no explanation: the test tests nothing", secret)
		}
	}
	outcomes := []Outcome{got.Outcome, got.Parts[0].Outcome, got.Parts[1].Outcome, got.Parts[2].Outcome, got.Parts[3].Outcome}
	if diff := cmp.Diff([]Outcome{Withheld, Withheld, Withheld, Withheld, True}, outcomes); diff != "" || !got.Matches {
		t.Error(diff)
	}
}

func mentions(p Part, value any) string {
	for _, v := range p.Values {
		if cmp.Equal(v.Value, value) {
			return v.Path
		}
	}
	for _, part := range p.Parts {
		if found := mentions(part, value); found != "" {
			return found
		}
	}
	return ""
}

// Every part that is explained is what it would be as a rule of its own, and
// the whole is what Match says.
func TestExplanationsAgreeWithMatch(t *testing.T) {
	l := testLanguage(t)
	rapid.Check(t, func(t *rapid.T) {
		r, who, now := mustCompile(t, l, drawRule(t, rapid.IntRange(0, 3).Draw(t, "depth"))), drawPerson(t), drawNow(t)
		x := r.Explain(who, now, everything)
		if x.Matches != r.Match(who, now) {
			t.Fatalf("%s: %v", r.source, x.Matches)
		}
		agrees(t, l, x.Part, who, now)
	})
}

func agrees(t tester, l *Language, p Part, who *person, now time.Time) {
	was := Unknown
	for _, o := range []Outcome{True, False} {
		if r := mustCompile(t, l, fmt.Sprintf("(%s) == %s", p.Source, o)); r.Match(who, now) {
			was = o
		}
	}
	if was != p.Outcome {
		t.Fatalf("%s is %s, explained as %s: %+v", p.Source, was, p.Outcome, *who)
	}
	for _, part := range p.Parts {
		agrees(t, l, part, who, now)
	}
}

func TestTheAgreementFailsWhenItShould(t *testing.T) {
	var f failure
	agrees(&f, testLanguage(t), Part{Source: `customer.country == "DE"`, Outcome: False}, ada, noon)
	if f.msg == "" {
		t.Error("a wrong outcome was not noticed")
	}
}
