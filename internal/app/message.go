package app

import (
	"context"
	"errors"
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

// report counts from its acknowledgement on in every decision on every
// instance.
func (a *App) report(ctx context.Context, c *Call, id uuid.UUID, r message.Report) (int64, error) {
	meta := a.meta(c)
	r.Now = meta.At
	if r.At = r.At.UTC().Truncate(time.Microsecond); r.At.IsZero() {
		r.At = meta.At
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
	q := contact.Question{Channel: r.Channel, Purpose: r.Purpose, Topic: r.Topic, At: r.At}
	if r.Cause != "" && q.Purpose == "" && q.Topic == "" {
		q.Topic = a.Preferred.Topics[0].Name // a bounce is about the address
	}
	t := a.Preferred.Topic(r.Topic)
	r.Counts = t == nil || !t.Mandatory
	return a.askable(&q)
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

// Suppression is a channel that is closed, whatever the customer prefers.
type Suppression struct {
	Channel string
	message.Suppression
}

// Suppressions gives what closes channels now.
func (a *App) Suppressions(ctx context.Context, c Call, id uuid.UUID) ([]Suppression, error) {
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
	var out []Suppression
	for _, channel := range customer.Channels() {
		if by := l.State.Stops(channel, v.Customer.State.Reaches(channel)); by != nil {
			out = append(out, Suppression{channel, *by})
		}
	}
	return out, nil
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
