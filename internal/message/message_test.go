package message

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/fault"
)

var now = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

func ago(d time.Duration) time.Time { return now.Add(-d) }

type done struct {
	e  Event
	at time.Time
}

func fold(s *State, acts ...done) *State {
	for i, d := range acts {
		d.e.evolve(s, event.Envelope{OccurredAt: d.at, Version: int64(i + 1)})
	}
	return s
}

func sent(id string) MessageSent {
	return MessageSent{Channel: "email", Topic: "offers", Counts: true, MessageID: id}
}

func TestReport(t *testing.T) {
	const home, other = "a@b.example", "c@d.example"
	told := Report{Channel: "email", Topic: "offers", MessageID: "1", At: now, Now: now, Counts: true, Address: home}
	with := func(change func(*Report)) Report {
		r := told
		change(&r)
		return r
	}
	caused := func(c Cause) Report {
		return with(func(r *Report) { r.Cause, r.Topic, r.MessageID = c, "", "" })
	}
	bounced := ContactSuppressed{Channel: "email", Cause: Bounced, Address: home}
	complained := ContactSuppressed{Channel: "email", Cause: Complained}
	for _, tc := range []struct {
		name    string
		given   []Event
		when    Report
		then    []Event
		refused string
	}{
		{name: "sent", when: told, then: []Event{sent("1")}},
		{name: "told twice", given: []Event{sent("1")}, when: told},
		{name: "told again much later", given: []Event{sent("1"), sent("2")}, when: with(func(r *Report) { r.At = ago(time.Hour) })},
		{name: "another message", given: []Event{sent("2")}, when: told, then: []Event{sent("1")}},
		{name: "the same id through another channel", given: []Event{sent("1")}, when: with(func(r *Report) { r.Channel = "sms" }),
			then: []Event{MessageSent{"sms", "offers", "", true, "1"}}},
		{name: "too late to matter", when: with(func(r *Report) { r.At = ago(Counted + time.Second) })},
		{name: "without an id", when: with(func(r *Report) { r.MessageID = "" }), refused: "/messageId invalid_message"},
		{name: "tomorrow", when: with(func(r *Report) { r.At = now.Add(time.Second) }), refused: "/at in_the_future"},
		{name: "an unknown event", when: caused("none"), refused: "/event invalid_event"},
		{name: "bounced", when: caused(Bounced), then: []Event{bounced}},
		{name: "bounced again", given: []Event{bounced}, when: caused(Bounced)},
		{name: "the next address bounces, too", given: []Event{bounced}, when: with(func(r *Report) { r.Cause, r.Topic, r.MessageID, r.Address = Bounced, "", "", other }),
			then: []Event{ContactSuppressed{Channel: "email", Cause: Bounced, Address: other}}},
		{name: "complained", given: []Event{bounced}, when: caused(Complained), then: []Event{complained}},
		{name: "complained twice", given: []Event{complained}, when: caused(Complained)},
		{name: "a complaint does not hide that it bounces", given: []Event{complained}, when: caused(Bounced), then: []Event{bounced}},
		{name: "bounced where there is no address", when: with(func(r *Report) { r.Cause, r.Topic, r.MessageID, r.Address = Bounced, "", "", "" }), refused: "/channel no_address"},
		{name: "of a device", when: with(func(r *Report) {
			r.Cause, r.Channel, r.Topic, r.MessageID, r.Address, r.Unknown = Bounced, "push", "", "", "", true
		}),
			then: []Event{ContactSuppressed{Channel: "push", Cause: Bounced}}},
		{name: "by the staff", when: caused(Manual), then: []Event{ContactSuppressed{Channel: "email", Cause: Manual}}},
		{name: "after it was lifted", given: []Event{bounced, SuppressionLifted{"email"}}, when: caused(Bounced), then: []Event{bounced}},
	} {
		s := new(State)
		for i, e := range tc.given {
			fold(s, done{e, ago(time.Duration(100-i) * time.Minute)})
		}
		got, err := tc.when.Decide(s)
		if d := cmp.Diff(tc.then, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, d)
		}
		said := ""
		if err != nil {
			f := fault.From(err).Fields[0]
			said = f.Pointer + " " + f.Code
		}
		if said != tc.refused {
			t.Errorf("%s: %q", tc.name, said)
		}
	}
}

func TestLift(t *testing.T) {
	s := fold(new(State), done{ContactSuppressed{Channel: "sms", Cause: Complained}, now}, done{ContactSuppressed{Channel: "email", Cause: Bounced, Address: "x"}, now})
	if s.Stops("sms", "any") == nil || s.Stops("email", "x") == nil || s.Stops("email", "y") != nil || s.Stops("push", "") != nil {
		t.Errorf("it stops %+v", s.Suppressed)
	}
	if _, err := (Lift{"push"}).Decide(s); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("what is open was lifted: %v", err)
	}
	events, err := Lift{"sms"}.Decide(s)
	before := s.Suppressed
	if err != nil || len(events) != 1 || fold(s, done{events[0], now}).Stops("sms", "") != nil || s.Stops("email", "x") == nil {
		t.Errorf("%v %v, then %+v", events, err, s.Suppressed)
	}
	if len(before) != 2 {
		t.Error("a state that others read was changed")
	}
}

// What bounces stays known by its address, whatever else is told, and is the
// first that stops a message.
func TestSuppressionsDoNotHideEachOther(t *testing.T) {
	about := func(cause Cause, address string) done {
		return done{ContactSuppressed{Channel: "email", Cause: cause, Address: address}, now}
	}
	for name, acts := range map[string][]done{"bounced first": {about(Bounced, "x"), about(Complained, ""), about(Bounced, "y")}, "complained first": {about(Complained, ""), about(Bounced, "y"), about(Bounced, "x")}} {
		s := fold(new(State), acts...)
		for address, want := range map[string]Cause{"x": Bounced, "y": Bounced, "z": Complained} {
			if by := s.Stops("email", address); by == nil || by.Cause != want {
				t.Errorf("%s: %s is stopped by %+v", name, address, by)
			}
		}
	}
	s := new(State)
	for i := range 200 {
		fold(s, about(Bounced, fmt.Sprint(i)))
	}
	if len(s.Suppressed) != maxSuppressed || s.Stops("email", "199") == nil {
		t.Errorf("%d are kept", len(s.Suppressed))
	}
}

// What is kept is bounded, in whatever order it is told, and Nth agrees with
// counting.
func TestSendsAreKeptInOrderAndBounded(t *testing.T) {
	s := new(State)
	for i := range 3000 {
		e := sent(fmt.Sprint(i))
		e.Counts = i%3 != 0
		fold(s, done{e, ago(time.Duration(i*7919%(45*24*60)) * time.Minute)})
		if len(s.Sent) > MaxCounted {
			t.Fatalf("%d are kept", len(s.Sent))
		}
	}
	last := s.Sent[len(s.Sent)-1].At
	for i, m := range s.Sent {
		if m.At.Before(last.Add(-Counted)) || i > 0 && m.At.Before(s.Sent[i-1].At) {
			t.Fatalf("send %d of %d is at %s", i, len(s.Sent), m.At)
		}
	}
	at, n := ago(5*24*time.Hour), 0
	for i := len(s.Sent) - 1; i >= 0; i-- {
		if m := s.Sent[i]; m.Counts && !m.At.After(at) {
			n++
			if got, ok := s.Nth(n, at); !ok || !got.Equal(m.At) {
				t.Fatalf("the %d. last is at %s, expected %s", n, got, m.At)
			}
		}
	}
	if _, ok := s.Nth(n+1, at); ok || n < 100 {
		t.Errorf("there is one more than the %d there are", n)
	}
}

func TestTheAggregateBuilds(t *testing.T) {
	if _, err := New(); err != nil {
		t.Error(err)
	}
}
