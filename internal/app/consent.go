package app

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/consent"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/index"
	"github.com/acme/customers/internal/journal"
)

// ConsentView is what holds for one purpose.
type ConsentView struct {
	consent.Standing
	Basis      consent.Basis
	Sufficient bool // the notice that was shown is still good
	Position   int64
}

// Instants pick what is asked about: the acts up to At, as far as they were
// recorded up to Known. Zero is now.
type Instants struct{ At, Known time.Time }

// Consents gives what holds for every purpose.
func (a *App) Consents(ctx context.Context, c Call, id uuid.UUID, when Instants) ([]ConsentView, error) {
	v, err := a.get(ctx, &c, authz.ListConsents, id)
	if err != nil {
		return nil, err
	}
	if !v.Mask.Has(authz.FieldConsents) {
		return nil, fault.ErrForbidden
	}
	l, err := a.consents(ctx, id, when.Known)
	if err != nil {
		return nil, gone(&c, err)
	}
	at := when.At
	if at.IsZero() {
		at = a.now(l.State.Latest())
	}
	out := make([]ConsentView, len(a.Purposes))
	for i := range a.Purposes {
		out[i] = consentView(&a.Purposes[i], l.State.At(a.Purposes[i].Name, at), v.Customer.State.Country(), l.Position)
	}
	return out, nil
}

func (a *App) consents(ctx context.Context, id uuid.UUID, known time.Time) (journal.Loaded[consent.State], error) {
	if known.IsZero() {
		return a.Model.Consents(ctx, id)
	}
	l, err := journal.AsOf(ctx, a.Journal, a.Streams.Consents, id, known)
	if errors.Is(err, fault.ErrNotFound) { // nothing was recorded by then
		return journal.Loaded[consent.State]{State: new(consent.State)}, nil
	}
	return l, err
}

// now is this instance's clock, or the time of something that has happened,
// where the clock of the instance that recorded it is ahead of ours: what was
// acknowledged counts.
func (a *App) now(happened time.Time) time.Time {
	now := a.Clock().UTC().Truncate(time.Microsecond)
	if happened.After(now) {
		return happened
	}
	return now
}

func consentView(p *consent.Purpose, st consent.Standing, country string, position int64) ConsentView {
	return ConsentView{Standing: st, Basis: p.Basis, Sufficient: st.Status == consent.Granted && p.Sufficient(st.Act.Notice, country), Position: position}
}

// RecordConsent records what a customer did about a purpose: action says what.
// It gives what holds now.
func (a *App) RecordConsent(ctx context.Context, c Call, action authz.Action, id uuid.UUID, r consent.Record) (ConsentView, error) {
	v, _, err := a.recordConsent(ctx, c, action, id, r)
	return v, err
}

// recordConsent gives what held at the time of the act, too.
func (a *App) recordConsent(ctx context.Context, c Call, action authz.Action, id uuid.UUID, r consent.Record) (now, then ConsentView, err error) {
	mask, err := a.allow(ctx, &c, action, id)
	if err != nil {
		return now, then, err
	}
	who, err := a.current(ctx, &c, id) // who is not there cannot consent
	if err != nil {
		return now, then, err
	}
	asks := r.Kind == consent.Granted || r.Kind == consent.Pending
	if asks && who.State.Status == customer.IsClosed && r.Source != consent.Imported {
		return now, then, fault.ErrTransition
	}
	r.Purposes, r.Country = a.Purposes, who.State.Country()
	out, at, err := a.act(ctx, &c, id, r)
	if err != nil {
		return now, then, err
	}
	p := a.Purposes.Find(r.Evidence.Purpose)
	view := func(at time.Time) ConsentView {
		return consentView(p, out.State.At(p.Name, at), r.Country, out.Position)
	}
	return view(a.now(out.State.Latest())), view(at), a.audit(ctx, &c, action, mask, id, &who)
}

// act records an act, and tells its time. One that says no time is done now:
// after whatever was done before, even where another instance's clock is ahead
// of ours. So a withdrawal follows the grant that it withdraws.
func (a *App) act(ctx context.Context, c *Call, id uuid.UUID, r consent.Record) (out index.LoadedConsents, at time.Time, err error) {
	for range 3 { // between the look and the commit something later may be recorded
		before, err := a.Model.Consents(ctx, id)
		if err != nil {
			return out, at, gone(c, err)
		}
		meta := a.meta(c)
		one := r
		one.Now = a.now(before.State.Latest().Add(time.Microsecond)) // not the same instant: that would be the same act
		if one.At = r.At.UTC().Truncate(time.Microsecond); r.At.IsZero() {
			one.At = one.Now
		}
		meta.At, meta.Source = one.At, one.Source
		decided := int64(0) // the version that it was decided on
		decide := func(s *consent.State) ([]consent.Event, error) {
			events, err := one.Decide(s)
			decided = s.Recorded()
			return events, err
		}
		out, err = join(ctx, a, c, a.Streams.Consents, journal.Command[consent.State, consent.Event]{ID: id, Meta: meta, Decide: decide})
		if errors.Is(err, fault.ErrTransition) && r.At.IsZero() {
			if err := a.Model.WaitHead(ctx, index.Freshness{}); err != nil {
				return out, at, err
			}
			if now, err := a.Model.Consents(ctx, id); err == nil && now.Version > before.Version {
				continue
			}
		}
		if err != nil {
			return out, at, err
		}
		a.Model.PutConsents(id, out)
		if out.State.Recorded() > decided { // it was not said before, nor asked before with the same key
			a.Acted(r.Evidence.Purpose, r.Kind)
		}
		return out, one.At, nil
	}
	return out, at, fault.ErrVersion
}

// ConsentAct is one act of a history, with when it was recorded and by whom.
type ConsentAct struct {
	event.Recorded
	Evidence consent.Evidence
}

// ConsentHistory gives every act about a purpose, in the order in which they
// were recorded.
func (a *App) ConsentHistory(ctx context.Context, c Call, id uuid.UUID, purpose string) ([]ConsentAct, authz.FieldMask, error) {
	v, err := a.get(ctx, &c, authz.GetConsentHistory, id)
	switch {
	case err != nil:
		return nil, 0, err
	case !v.Mask.Has(authz.FieldConsents):
		return nil, 0, fault.ErrForbidden
	case a.Purposes.Find(purpose) == nil:
		return nil, 0, fault.ErrNotFound
	}
	var acts []ConsentAct
	err = journal.Replay(ctx, a.Journal, a.Streams.Consents, id, func(s journal.Step[consent.State]) bool {
		if e := consent.EvidenceOf(s.Event); e.Purpose == purpose {
			acts = append(acts, ConsentAct{s.Recorded, e})
		}
		return true
	})
	return acts, v.Mask, gone(&c, err)
}

// ListPurposes gives the configured purposes.
func (a *App) ListPurposes(_ context.Context, c Call) (consent.Purposes, error) {
	if _, err := a.allowAny(&c, authz.ListPurposes); err != nil {
		return nil, err
	}
	return a.Purposes, nil
}
