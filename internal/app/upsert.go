package app

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/fault"
)

// Outcome says what became of one line of a batch.
type Outcome string

// The outcomes of a line that was not refused.
const (
	Created Outcome = "created"
	Updated Outcome = "updated"
)

// BatchAllowed refuses a caller that may not register many customers, before
// the first line is read.
func (a *App) BatchAllowed(c Call) error {
	_, err := a.allowAny(&c, authz.BatchRegisterCustomers)
	return err
}

// RegisterOne registers one customer of a batch. With upsert, a customer that
// holds the same e-mail address, user id or external id takes the fields that
// the line sets instead; fields that it leaves out stay.
func (a *App) RegisterOne(ctx context.Context, c Call, in customer.Register, upsert bool) (View, Outcome, error) {
	v, err := a.register(ctx, &c, authz.BatchRegisterCustomers, in)
	var claimed *eventstore.ErrClaimed
	if err == nil || !upsert || !errors.As(err, &claimed) {
		return v, Created, err
	}
	mask, err := a.allowAny(&c, authz.BatchRegisterCustomers)
	if err != nil {
		return View{}, Updated, err
	}
	v, err = a.execute(ctx, &c, claimed.Holder, mask, func(now time.Time) customer.Command { return merge(in, now) })
	if errors.Is(err, fault.ErrNotFound) || errors.Is(err, fault.ErrErased) { // the holder went meanwhile
		err = fault.ErrVersion.With(err)
	}
	if err != nil {
		return View{}, Updated, err
	}
	return v, Updated, a.audit(ctx, &c, authz.BatchRegisterCustomers, mask, v.ID, &v.Customer)
}

// Validate tells whether a registration keeps every rule; whether its
// identifiers are free only the registration itself can tell.
func (a *App) Validate(ctx context.Context, c Call, in customer.Register) error {
	if _, err := a.allowAny(&c, authz.BatchRegisterCustomers); err != nil {
		return err
	}
	if err := a.validateAll(ctx, &c, in.Addresses); err != nil {
		return err
	}
	in.At, in.Policy = a.Clock(), a.Policy
	_, err := in.Decide(new(customer.State))
	return err
}

// merge changes what a registration sets.
func merge(in customer.Register, now time.Time) customer.Command {
	given := func(s string) *string {
		if s == "" {
			return nil
		}
		return &s
	}
	details := customer.ChangeDetails{ExternalIDs: in.ExternalIDs}
	if in.Type != "" {
		details.Type = &in.Type
	}
	if len(in.Tags) > 0 {
		details.Tags = &in.Tags
	}
	profile := customer.UpdateProfile{At: now, DateOfBirth: given(in.Profile.DateOfBirth), Gender: given(in.Profile.Gender),
		Locale: given(in.Profile.Locale), Timezone: given(in.Profile.Timezone), Currency: given(in.Profile.Currency),
		Attributes: in.Profile.Attributes}
	if in.Name != (customer.Name{}) {
		profile.Name = &customer.NamePatch{Given: given(in.Name.Given), Middle: given(in.Name.Middle), Family: given(in.Name.Family),
			Prefix: given(in.Name.Prefix), Suffix: given(in.Name.Suffix), Preferred: given(in.Name.Preferred)}
	}
	commands := []customer.Command{profile, details, customer.ChangeContact{Email: given(in.Email), Phone: given(in.Phone)}}
	if in.UserID != "" {
		commands = append(commands, customer.LinkUser{UserID: in.UserID})
	}
	commands = append(commands, customer.AddAddresses{Addresses: in.Addresses, Missing: true})
	return customer.Sequence{At: now, Commands: commands}
}

// holder finds who holds a user id.
func (a *App) holder(ctx context.Context, userID string) (uuid.UUID, bool, error) {
	found, err := a.Store.Find(ctx, a.Journal.Hash(customer.ClaimUserID, userID), 1)
	if err != nil || len(found) == 0 {
		return uuid.Nil, false, err
	}
	return found[0], true, nil
}
