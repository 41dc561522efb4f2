package reactor_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/activity"
	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/consent"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/journal"
	"github.com/acme/customers/internal/membership"
	"github.com/acme/customers/internal/segment"
)

// person is what the streams say of a customer, read from the log and not from
// what is derived.
type person struct {
	id         uuid.UUID
	customer   *customer.State
	consents   *consent.State
	activities *activity.State
	in         *membership.State
}

func streamed[S any](d *decade, l journal.Loaded[S], err error) *S {
	d.Helper()
	if fault.CodeOf(err) == fault.ErrNotFound.Code {
		return new(S)
	}
	d.must(err)
	return l.State
}

func (f *fleet) person(id uuid.UUID) person {
	f.Helper()
	a, ctx := f.members[len(f.members)-1], f.Context()
	c, err := journal.Load(ctx, a.Journal, a.Streams.Customers, id)
	f.must(err)
	p := person{id: id, customer: c.State}
	consents, err := journal.Load(ctx, a.Journal, a.Streams.Consents, id)
	p.consents = streamed(f.decade, consents, err)
	activities, err := journal.Load(ctx, a.Journal, a.Streams.Activities, id)
	p.activities = streamed(f.decade, activities, err)
	in, err := journal.Load(ctx, a.Journal, a.Streams.Memberships, id)
	p.in = streamed(f.decade, in, err)
	return p
}

// plain are rules with what they say, written by hand.
var plain = map[string]func(p *person, now time.Time, in map[string]bool) bool{
	`"vip" in customer.tags`: func(p *person, _ time.Time, _ map[string]bool) bool { return slices.Contains(p.customer.Tags, "vip") },
	`!("vip" in customer.tags) || customer.orders.count >= 2`: func(p *person, _ time.Time, _ map[string]bool) bool {
		return !slices.Contains(p.customer.Tags, "vip") || p.activities.Orders >= 2
	},
	`customer.orders.count >= 1 && customer.consents["marketing"] == "granted"`: func(p *person, _ time.Time, _ map[string]bool) bool {
		// As of the clock on the wall: that a consent ended is an event, and nobody records it here.
		return p.activities.Orders >= 1 && p.consents.At("marketing", time.Now()).Status == consent.Granted
	},
	`now - customer.registeredAt < duration("240h")`: func(p *person, now time.Time, _ map[string]bool) bool {
		return now.Sub(p.customer.RegisteredAt) < 240*time.Hour
	},
	`now - customer.orders.lastAt >= duration("48h") && "tags" in customer.segments`: func(p *person, now time.Time, in map[string]bool) bool {
		return !p.activities.LastPurchaseAt.IsZero() && now.Sub(p.activities.LastPurchaseAt) >= 48*time.Hour && in["tags"]
	},
	`"hand" in customer.segments && !("window" in customer.segments)`: func(_ *person, _ time.Time, in map[string]bool) bool { return in["hand"] && !in["window"] },
}

// population makes segments and people.
func (f *fleet) population(n int) (ids []uuid.UUID) {
	f.Helper()
	a := f.members[0]
	for _, s := range []segment.Create{{Key: "hand", Type: segment.Static}, {Key: "tags", Criteria: `"vip" in customer.tags`}, {Key: "bought", Criteria: `customer.orders.count >= 1 && customer.consents["marketing"] == "granted"`},
		{Key: "window", Criteria: `now - customer.registeredAt < duration("240h")`}, {Key: "lapsed", Criteria: `now - customer.orders.lastAt >= duration("48h") && "tags" in customer.segments`},
		{Key: "others", Criteria: `"hand" in customer.segments && !("window" in customer.segments)`}, {Key: "gone", Criteria: `"vip" in customer.tags`}} {
		s.Name = s.Key
		if s.Type == "" {
			s.Type = segment.Dynamic
		}
		_, err := a.CreateSegment(f.Context(), grown, s)
		f.must(err)
	}
	for range n {
		ids = append(ids, f.join())
	}
	return ids
}

func (f *fleet) join() uuid.UUID {
	f.Helper()
	tags := []string{"vip"}[:rand.IntN(2)]
	v, err := f.any().Register(f.Context(), grown, customer.Register{Email: uuid.NewString() + "@example.test", Tags: tags})
	f.must(err)
	return v.ID
}

// happens does something to somebody, to a rule or to the clock, at any instance.
func (f *fleet) happens(id uuid.UUID) {
	f.Helper()
	a, ctx := f.any(), f.Context()
	var err error
	switch rand.IntN(8) {
	case 0, 1:
		tags := []string{"vip"}[:rand.IntN(2)]
		_, err = a.Patch(ctx, grown, id, app.Details{Tags: &tags})
	case 2, 3:
		did := app.Did{Source: "orders", Customer: id, Record: activity.Record{ID: uuid.NewString(), Type: activity.OrderCompleted, At: f.clock().Add(-time.Duration(rand.IntN(72)) * time.Hour)}}
		app.Tell(&did, fmt.Appendf(nil, `{"orderId":%q,"total":{"amount":"1.00","currency":"EUR"}}`, did.Record.ID))
		err = a.RecordActivity(ctx, grown, did)
	case 4:
		kind := map[bool]consent.Status{true: consent.Granted, false: consent.Revoked}[rand.IntN(2) == 0]
		action := map[consent.Status]authz.Action{consent.Granted: authz.GrantConsent, consent.Revoked: authz.RevokeConsent}[kind]
		_, err = a.RecordConsent(ctx, grown, action, id, consent.Record{Kind: kind, Source: "web", Evidence: consent.Evidence{Purpose: "marketing"}})
	case 5:
		err = a.ChangeMember(ctx, grown, "hand", id, rand.IntN(2) == 0)
	case 6:
		rule := []string{`"vip" in customer.tags`, `!("vip" in customer.tags) || customer.orders.count >= 2`}[rand.IntN(2)]
		_, err = a.PatchSegment(ctx, grown, "tags", app.SegmentChange{Criteria: &rule})
	default:
		f.setClock(f.clock().Add(time.Duration(rand.IntN(48)) * time.Hour))
	}
	if code := fault.CodeOf(err); err != nil && code != fault.ErrTransition.Code && code != fault.ErrSegmentBusy.Code {
		f.must(err)
	}
}
