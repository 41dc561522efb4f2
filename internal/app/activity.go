package app

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/activity"
	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/journal"
	"github.com/acme/customers/internal/note"
)

// Did is something that a customer did elsewhere, as a source tells it.
type Did struct {
	Source                     string
	Customer                   uuid.UUID // or
	UserID                     string    // or
	ExternalSource, ExternalID string
	Record                     activity.Record
	Err                        error // what is wrong with it: it is the answer
}

// Tell fills in what the data of a type that means something here says. An order
// or a ticket is its own id, whichever event tells of it and whichever way.
func Tell(d *Did, data []byte) {
	d.Record.Data = string(data)
	var known struct {
		Total struct {
			Amount   string `json:"amount"`
			Currency string `json:"currency"`
		} `json:"total"`
		OrderID    string `json:"orderId"`
		TicketID   string `json:"ticketId"`
		Subject    string `json:"subject"`
		Resolution string `json:"resolution"`
	}
	_ = json.Unmarshal(data, &known) // what is not as it has to be, the source's schema or the rules refuse
	d.Record.Total, d.Record.Currency = known.Total.Amount, known.Total.Currency
	switch d.Source {
	case "orders":
		d.Record.ID = cmp.Or(known.OrderID, d.Record.ID)
	case "support":
		d.Record.ID = cmp.Or(known.TicketID, d.Record.ID)
	}
	switch d.Record.Type {
	case activity.SupportTicketCreated:
		d.Record.Text = known.Subject
	case activity.SupportTicketResolved:
		d.Record.Text = known.Resolution
	}
}

// RecordActivity records what a customer did elsewhere, once however often it
// is told.
func (a *App) RecordActivity(ctx context.Context, c Call, d Did) error {
	if _, err := a.allow(ctx, &c, authz.RecordActivity, d.Customer); err != nil {
		return err
	}
	if err := a.Model.WaitHead(ctx, c.Fresh); err != nil {
		return err
	}
	if _, err := a.Model.Get(ctx, d.Customer); err != nil {
		return gone(&c, err)
	}
	return a.did(ctx, c, d.Customer, &d)
}

// ActivitiesAllowed tells whether the caller may record many, before anything
// is read of them.
func (a *App) ActivitiesAllowed(c Call) error {
	_, err := a.allowAny(&c, authz.BatchRecordActivities)
	return err
}

// RecordActivities records many, those of one customer in their order.
func (a *App) RecordActivities(ctx context.Context, c Call, all []Did) ([]error, error) {
	if err := a.ActivitiesAllowed(c); err != nil {
		return nil, err
	}
	if err := a.Model.WaitHead(ctx, c.Fresh); err != nil {
		return nil, err
	}
	out := make([]error, len(all))
	ids := make([]uuid.UUID, len(all))
	err := a.aboutMany(ctx, &c, authz.BatchRecordActivities, 0, len(all), func(i int, _ *roaring.Bitmap) { // shows nothing of anybody
		defer rescue(&out[i])
		if out[i] = all[i].Err; out[i] == nil {
			ids[i], out[i] = a.whom(ctx, &all[i])
		}
	})
	if err != nil {
		return nil, err
	}
	eachInOrder(len(all), func(i int) uuid.UUID { return ids[i] }, func(i int) {
		defer rescue(&out[i])
		if out[i] == nil {
			out[i] = a.did(ctx, c, ids[i], &all[i])
		}
	})
	return out, nil
}

// Told applies what another service told over the bus. Whom it is about may
// not be known yet: fault.ErrUnknownCustomer.
func (a *App) Told(ctx context.Context, d Did) error {
	id, err := a.whom(ctx, &d)
	if err != nil {
		return err
	}
	c := Call{Caller: authz.Principal{Role: authz.RoleService, Subject: d.Source}, Source: d.Source}
	if d.Record.Type == activity.SupportTicketResolved {
		if err := a.noteResolution(ctx, c, id, &d); err != nil {
			return err
		}
	}
	err = a.did(ctx, c, id, &d)
	if errors.Is(err, fault.ErrErased) { // told again after an erasure: nothing comes back
		return nil
	}
	return err
}

// whom finds the customer.
func (a *App) whom(ctx context.Context, d *Did) (uuid.UUID, error) {
	if d.Customer != uuid.Nil {
		_, err := a.Model.Get(ctx, d.Customer)
		if errors.Is(err, fault.ErrNotFound) {
			err = fault.ErrUnknownCustomer
		}
		return d.Customer, err
	}
	kind, value := customer.ClaimUserID, d.UserID
	if d.ExternalID != "" {
		kind, value = customer.ClaimExternalID, customer.ExternalIDKey(d.ExternalSource, d.ExternalID)
	}
	if value == "" {
		return uuid.Nil, fault.ErrMalformed.With(errors.New("an activity without a customer"))
	}
	found, err := a.Store.Find(ctx, a.Journal.Hash(kind, value), 1)
	if err == nil && len(found) == 0 {
		err = fault.ErrUnknownCustomer
	}
	if err != nil {
		return uuid.Nil, err
	}
	return found[0], nil
}

func (a *App) did(ctx context.Context, c Call, id uuid.UUID, d *Did) error {
	if err := a.Sources.Check(d.Source, d.Record.Type, []byte(d.Record.Data)); err != nil {
		return err
	}
	meta := a.meta(&c)
	r := d.Record
	r.Now = meta.At
	if r.At = r.At.UTC().Truncate(time.Microsecond); r.At.IsZero() {
		r.At = r.Now
	}
	meta.At, meta.Source = r.At, d.Source
	c.Idempotency, c.Inbox = nil, []string{a.once("activity", d.Source+"\x00"+r.Type+"\x00"+r.ID)}
	command := journal.Command[activity.State, activity.Event]{ID: id, Meta: meta, Decide: r.Decide}
	if known, err := a.Model.Activity(ctx, id); err == nil { // in memory, mostly: thousands come a second
		command.Known = &known
	}
	out, err := join(ctx, a, &c, a.Streams.Activities, command)
	switch {
	case errors.Is(err, eventstore.ErrDuplicate): // it was told before
		return nil
	case err == nil:
		a.Model.PutActivity(id, out)
	}
	return err
}

// noteResolution writes a support note, once for a ticket's resolution.
func (a *App) noteResolution(ctx context.Context, c Call, id uuid.UUID, d *Did) error {
	const supportNote = "support"
	if d.Record.Text == "" || !a.NoteTypes.Writable(string(authz.RoleService), supportNote) {
		return nil
	}
	noteID, err := uuid.NewV7()
	if err != nil {
		return err
	}
	c.Inbox = []string{a.once("ticket-note", d.Source+"\x00"+d.Record.ID)}
	meta := a.meta(&c)
	in := note.Add{ID: noteID.String(), Type: supportNote, Content: d.Record.Text, By: a.writer(&c)}
	out, err := join(ctx, a, &c, a.Streams.Notes, journal.Command[note.State, note.Event]{ID: id, Meta: meta, Decide: in.Decide})
	switch {
	case errors.Is(err, eventstore.ErrDuplicate), errors.Is(err, fault.ErrErased):
		return nil
	case err == nil:
		a.Model.PutNotes(id, out)
	}
	return err
}

// ActivitySummary is the figures of a customer's relationship.
func (a *App) ActivitySummary(ctx context.Context, c Call, id uuid.UUID) (activity.State, error) {
	v, err := a.get(ctx, &c, authz.GetActivity, id)
	if err != nil {
		return activity.State{}, err
	}
	if !v.Mask.Has(authz.FieldActivity) {
		return activity.State{}, fault.ErrForbidden
	}
	l, err := a.Model.Activity(ctx, id)
	if err != nil {
		return activity.State{}, gone(&c, err)
	}
	return *figures(v.Customer.State, l.State), nil
}

// figures have the last activity here, too, where that is later.
func figures(here *customer.State, elsewhere *activity.State) *activity.State {
	out := *elsewhere
	if here.LastActivityAt.After(out.LastActivityAt) {
		out.LastActivityAt = here.LastActivityAt
	}
	return &out
}
