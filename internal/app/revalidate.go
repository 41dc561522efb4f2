package app

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/index"
	"github.com/acme/customers/internal/journal"
)

// Revalidation counts what was looked at again.
type Revalidation struct {
	Customers int64 // of Of
	Of        int64
	Addresses int64
	Changed   int64 // more, or something else, is known than was
	Pending   int64 // the provider still does not answer
}

// RevalidateAddresses validates all addresses again, as after new tables or a
// new provider, and stores what is found where it differs. progress is called
// now and then.
func (a *App) RevalidateAddresses(ctx context.Context, c Call, progress func(Revalidation)) (Revalidation, error) {
	if _, err := a.allowAny(&c, authz.RevalidateAddresses); err != nil {
		return Revalidation{}, err
	}
	return a.revalidate(ctx, index.HasAddress, func(*customer.Address) bool { return true }, progress)
}

// RevalidatePending asks the provider again about what it did not answer. One
// answer that still fails ends it: the others would fail, too.
func (a *App) RevalidatePending(ctx context.Context) (Revalidation, error) {
	return a.revalidate(ctx, index.AddressPending, func(one *customer.Address) bool { return one.Validation.Pending }, func(Revalidation) {})
}

func (a *App) revalidate(ctx context.Context, flag index.Flags, which func(*customer.Address) bool, progress func(Revalidation)) (Revalidation, error) {
	ids, err := a.Model.Having(ctx, flag)
	if err != nil {
		return Revalidation{}, err
	}
	done := Revalidation{Of: int64(len(ids))}
	for _, id := range ids {
		if err := a.revalidateOne(ctx, id, which, &done); err != nil {
			return done, err
		}
		done.Customers++
		if flag == index.AddressPending && done.Pending > 0 {
			return done, nil
		}
		if done.Customers%100 == 0 {
			progress(done)
		}
	}
	return done, nil
}

// revalidateOne validates a customer's addresses outside any lock. One that
// somebody changes meanwhile was validated with that.
func (a *App) revalidateOne(ctx context.Context, id uuid.UUID, which func(*customer.Address) bool, done *Revalidation) error {
	l, err := a.Model.Get(ctx, id)
	if err != nil {
		return gonePast(err)
	}
	for _, one := range l.State.AddressList() {
		if !which(&one) {
			continue
		}
		done.Addresses++
		a.validate(ctx, &one)
		if one.Validation.Pending {
			done.Pending++
		}
		out, err := journal.Execute(ctx, a.Journal, a.Customers, journal.Command[customer.State, customer.Event]{
			ID: id, Decide: customer.UpdateAddress{Address: one}.Decide,
			Meta: event.Meta{Actor: event.ActorSystem, Source: "revalidation", At: a.meta(&Call{}).At},
		})
		switch {
		case errors.Is(err, fault.ErrVersion), errors.Is(err, fault.ErrNotFound), errors.Is(err, fault.ErrTransition), errors.Is(err, fault.ErrInvalid):
			continue
		case err != nil:
			return gonePast(err)
		}
		if out.State.Addresses[one.ID].Version > one.Version {
			done.Changed++
			a.Model.Put(id, out)
		}
	}
	return ctx.Err()
}

// gonePast is nil for a customer that was erased meanwhile.
func gonePast(err error) error {
	if errors.Is(err, fault.ErrErased) || errors.Is(err, fault.ErrNotFound) {
		return nil
	}
	return err
}
