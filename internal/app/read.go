package app

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/consent"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/index"
	"github.com/acme/customers/internal/journal"
)

// Get gives a customer as of now: never older than any commit that was
// acknowledged before the call.
func (a *App) Get(ctx context.Context, c Call, id uuid.UUID) (View, error) {
	return a.get(ctx, &c, authz.GetCustomer, id)
}

// Me gives the customer that the caller is. fault.ErrNotFound when the caller
// is no customer of ours yet.
func (a *App) Me(ctx context.Context, c Call) (View, error) {
	if err := a.identify(ctx, &c); err != nil {
		return View{}, err
	}
	return a.get(ctx, &c, authz.GetMe, c.Caller.Customer)
}

func (a *App) get(ctx context.Context, c *Call, action authz.Action, id uuid.UUID) (View, error) {
	mask, err := a.allow(ctx, c, action, id)
	if err != nil {
		return View{}, err
	}
	l, err := a.current(ctx, c, id)
	if err != nil {
		return View{}, err
	}
	v := a.view(id, l, mask)
	if err := a.seen(ctx, &v); err != nil {
		return View{}, gone(c, err)
	}
	return v, a.audit(ctx, c, action, mask, id, &l)
}

func (a *App) current(ctx context.Context, c *Call, id uuid.UUID) (journal.Loaded[customer.State], error) {
	if err := a.Model.WaitHead(ctx, c.Fresh); err != nil {
		return journal.Loaded[customer.State]{}, err
	}
	l, err := a.Model.Get(ctx, id)
	return l, gone(c, err)
}

// AsOf gives a customer as it was recorded at an instant.
func (a *App) AsOf(ctx context.Context, c Call, id uuid.UUID, at time.Time) (View, error) {
	return a.asOf(ctx, &c, authz.GetCustomerAsOf, id, at)
}

func (a *App) asOf(ctx context.Context, c *Call, action authz.Action, id uuid.UUID, at time.Time) (View, error) {
	mask, err := a.allow(ctx, c, action, id)
	if err != nil {
		return View{}, err
	}
	l, err := journal.AsOf(ctx, a.Journal, a.Streams.Customers, id, at)
	if err != nil {
		return View{}, gone(c, err)
	}
	return a.view(id, l, mask), a.audit(ctx, c, action, mask, id, &l)
}

// Lookup says what a customer is looked up by: exactly one of them.
type Lookup struct {
	Email, Phone, UserID, Number string
	ExternalSource, ExternalID   string
}

// maxFound bounds a lookup: only phone numbers are shared, by households.
const maxFound = 100

// Lookup finds customers by an identifier. What cannot be an identifier finds
// nobody; it is not an error.
func (a *App) Lookup(ctx context.Context, c Call, by Lookup) ([]View, error) {
	mask, err := a.allowAny(&c, authz.LookupCustomer)
	if err != nil {
		return nil, err
	}
	ids, err := a.find(ctx, by)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	if err := a.Model.WaitHead(ctx, c.Fresh); err != nil {
		return nil, err
	}
	var out []View
	for _, id := range ids {
		l, err := a.Model.Get(ctx, id)
		v := View{}
		if err == nil {
			v = a.view(id, l, mask)
			err = a.seen(ctx, &v)
		}
		if errors.Is(err, fault.ErrErased) || errors.Is(err, fault.ErrNotFound) {
			continue // erased since its claim was read
		}
		if err == nil {
			err = a.audit(ctx, &c, authz.LookupCustomer, mask, id, &l)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

func (a *App) find(ctx context.Context, by Lookup) ([]uuid.UUID, error) {
	kind, value, number, err := by.claim()
	if err != nil {
		return nil, err
	}
	if kind != "" {
		if value == "" {
			return nil, nil
		}
		return a.Store.Find(ctx, a.Journal.Hash(kind, value), maxFound)
	}
	row, err := a.Store.ByNumber(ctx, number)
	if err != nil || row == nil {
		return nil, err
	}
	return []uuid.UUID{row.ID}, nil
}

// Completeness gives the score and what is missing.
func (a *App) Completeness(ctx context.Context, c Call, id uuid.UUID) (View, error) {
	return a.get(ctx, &c, authz.GetCompleteness, id)
}

// Statistics counts all customers.
func (a *App) Statistics(ctx context.Context, c Call) (index.Statistics, error) {
	if _, err := a.allowAny(&c, authz.GetStatistics); err != nil {
		return index.Statistics{}, err
	}
	if err := a.Model.WaitHead(ctx, c.Fresh); err != nil {
		return index.Statistics{}, err
	}
	out, err := a.Model.Statistics(ctx)
	if err != nil {
		return out, err
	}
	out.Consents = a.Coverage(out.Total)
	return out, a.Model.SearchReady(ctx) // all of it was still known
}

// Coverage tells, for every purpose that rests on consent, of how many of all
// customers a status is on record.
func (a *App) Coverage(all int64) []index.Covered {
	out := []index.Covered{}
	for i := range a.Purposes {
		if p := &a.Purposes[i]; p.Basis == consent.ByConsent {
			n := a.Model.Covered(p.Name)
			out = append(out, index.Covered{Purpose: p.Name, Recorded: n, Share: float64(n) / float64(max(all, 1))})
		}
	}
	return out
}
