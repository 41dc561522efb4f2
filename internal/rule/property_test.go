package rule

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"pgregory.net/rapid"
)

// tester is what a property reports to.
type tester interface{ Fatalf(string, ...any) }

// selectsWhatMatches: Select and Match agree on everybody.
func selectsWhatMatches(t tester, r *Rule, columns Columns, all people, now time.Time) {
	found := r.Select(columns, now)
	for i, who := range all {
		if want := r.Match(who, now); found.Contains(uint32(i)) != want {
			t.Fatalf("%s at %s: Match says %v of %+v", r.source, now, want, *who)
		}
	}
	if columns.All().GetCardinality() != uint64(len(all)) {
		t.Fatalf("%s: changed the columns", r.source)
	}
}

func TestSelectAgreesWithMatch(t *testing.T) {
	l := testLanguage(t)
	rapid.Check(t, func(t *rapid.T) {
		r := mustCompile(t, l, drawRule(t, rapid.IntRange(0, 4).Draw(t, "depth")))
		var all people
		for range rapid.IntRange(1, 12).Draw(t, "people") {
			all = append(all, drawPerson(t))
		}
		selectsWhatMatches(t, r, all, all, drawNow(t))
	})
}

// What a rule matches stays so until one of its clocks strikes.
func TestNothingChangesBetweenTheClocks(t *testing.T) {
	l := testLanguage(t)
	rapid.Check(t, func(t *rapid.T) {
		r, who, now := mustCompile(t, l, drawRule(t, rapid.IntRange(0, 3).Draw(t, "depth"))), drawPerson(t), drawNow(t)
		staysUntil(t, r, r.Clocks(), who, now)
	})
}

// staysUntil asks at every instant at which a clock strikes, and just before.
func staysUntil(t tester, r *Rule, clocks []Clock, who *person, now time.Time) {
	var strikes []time.Time
	for _, c := range clocks {
		if value, ok := valueFor(c, who); ok && c.When(value).After(now) {
			strikes = append(strikes, c.When(value))
		}
	}
	strikes = append(strikes, now.AddDate(0, 0, 40))
	slices.SortFunc(strikes, time.Time.Compare)
	for _, next := range strikes {
		before := next.Add(-time.Microsecond)
		for _, between := range []time.Time{before, now.Add(next.Sub(now) / 2)} {
			if between.After(now) && between.Before(next) && r.Match(who, between) != r.Match(who, now) {
				t.Fatalf("%s: changed between %s and %s: %+v", r.source, now, between, *who)
			}
		}
		now = next
	}
}

func valueFor(c Clock, who *person) (int64, bool) {
	if c.Field().ID == Age {
		return bornOn(who)
	}
	return timeOf(who, c.Field().ID)
}

// A comparison alone changes its answer at When, and only there.
func TestAComparisonChangesAtItsTime(t *testing.T) {
	l := testLanguage(t)
	rapid.Check(t, func(t *rapid.T) {
		who := drawPerson(t)
		for _, id := range []ID{RegisteredAt, LastOrderAt, LastActivityAt} {
			who.times[id], who.bornKnown = micros(one(t, someTimes)), true
		}
		r := mustCompile(t, l, drawTimed(t))
		for _, c := range r.Clocks() {
			changesAt(t, r, c, who)
		}
	})
}

func changesAt(t tester, r *Rule, c Clock, who *person) {
	value, ok := valueFor(c, who)
	if !ok {
		return
	}
	when := c.When(value)
	if c.Passed(value, when.Add(-time.Microsecond)) || !c.Passed(value, when) {
		t.Fatalf("%s: %d is not passed at %s", r.source, value, when)
	}
	if before, after := r.Match(who, when.Add(-time.Microsecond)), r.Match(who, when); before == after {
		t.Fatalf("%s: is %v before and after %s", r.source, after, when)
	}
}

func TestACutoffNeverGoesBack(t *testing.T) {
	l := testLanguage(t)
	rapid.Check(t, func(t *rapid.T) {
		r, now := mustCompile(t, l, drawTimed(t)), drawNow(t)
		later := now.Add(time.Duration(rapid.Int64Range(0, int64(900*24*time.Hour)).Draw(t, "later")))
		for _, c := range r.Clocks() {
			if c.Cutoff(later) < c.Cutoff(now) {
				t.Fatalf("%s: the cutoff is earlier at %s than at %s", r.source, later, now)
			}
		}
	})
}

func mustCompile(t tester, l *Language, source string) *Rule {
	r, err := l.Compile(source)
	if err != nil {
		t.Fatalf("%s: %s", source, explainErr(err))
	}
	return r
}

// liar keeps one wrong answer.
type liar struct{ people }

func (l liar) Compare(id ID, op Op, value int64) *roaring.Bitmap {
	if op == Less {
		op = LessOrEqual
	}
	return l.people.Compare(id, op, value)
}

// failure takes what a property reports.
type failure struct{ msg string }

func (f *failure) Fatalf(format string, args ...any) {
	if f.msg == "" {
		f.msg = fmt.Sprintf(format, args...)
	}
}

// The properties notice what they are for.
func TestThePropertiesFailWhenTheyShould(t *testing.T) {
	who := &person{times: map[ID]int64{RegisteredAt: micros("2024-03-01T00:00:00Z")}, born: born("2004-02-29"), bornKnown: true}
	now := at("2024-03-02T00:00:00Z")
	var lie, late, early, missing failure
	r := compile(t, `customer.registeredAt < now - duration("24h")`)
	selectsWhatMatches(&lie, r, liar{people{who}}, people{who}, now)
	off := r.Clocks()[0]
	off.shift++
	changesAt(&late, r, off, who)
	off.shift -= 2
	changesAt(&early, r, off, who)
	staysUntil(&missing, compile(t, `customer.age >= 21`), nil, who, at("2025-02-20T00:00:00Z"))
	for name, f := range map[string]failure{"a lying column": lie, "a clock that is early": late, "a clock that is late": early, "a clock that is missing": missing} {
		if f.msg == "" {
			t.Errorf("%s was not noticed", name)
		}
	}
}

// Whoever may not wait is told that he did not get all.
func TestSelectGivesUpWhenItIsTold(t *testing.T) {
	r := mustCompile(t, testLanguage(t), `size(customer.tags) < 100`)
	all := people{}
	for range 3 * patience {
		all = append(all, &person{})
	}
	asked := 0
	found, whole := r.SelectUntil(all, time.Now(), func() bool { asked++; return asked > 1 })
	if whole || found.GetCardinality() == uint64(len(all)) {
		t.Errorf("whole %v after %d", whole, asked)
	}
	if found, whole := r.SelectUntil(all, time.Now(), func() bool { return false }); !whole || found.GetCardinality() != uint64(len(all)) { // control
		t.Errorf("whole %v, %d found", whole, found.GetCardinality())
	}
}
