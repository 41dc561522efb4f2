package consent

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/fault"
)

var now = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

func ago(d time.Duration) time.Time { return now.Add(-d) }

const day = 24 * time.Hour

var purposes = Purposes{
	{Name: "marketing", Basis: ByConsent, LifeDays: 365, Notices: []Notice{{Version: "1"}, {Version: "2"}, {Version: "3", Sufficient: true}}},
	{Name: "analytics", Basis: ByConsent, Notices: []Notice{{Version: "1"}}},
}

// done is an act that was recorded.
type done struct {
	e  Event
	at time.Time
}

func fold(acts ...done) *State {
	s := new(State)
	for i, d := range acts {
		d.e.evolve(s, event.Envelope{OccurredAt: d.at, Version: int64(i + 1), Source: "web", Actor: event.ActorCustomer})
	}
	return s
}

func marketing(notice string) Evidence { return Evidence{Purpose: "marketing", Notice: notice} }

// many are so many renewals.
func many(n int) (acts []done) {
	acts = append(acts, done{Requested{marketing("3")}, ago(20 * day)})
	for i := range n - 1 {
		acts = append(acts, done{Given{marketing("3"), time.Time{}}, ago(10 * day).Add(time.Duration(i) * time.Second)})
	}
	return acts
}

func TestRecord(t *testing.T) {
	asked := done{Requested{marketing("3")}, ago(10 * day)}
	given := done{Given{marketing("3"), now.Add(day)}, ago(9 * day)}
	over := done{Given{marketing("3"), ago(day)}, ago(9 * day)}
	revoked := done{Withdrawn{marketing("3")}, ago(8 * day)}
	denied := done{Declined{marketing("3")}, ago(9 * day)}
	record := func(kind Status) Record {
		return Record{Kind: kind, Evidence: marketing(""), At: now, Now: now, Source: "web", Purposes: purposes}
	}
	with := func(r Record, change func(*Record)) Record {
		change(&r)
		return r
	}
	yearly := Given{marketing("3"), now.Add(365 * day)}
	for _, tc := range []struct {
		name    string
		given   []done
		when    Record
		then    []Event
		refused *fault.Error
		codes   []string
	}{
		{name: "asked", when: record(Pending), then: []Event{Requested{marketing("3")}}},
		{name: "asked again", given: []done{asked}, when: record(Pending)},
		{name: "accepted", given: []done{asked}, when: record(Granted), then: []Event{yearly}},
		{name: "accepted in a form that asks", when: record(Granted), then: []Event{Requested{marketing("3")}, yearly}},
		{name: "declined in a form that asks", when: record(Denied), then: []Event{Requested{marketing("3")}, Declined{marketing("3")}}},
		{name: "declined", given: []done{asked}, when: record(Denied), then: []Event{Declined{marketing("3")}}},
		{name: "a change of mind", given: []done{asked, denied}, when: record(Granted), then: []Event{yearly}},
		{name: "withdrawn", given: []done{asked, given}, when: record(Revoked), then: []Event{Withdrawn{marketing("3")}}},
		{name: "withdrawn again", given: []done{asked, given, revoked}, when: record(Revoked)},
		{name: "consent again", given: []done{asked, given, revoked}, when: record(Granted), then: []Event{yearly}},
		{name: "renewed before its end", given: []done{asked, given}, when: record(Granted), then: []Event{yearly}},
		{name: "renewed after its end", given: []done{asked, over}, when: record(Granted), then: []Event{yearly}},
		{name: "what was never given cannot be withdrawn", when: record(Revoked), refused: fault.ErrTransition},
		{name: "what ran out cannot be withdrawn", given: []done{asked, over}, when: record(Revoked), refused: fault.ErrTransition},
		{name: "what is given cannot be declined", given: []done{asked, given}, when: record(Denied), refused: fault.ErrTransition},
		{name: "nobody is asked for what is given", given: []done{asked, given}, when: record(Pending), refused: fault.ErrTransition},
		{name: "no such purpose", when: with(record(Granted), func(r *Record) { r.Evidence.Purpose = "gossip" }), refused: fault.ErrNotFound},
		{name: "an act of long ago goes where it belongs", given: []done{asked, given}, when: with(record(Granted), func(r *Record) { r.At, r.Source, r.Evidence.Notice = ago(20*day), "import", "1" }),
			then: []Event{Requested{marketing("1")}, Given{marketing("1"), ago(20 * day).Add(365 * day)}}}, // that it was asked for again takes nothing away
		{name: "but it may not be declined after it was given", given: []done{asked, denied}, when: with(record(Granted), func(r *Record) { r.At, r.Source, r.Evidence.Notice = ago(20*day), "import", "1" }), refused: fault.ErrTransition},
		{name: "the same grant told twice", given: []done{asked, given}, when: with(record(Granted), func(r *Record) { r.At, r.ExpiresAt = ago(9*day), now.Add(day) })},
		{name: "the same moment until another end", given: []done{asked, given}, when: with(record(Granted), func(r *Record) { r.At, r.ExpiresAt = ago(9*day), now.Add(2*day) }),
			then: []Event{Given{marketing("3"), now.Add(2 * day)}}},
		{name: "told again when grants live for longer", given: []done{asked, given}, when: with(record(Granted), func(r *Record) { r.At = ago(9 * day) })},
		{name: "asked again under a new notice", given: []done{{Requested{marketing("1")}, ago(9 * day)}, {Given{marketing("1"), time.Time{}}, ago(9 * day)}}, when: record(Pending), then: []Event{Requested{marketing("3")}}},
		{name: "a time that is none", when: with(record(Granted), func(r *Record) { r.At = time.Date(1800, 1, 1, 0, 0, 0, 0, time.UTC) }), refused: fault.ErrInvalid, codes: []string{"/at not_in_our_time"}},
		{name: "an end that never comes", when: with(record(Granted), func(r *Record) { r.ExpiresAt = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC) }), refused: fault.ErrInvalid, codes: []string{"/at not_in_our_time"}},
		{name: "more than a person does", given: many(maxActs), when: record(Granted), refused: fault.ErrInvalid, codes: []string{" too_many_acts"}},
		{name: "but withdrawn it can always be", given: many(maxActs), when: record(Revoked), then: []Event{Withdrawn{marketing("3")}}},
		{name: "the same moment under another notice", given: []done{asked, given}, when: with(record(Granted), func(r *Record) { r.At, r.Evidence.Notice = ago(9*day), "2" }),
			then: []Event{Given{marketing("2"), ago(9 * day).Add(365 * day)}}},
		{name: "an import says which notice it was", when: with(record(Granted), func(r *Record) { r.Source = "import" }), refused: fault.ErrInvalid, codes: []string{"/noticeVersion missing"}},
		{name: "history that came late", given: []done{{Given{marketing("1"), time.Time{}}, ago(5 * day)}}, when: with(record(Pending), func(r *Record) { r.At = ago(6 * day) }),
			then: []Event{Requested{marketing("3")}}},
		{name: "what is wrong is told", when: with(record(Granted), func(r *Record) {
			r.Source, r.Evidence.Method, r.Evidence.Notice, r.At, r.ExpiresAt = "fax", "With Words!", "9", now.Add(time.Second), now
		}), refused: fault.ErrInvalid, codes: []string{"/at in_the_future", "/expiresAt invalid_expiry", "/method invalid_word", "/noticeVersion unknown_notice", "/source invalid_source"}},
	} {
		got, err := tc.when.Decide(fold(tc.given...))
		if d := cmp.Diff(tc.then, got); d != "" {
			t.Errorf("%s: facts (-want +got):\n%s", tc.name, d)
		}
		if (tc.refused == nil) != (err == nil) || tc.refused != nil && !errors.Is(err, tc.refused) {
			t.Errorf("%s: %v", tc.name, err)
		}
		if tc.codes != nil {
			var codes []string
			for _, f := range fault.From(err).Fields {
				codes = append(codes, f.Pointer+" "+f.Code)
			}
			if d := cmp.Diff(tc.codes, codes); d != "" {
				t.Errorf("%s: %s", tc.name, d)
			}
		}
	}
}

// anAct is a command of a random walk.
func anAct(t *rapid.T, at time.Time) Record {
	r := Record{Kind: rapid.SampledFrom([]Status{Pending, Granted, Denied, Revoked}).Draw(t, "kind"), Evidence: marketing(""), At: at, Now: now, Source: "api", Purposes: purposes}
	if r.Kind == Granted && rapid.Bool().Draw(t, "ends") {
		r.ExpiresAt = at.Add(time.Duration(rapid.IntRange(1, 1000).Draw(t, "life")) * time.Hour)
	}
	return r
}

// Whatever is recorded, in whatever order, what holds at any instant follows
// from what held before by an arrow of the diagram.
func TestRandomWalksStayInTheDiagram(t *testing.T) {
	walk := func(t *rapid.T, allowed func(from, to Status) bool) (left bool) {
		s, version := new(State), int64(0)
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			at := ago(time.Duration(rapid.IntRange(0, 3000).Draw(t, "ago")) * time.Hour)
			events, _ := anAct(t, at).Decide(s)
			for _, e := range events {
				version++
				e.evolve(s, event.Envelope{OccurredAt: at, Version: version})
			}
		}
		status := NotRequested
		for at := ago(3001 * time.Hour); !at.After(now.Add(1001 * time.Hour)); at = at.Add(time.Hour) {
			for _, step := range path(s, at, status) {
				left = left || step != status && !allowed(status, step)
				status = step
			}
		}
		return left
	}
	rapid.Check(t, func(t *rapid.T) {
		if walk(t, Allowed) {
			t.Fatal("the diagram was left")
		}
	})
	noticed := false // control: without one of the arrows, walks leave it
	rapid.Check(t, func(t *rapid.T) {
		noticed = noticed || walk(t, func(from, to Status) bool { return Allowed(from, to) && !(from == Expired && to == Granted) })
	})
	if !noticed {
		t.Error("a missing arrow is not noticed")
	}
}

// path is what held within the hour up to an instant, in order.
func path(s *State, at time.Time, before Status) (steps []Status) {
	last := before
	for _, a := range s.Acts["marketing"] {
		askedAgain := a.Kind == Pending && last != NotRequested && last != Pending
		if a.At.After(at.Add(-time.Hour)) && !a.At.After(at) && a.Kind != Expired && !askedAgain {
			steps = append(steps, a.Kind)
			last = a.Kind
		}
	}
	if end := s.At("marketing", at).Status; end != last {
		steps = append(steps, end)
	}
	return steps
}

// What holds at an instant of the acts, as was known at an instant of the
// records, against the simplest program that could be right.
func TestBothTimesAgreeWithANaiveOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var log []done
		s := new(State)
		for range rapid.IntRange(1, 25).Draw(t, "records") {
			at := ago(time.Duration(rapid.IntRange(0, 500).Draw(t, "ago")) * time.Hour)
			events, _ := anAct(t, at).Decide(s)
			for _, e := range events {
				log = append(log, done{e, at})
				e.evolve(s, event.Envelope{OccurredAt: at, Version: int64(len(log))})
			}
		}
		known := rapid.IntRange(0, len(log)).Draw(t, "known")
		at := ago(time.Duration(rapid.IntRange(-600, 501).Draw(t, "at")) * time.Hour)
		if got, want := fold(log[:known]...).At("marketing", at).Status, naive(log[:known], at); got != want {
			t.Fatalf("%s, the oracle says %s", got, want)
		}
	})
}

func naive(log []done, at time.Time) Status {
	sorted := slices.Clone(log)
	slices.SortStableFunc(sorted, func(a, b done) int { return a.at.Compare(b.at) })
	status, ends := NotRequested, time.Time{}
	for _, d := range sorted {
		if d.at.After(at) {
			break
		}
		switch e := d.e.(type) {
		case Requested:
			if status == NotRequested { // to be asked again takes nothing away
				status = Pending
			}
		case Given:
			status, ends = Granted, e.ExpiresAt
		case Declined:
			status = Denied
		case Withdrawn:
			status = Revoked
		}
	}
	if status == Granted && !ends.IsZero() && !at.Before(ends) {
		return Expired
	}
	return status
}

// Ten years of a yearly consent, across every change of the clocks.
func TestConsentsEndByThemselves(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Zurich")
	if err != nil {
		t.Fatal(err)
	}
	for year := 2020; year < 2030; year++ {
		for _, start := range []time.Time{time.Date(year, 3, 29, 1, 59, 59, 0, zone), time.Date(year, 10, 25, 2, 30, 0, 0, zone), time.Date(year, 2, 28, 23, 59, 59, 999_999_000, zone)} {
			end := start.UTC().Add(365 * day)
			s := fold(done{Requested{marketing("1")}, start.UTC()}, done{Given{marketing("1"), end}, start.UTC()})
			for _, tc := range []struct {
				at   time.Time
				want Status
			}{{end.Add(-time.Microsecond), Granted}, {end, Expired}, {end.Add(10 * 365 * day), Expired}} {
				if got := s.At("marketing", tc.at); got.Status != tc.want {
					t.Errorf("%s: %s at %s", start, got.Status, tc.at)
				}
			}
			if at := s.NextEnd(); !at.Equal(end) {
				t.Errorf("the next end is at %s", at)
			}
			events, _ := RecordEnd{"marketing", end}.Decide(s)
			if len(events) != 1 {
				t.Fatalf("%d ends are recorded", len(events))
			}
			events[0].evolve(s, event.Envelope{OccurredAt: end, Version: 3})
			if again, _ := (RecordEnd{"marketing", end}).Decide(s); again != nil || len(s.Ended(end.Add(day))) != 0 || !s.NextEnd().IsZero() {
				t.Error("an end is recorded twice")
			}
			if got := s.At("marketing", end); got.Status != Expired {
				t.Errorf("after it was recorded: %s", got.Status)
			}
		}
	}
}

// An end that passed before it was renewed is one, too; one that a renewal put
// off is none.
func TestEndsBeforeARenewalAreRecorded(t *testing.T) {
	s := fold(done{Requested{marketing("3")}, ago(50 * day)}, done{Given{marketing("3"), ago(40 * day)}, ago(50 * day)},
		done{Given{marketing("3"), ago(20 * day)}, ago(30 * day)}, done{Requested{marketing("3")}, ago(26 * day)}, done{Given{marketing("3"), ago(10 * day)}, ago(25 * day)},
		done{Given{marketing("3"), now.Add(day)}, ago(10 * day)})
	var at []time.Time
	for _, st := range s.Ended(now) {
		at = append(at, st.Since)
	}
	if d := cmp.Diff([]time.Time{ago(40 * day)}, at); d != "" {
		t.Error(d)
	}
	if got := s.NextEnd(); !got.Equal(ago(40 * day)) {
		t.Errorf("next is %s", got)
	}
	events, _ := RecordEnd{"marketing", ago(40 * day)}.Decide(s)
	if len(events) != 1 {
		t.Fatal("it is not recorded")
	}
	events[0].evolve(s, event.Envelope{OccurredAt: ago(40 * day), Version: 9})
	if again, _ := (RecordEnd{"marketing", ago(40 * day)}).Decide(s); again != nil || len(s.Ended(now)) > 0 || !s.NextEnd().Equal(now.Add(day)) {
		t.Errorf("recorded twice, or next at %s", s.NextEnd())
	}
	if got := s.At("marketing", ago(35*day)).Status; got != Expired {
		t.Errorf("then it was %s", got)
	}
}

func TestANewNoticeMayAskAgain(t *testing.T) {
	p := purposes.Find("marketing")
	for version, want := range map[string]bool{"1": false, "2": true, "3": true, "9": false} {
		if p.Sufficient(version, "") != want {
			t.Errorf("version %s: %v", version, !want)
		}
	}
}

// A notice for one country asks nobody again who lives elsewhere.
func TestANoticeIsForItsJurisdiction(t *testing.T) {
	p := &Purpose{Notices: []Notice{{Version: "1"}, {Version: "de", Jurisdiction: "DE"}}}
	for country, want := range map[string]struct {
		latest     string
		sufficient bool
	}{"DE": {"de", false}, "CH": {"1", true}, "": {"1", true}} {
		if p.Latest(country) != want.latest || p.Sufficient("1", country) != want.sufficient || !p.Sufficient("de", country) {
			t.Errorf("%q: %s, %v", country, p.Latest(country), p.Sufficient("1", country))
		}
	}
}

func TestTheAggregateBuilds(t *testing.T) {
	agg, err := New()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"ConsentGranted", "ConsentRevoked"} { // published under exactly these names
		if agg.ByName(name) == nil {
			t.Errorf("%s is not published", name)
		}
	}
	if err := DefaultPurposes().Check(); err != nil {
		t.Error(err)
	}
}
