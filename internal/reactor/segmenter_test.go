package reactor_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/activity"
	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/consent"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/index"
	"github.com/acme/customers/internal/reactor"
	"github.com/acme/customers/internal/roster"
	"github.com/acme/customers/internal/segment"
)

// segmented is an installation with its segmenter, which works when it is told to.
type segmented struct {
	*decade
	*program
	*reactor.Segmenter
	ids []uuid.UUID
}

func newSegmented(t *testing.T) *segmented {
	d := newDecade(t)
	s := &segmented{decade: d, program: d.start("one")}
	s.Segmenter = s.segmenter(d.clock)
	return s
}

// segmenter is a new one, as after a restart.
func (s *segmented) segmenter(clock func() time.Time) *reactor.Segmenter {
	return &reactor.Segmenter{Segments: s.model.Segments(), Roster: s.model.Roster, Compile: s.App.Language.Compile, Record: s.App, Ready: s.model.Loaded(),
		CaughtUp: func(ctx context.Context) error { return s.model.WaitHead(ctx, index.Freshness{}) },
		Mine:     func(context.Context) (bool, error) { return true, nil }, Clock: clock, Log: slog.New(slog.DiscardHandler)}
}

// settle has it work until nothing is left to do.
func (s *segmented) settle() {
	s.Helper()
	for {
		before, err := s.store.Head(s.decade.Context())
		s.must(err)
		more, err := s.Segmenter.Round(s.decade.Context())
		s.must(err)
		after, err := s.store.Head(s.decade.Context())
		s.must(err)
		if !more && before == after {
			return
		}
	}
}

// differs lists the segments whose members are not those whom the rule selects.
func (s *segmented) differs() (which []string) {
	s.Helper()
	s.must(s.model.WaitHead(s.decade.Context(), index.Freshness{}))
	for _, d := range s.model.Segments().All(false) {
		if d.State.Type != segment.Dynamic {
			continue
		}
		r, err := s.App.Language.Compile(d.State.Seen())
		s.must(err)
		want, got := s.model.Roster().Select(r, s.clock()), s.model.Roster().Members(d.ID, roster.Seen)
		if !want.Equals(got) {
			which = append(which, fmt.Sprintf("%s at %s: %d by the rule, %d members, %d differ", d.State.Seen(), s.clock(), want.GetCardinality(), got.GetCardinality(), roaring.Xor(want, got).GetCardinality()))
		}
	}
	return which
}

var rules = []string{
	`customer.country == "DE"`, `"vip" in customer.tags`, `customer.orders.count >= 2`, `customer.orders.total["EUR"] > 50.0`,
	`now - customer.lastActivityAt < duration("720h")`, `now - customer.lastActivityAt >= duration("2160h") && customer.status != "archived"`,
	`customer.registeredAt > startOfMonth(now)`, `customer.age >= 18`, `customer.consents["marketing"] == "granted"`,
	`"a" in customer.segments && !("hand" in customer.segments)`, `!(now - customer.orders.lastAt < duration("24h"))`, `"b" in customer.segments || customer.age < 30`,
}

func (s *segmented) create(key, criteria string) {
	s.Helper()
	in := segment.Create{Key: key, Name: key, Type: segment.Dynamic, Criteria: criteria}
	if criteria == "" {
		in.Type = segment.Static
	}
	_, err := s.CreateSegment(s.decade.Context(), grown, in)
	s.must(err)
}

// grown is an admin who may see dates of birth.
var grown = app.Call{Source: "api", Caller: authz.Principal{Subject: "test:admin", Role: authz.RoleAdmin, Scopes: []string{authz.ScopeDateOfBirth}}}

// step does something to somebody, to a rule, or to the clock.
func (s *segmented) step() {
	s.Helper()
	if len(s.ids) == 0 || rand.IntN(6) == 0 {
		s.join()
		return
	}
	id := s.ids[rand.IntN(len(s.ids))]
	ctx := s.decade.Context()
	switch rand.IntN(8) {
	case 0:
		tags := []string{"vip"}[:rand.IntN(2)]
		_, err := s.Patch(ctx, grown, id, app.Details{Tags: &tags})
		s.must(err)
	case 1, 2:
		at := s.clock().Add(-time.Duration(rand.IntN(100*24)) * time.Hour)
		did := app.Did{Source: "orders", Customer: id, Record: activity.Record{ID: uuid.NewString(), Type: activity.OrderCompleted, At: at}}
		app.Tell(&did, fmt.Appendf(nil, `{"orderId":%q,"total":{"amount":"%d.00","currency":"EUR"}}`, did.Record.ID, rand.IntN(60)))
		s.must(s.RecordActivity(ctx, grown, did))
	case 3:
		kind := map[bool]consent.Status{true: consent.Granted, false: consent.Revoked}[rand.IntN(2) == 0]
		action := map[consent.Status]authz.Action{consent.Granted: authz.GrantConsent, consent.Revoked: authz.RevokeConsent}[kind]
		_, err := s.RecordConsent(ctx, grown, action, id, consent.Record{Kind: kind, Source: "web", Evidence: consent.Evidence{Purpose: "marketing"}})
		if err != nil && fault.CodeOf(err) != fault.ErrTransition.Code {
			s.must(err)
		}
	case 4:
		s.must(s.ChangeMember(ctx, grown, "hand", id, rand.IntN(2) == 0))
	case 5:
		rule := rules[rand.IntN(len(rules)-3)]
		_, err := s.PatchSegment(ctx, grown, fmt.Sprint("r", rand.IntN(3)), app.SegmentChange{Criteria: &rule})
		if err != nil && fault.CodeOf(err) != fault.ErrSegmentBusy.Code {
			s.must(err)
		}
	default:
		s.setClock(s.clock().Add([]time.Duration{time.Microsecond, time.Hour, 40 * 24 * time.Hour, 400 * 24 * time.Hour}[rand.IntN(4)]))
	}
}

func (s *segmented) join() {
	s.Helper()
	born := time.Date(1990+rand.IntN(30), time.Month(1+rand.IntN(12)), 1+rand.IntN(28), 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
	v, err := s.Register(s.decade.Context(), grown, customer.Register{Email: fmt.Sprintf("c%d@example.test", len(s.ids)), Profile: customer.Profile{DateOfBirth: born}})
	s.must(err)
	s.ids = append(s.ids, v.ID)
}

func (s *segmented) createAll() {
	s.Helper()
	s.create("hand", "")
	for i, key := range []string{"a", "b", "c"} {
		s.create(key, rules[i])
	}
	for i, rule := range rules[3:] {
		s.create(fmt.Sprint("r", i), rule)
	}
}

// Whatever happens to customers, rules and the clock, and whenever the instance
// that works dies: once it is done, segments have those whom their rules select.
func TestSegmentsAreThoseWhomTheirRulesSelect(t *testing.T) {
	s := newSegmented(t)
	s.createAll()
	s.settle()
	for i := range 400 {
		s.step()
		if rand.IntN(3) == 0 {
			_, err := s.Segmenter.Round(t.Context()) // and what it has not come to is left for later
			s.must(err)
		}
		if rand.IntN(40) == 0 { // it dies
			s.Segmenter = s.segmenter(s.clock)
		}
		if i%10 == 9 {
			s.settle()
			if which := s.differs(); len(which) > 0 {
				t.Fatalf("after step %d: %v", i, which)
			}
		}
	}
}

// The controls for the test above.
func TestASegmenterThatMissesSomethingIsSeen(t *testing.T) {
	for name, spoil := range map[string]func(s *segmented){
		"it does nothing": func(s *segmented) { s.Segmenter.Mine = func(context.Context) (bool, error) { return false, nil } },
		"its clock stands": func(s *segmented) {
			at := s.clock()
			s.Segmenter.Clock = func() time.Time { return at }
		},
	} {
		s := newSegmented(t)
		s.createAll()
		s.settle()
		spoil(s)
		seen := false
		for i := 0; i < 200 && !seen; i++ {
			s.step()
			if s.settle(); i%10 == 9 {
				seen = len(s.differs()) > 0
			}
		}
		if !seen {
			t.Errorf("%s: nobody noticed", name)
		}
	}
}
