package app

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/consent"
	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/fault"
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
		at = a.Clock()
	}
	out := make([]ConsentView, len(a.Purposes))
	for i := range a.Purposes {
		out[i] = a.consentView(&a.Purposes[i], l.State.At(a.Purposes[i].Name, at), l.Position)
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

func (a *App) consentView(p *consent.Purpose, st consent.Standing, position int64) ConsentView {
	return ConsentView{Standing: st, Basis: p.Basis, Sufficient: st.Status == consent.Granted && p.Sufficient(st.Act.Notice), Position: position}
}

// RecordConsent records what a customer did about a purpose: action says what.
func (a *App) RecordConsent(ctx context.Context, c Call, action authz.Action, id uuid.UUID, r consent.Record) (ConsentView, error) {
	mask, err := a.allow(ctx, &c, action, id)
	if err != nil {
		return ConsentView{}, err
	}
	customer, err := a.current(ctx, &c, id) // who is not there cannot consent
	if err != nil {
		return ConsentView{}, err
	}
	meta := a.meta(&c)
	r.Now, r.Purposes = meta.At, a.Purposes
	if r.At = r.At.UTC().Truncate(time.Microsecond); r.At.IsZero() {
		r.At = meta.At
	}
	meta.At, meta.Source = r.At, r.Source
	recorded := 0 // nothing, when it was said before
	decide := func(s *consent.State) ([]consent.Event, error) {
		events, err := r.Decide(s)
		recorded = len(events)
		return events, err
	}
	out, err := join(ctx, a, &c, a.Streams.Consents, journal.Command[consent.State, consent.Event]{ID: id, Meta: meta, Decide: decide})
	if err != nil {
		return ConsentView{}, err
	}
	a.Model.PutConsents(id, out)
	if recorded > 0 {
		a.Acted(r.Evidence.Purpose, r.Kind)
	}
	p := a.Purposes.Find(r.Evidence.Purpose)
	return a.consentView(p, out.State.At(p.Name, meta.At), out.Position), a.audit(ctx, &c, action, mask, id, &customer)
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
