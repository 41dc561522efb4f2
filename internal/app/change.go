package app

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/journal"
)

// idempotencyLife is how long an idempotency key is remembered.
const idempotencyLife = 24 * time.Hour

// Details is a change of name, type, external ids and tags. Nil keeps.
type Details struct {
	Name        *customer.NamePatch
	Type        *customer.Type
	ExternalIDs map[string]string // an empty id removes the source
	Tags        *[]string
}

// classifies tells whether the change is about more than the name.
func (d *Details) classifies() bool { return d.Type != nil || d.ExternalIDs != nil || d.Tags != nil }

// Patch changes name, type, external ids and tags in one commit. All but the
// name need the permission classifyCustomer.
func (a *App) Patch(ctx context.Context, c Call, id uuid.UUID, d Details) (View, error) {
	if d.classifies() {
		if _, err := a.allow(ctx, &c, authz.ClassifyCustomer, id); err != nil {
			return View{}, err
		}
	}
	return a.change(ctx, &c, authz.PatchCustomer, id, func(now time.Time) customer.Command {
		return customer.Sequence{At: now, Commands: []customer.Command{
			customer.UpdateProfile{At: now, Name: d.Name},
			customer.ChangeDetails{Type: d.Type, ExternalIDs: d.ExternalIDs, Tags: d.Tags},
		}}
	})
}

// PatchProfile changes demographics and custom attributes.
func (a *App) PatchProfile(ctx context.Context, c Call, id uuid.UUID, p customer.UpdateProfile) (View, error) {
	return a.change(ctx, &c, authz.PatchProfile, id, func(now time.Time) customer.Command {
		p.At = now
		return p
	})
}

// PatchContact changes e-mail and phone; a new one is unverified.
func (a *App) PatchContact(ctx context.Context, c Call, id uuid.UUID, p customer.ChangeContact) (View, error) {
	return a.change(ctx, &c, authz.PatchContact, id, fixed(p))
}

// Activate makes the customer active; Call.Reason says why.
func (a *App) Activate(ctx context.Context, c Call, id uuid.UUID) (View, error) {
	return a.change(ctx, &c, authz.ActivateCustomer, id, fixed(customer.Activate{Cause: customer.CauseRequest}))
}

// Deactivate makes the customer inactive.
func (a *App) Deactivate(ctx context.Context, c Call, id uuid.UUID) (View, error) {
	return a.change(ctx, &c, authz.DeactivateCustomer, id, fixed(customer.Deactivate{Cause: customer.CauseRequest}))
}

// Archive closes the customer for good.
func (a *App) Archive(ctx context.Context, c Call, id uuid.UUID) (View, error) {
	return a.change(ctx, &c, authz.ArchiveCustomer, id, fixed(customer.Archive{Cause: customer.CauseRequest}))
}

func fixed(cmd customer.Command) func(time.Time) customer.Command {
	return func(time.Time) customer.Command { return cmd }
}

// change executes one command on one customer: the way of every change. The
// answer shows the customer, so it is recorded as a read.
func (a *App) change(ctx context.Context, c *Call, action authz.Action, id uuid.UUID, command func(now time.Time) customer.Command) (View, error) {
	mask, err := a.allow(ctx, c, action, id)
	if err != nil {
		return View{}, err
	}
	v, replayed, err := a.replay(ctx, c, mask)
	if !replayed && err == nil {
		v, err = a.execute(ctx, c, id, mask, command)
	}
	if err != nil {
		return View{}, gone(c, err)
	}
	return v, a.audit(ctx, c, action, mask, v.ID, &v.Customer)
}

func (a *App) execute(ctx context.Context, c *Call, id uuid.UUID, mask authz.FieldMask, command func(now time.Time) customer.Command) (View, error) {
	meta := a.meta(c)
	out, err := journal.Execute(ctx, a.Journal, a.Streams.Customers, journal.Command[customer.State, customer.Event]{
		ID: id, Meta: meta, Decide: command(meta.At).Decide, IfMatch: c.IfMatch, Request: a.request(c), Inbox: c.Inbox,
	})
	if err != nil {
		return a.refused(ctx, c, mask, err)
	}
	a.Model.Put(id, out)
	v := a.view(id, out, mask)
	_ = a.seen(ctx, &v) // what was done is done
	return v, nil
}
