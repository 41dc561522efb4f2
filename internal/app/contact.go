package app

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/contact"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/journal"
)

// DecideContact answers whether a customer may be contacted. It shows nothing
// of a person but that, so that notifications and marketing may ask; that they
// asked is on record.
func (a *App) DecideContact(ctx context.Context, c Call, id uuid.UUID, q contact.Question) (contact.Decision, error) {
	mask, err := a.allow(ctx, &c, authz.DecideContact, id)
	if err != nil {
		return contact.Decision{}, err
	}
	if err := a.askable(&q); err != nil {
		return contact.Decision{}, err
	}
	l, err := a.current(ctx, &c, id) // waits for the head: what was revoked before is denied
	if err != nil {
		return contact.Decision{}, err
	}
	d, err := a.decide(ctx, q, id, &l)
	if err != nil {
		return d, gone(&c, err)
	}
	traceDecision(ctx, &d)
	return d, a.audit(ctx, &c, authz.DecideContact, mask, id, &l)
}

// traceDecision puts a decision and what stood in the way on the request's span.
func traceDecision(ctx context.Context, d *contact.Decision) {
	span := trace.SpanFromContext(ctx)
	if !span.IsRecording() {
		return
	}
	var codes []string
	for _, r := range d.Reasons {
		if r.Outcome != contact.Allow {
			codes = append(codes, r.Code)
		}
	}
	span.SetAttributes(attribute.String("contact.decision", string(d.Outcome)), attribute.StringSlice("contact.codes", codes))
}

// decide asks the rules about one customer, as of the last WaitHead.
func (a *App) decide(ctx context.Context, q contact.Question, id uuid.UUID, l *journal.Loaded[customer.State]) (contact.Decision, error) {
	consents, err := a.Model.Consents(ctx, id)
	if err != nil {
		return contact.Decision{}, err
	}
	messages, err := a.Model.Messages(ctx, id)
	if err != nil {
		return contact.Decision{}, err
	}
	now := consents.State.Latest()
	if sent := messages.State.Latest(); sent.After(now) {
		now = sent
	}
	if now = a.now(now); q.At.Before(now) { // what was revoked is not allowed for a time before that
		q.At = now
	}
	rules := contact.Rules{Purposes: a.Purposes, Preferences: a.Preferred}
	d := rules.Decide(q, &contact.Customer{State: l.State, Version: l.Version, Consents: consents.State, Messages: messages.State, Told: messages.Version})
	a.Decided(&d)
	return d, nil
}

// askable refuses what is no question.
func (a *App) askable(q *contact.Question) error {
	var fields []fault.Field
	if !slices.Contains(customer.Channels(), q.Channel) {
		fields = append(fields, fault.Field{Pointer: "/channel", Code: "invalid_channel", Msg: "a channel is email, sms, push or mail"})
	}
	if (q.Purpose == "") == (q.Topic == "") {
		fields = append(fields, fault.Field{Code: "one_of", Msg: "give a purpose or a topic"})
	}
	if q.Topic != "" && a.Preferred.Topic(q.Topic) == nil {
		fields = append(fields, fault.Field{Pointer: "/topic", Code: "unknown_topic", Msg: "there is no such topic"})
	}
	if q.Purpose != "" && a.Purposes.Find(q.Purpose) == nil {
		fields = append(fields, fault.Field{Pointer: "/purpose", Code: "unknown_purpose", Msg: "there is no such purpose"})
	}
	if q.At.After(a.Clock().Add(furthest)) {
		fields = append(fields, fault.Field{Pointer: "/at", Code: "too_far_ahead", Msg: "at most a year ahead"})
	}
	if len(fields) > 0 {
		return fault.ErrInvalid.At(fields...)
	}
	return nil
}

// furthest is how far ahead a question may look.
const furthest = 366 * 24 * time.Hour
