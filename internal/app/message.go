package app

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/contact"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/journal"
	"github.com/acme/customers/internal/message"
)

// ReportMessage records what became of a message that another service sent.
// It shows nothing of the customer. The position is what reads elsewhere wait for.
func (a *App) ReportMessage(ctx context.Context, c Call, id uuid.UUID, r message.Report) (position int64, err error) {
	if _, err := a.allow(ctx, &c, authz.ReportMessage, id); err != nil {
		return 0, err
	}
	if err := a.Model.WaitHead(ctx, c.Fresh); err != nil {
		return 0, err
	}
	return a.report(ctx, &c, id, r)
}

// clockSkew is how much the clocks of others may be ahead.
const clockSkew = time.Minute

// report counts from its acknowledgement on in every decision on every
// instance.
func (a *App) report(ctx context.Context, c *Call, id uuid.UUID, r message.Report) (int64, error) {
	meta := a.meta(c)
	r.Now = meta.At
	if r.At = r.At.UTC().Truncate(time.Microsecond); r.At.IsZero() {
		r.At = meta.At
	}
	if late := r.At.Sub(r.Now); late > 0 && late < clockSkew {
		r.At = r.Now // the sender's clock is ahead of ours
	}
	if err := a.reportable(&r); err != nil {
		return 0, err
	}
	who, err := a.Model.Get(ctx, id)
	if err != nil {
		return 0, gone(c, err)
	}
	if r.Cause == message.Bounced && r.At.Before(meta.At) { // what is the address now may be another
		who, err = journal.AsOf(ctx, a.Journal, a.Streams.Customers, id, r.At)
		if errors.Is(err, fault.ErrNotFound) {
			err = fault.ErrInvalid.At(fault.Field{Pointer: "/at", Code: "before_the_customer", Msg: "there was no customer then"})
		}
		if err != nil {
			return 0, gone(c, err)
		}
	}
	r.Address = who.State.Reaches(r.Channel)
	meta.At = r.At
	out, err := join(ctx, a, c, a.Streams.Messages, journal.Command[message.State, message.Event]{ID: id, Meta: meta, Decide: r.Decide})
	if err != nil {
		return 0, err
	}
	a.Model.PutMessages(id, out)
	return out.Position, nil
}

// reportable refuses channels, topics and purposes that are none, and tells
// whether the message counts.
func (a *App) reportable(r *message.Report) error {
	t := a.Preferred.Topic(r.Topic)
	r.Counts, r.Unknown = t == nil || !t.Mandatory, r.Channel == customer.PushChannel
	if r.Cause == "" || r.Topic+r.Purpose != "" {
		return a.askable(&contact.Question{Channel: r.Channel, Purpose: r.Purpose, Topic: r.Topic, At: r.At})
	}
	if !slices.Contains(customer.Channels(), r.Channel) { // a bounce need not be about anything
		return fault.ErrInvalid.At(fault.Field{Pointer: "/channel", Code: "invalid_channel", Msg: "a channel is email, sms, push or mail"})
	}
	return nil
}

// ReportedMessage is one report of many.
type ReportedMessage struct {
	ID     uuid.UUID
	Report message.Report
	Err    error // what is wrong with it: it is the answer
}

// MessageReportsAllowed tells whether the caller may report many, before anything
// is read of them.
func (a *App) MessageReportsAllowed(c Call) error {
	_, err := a.allowAny(&c, authz.BatchReportMessages)
	return err
}

// ReportMessages records many reports, each as ReportMessage would. Those of
// one customer are recorded in their order.
func (a *App) ReportMessages(ctx context.Context, c Call, reports []ReportedMessage) ([]error, error) {
	if err := a.MessageReportsAllowed(c); err != nil {
		return nil, err
	}
	if err := a.Model.WaitHead(ctx, c.Fresh); err != nil {
		return nil, err
	}
	out := make([]error, len(reports))
	eachInOrder(len(reports), func(i int) uuid.UUID { return reports[i].ID }, func(i int) {
		defer rescue(&out[i])
		if out[i] = reports[i].Err; out[i] == nil {
			_, out[i] = a.report(ctx, &c, reports[i].ID, reports[i].Report)
		}
	})
	return out, nil
}

// Suppressions gives what closes channels now.
func (a *App) Suppressions(ctx context.Context, c Call, id uuid.UUID) ([]message.Suppression, error) {
	v, err := a.get(ctx, &c, authz.ListSuppressions, id)
	if err == nil && !v.Mask.Has(authz.FieldPreferences) {
		err = fault.ErrForbidden
	}
	if err != nil {
		return nil, err
	}
	l, err := a.Model.Messages(ctx, id)
	if err != nil {
		return nil, gone(&c, err)
	}
	return slices.DeleteFunc(slices.Clone(l.State.Suppressed), func(by message.Suppression) bool {
		return by.Address != "" && by.Address != v.Customer.State.Reaches(by.Channel)
	}), nil
}

// LiftSuppression opens a channel again. fault.ErrNotFound when nothing
// closes it.
func (a *App) LiftSuppression(ctx context.Context, c Call, id uuid.UUID, channel string) (position int64, err error) {
	v, err := a.get(ctx, &c, authz.LiftSuppression, id)
	if err != nil {
		return 0, err
	}
	out, err := join(ctx, a, &c, a.Streams.Messages, journal.Command[message.State, message.Event]{ID: v.ID, Meta: a.meta(&c), Decide: message.Lift{Channel: channel}.Decide})
	if err != nil {
		return 0, err
	}
	a.Model.PutMessages(id, out)
	return out.Position, nil
}
