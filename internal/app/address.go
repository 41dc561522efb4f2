package app

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/address"
	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/journal"
)

// NewAddress is an address to be added.
type NewAddress struct {
	Address customer.Address // Type, Label, Phone, the address itself, Coordinates as given
	Default bool
}

// AddressView is an address as a caller may see it.
type AddressView struct {
	View    View
	Address customer.Address
	Shown   bool // false: the caller may only know that it is there
}

// ListAddresses gives the addresses of a customer, oldest first.
// at is an instant to give them as of, nil for now.
func (a *App) ListAddresses(ctx context.Context, c Call, id uuid.UUID, at *time.Time) ([]AddressView, error) {
	v, err := a.listed(ctx, &c, id, at)
	if err != nil {
		return nil, err
	}
	var out []AddressView
	for _, one := range v.Customer.State.AddressList() {
		out = append(out, shown(v, one))
	}
	return out, nil
}

func (a *App) listed(ctx context.Context, c *Call, id uuid.UUID, at *time.Time) (View, error) {
	if at == nil {
		return a.get(ctx, c, authz.ListAddresses, id)
	}
	return a.asOf(ctx, c, authz.ListAddresses, id, *at)
}

func shown(v View, one customer.Address) AddressView {
	return AddressView{v, one, v.Mask.Has(authz.FieldAddresses)}
}

// AddAddress validates an address and adds it.
func (a *App) AddAddress(ctx context.Context, c Call, id uuid.UUID, in NewAddress) (AddressView, error) {
	if v, done, err := a.before(ctx, &c, authz.AddAddress, id); done {
		return shown(v, v.Customer.State.LastAdded()), err
	}
	fresh, err := uuid.NewV7()
	if err != nil {
		return AddressView{}, err
	}
	in.Address.ID = fresh.String()
	if err := customer.CheckAddress(in.Address); err != nil {
		return AddressView{}, err
	}
	a.validate(ctx, a.Addresses, &in.Address)
	v, err := a.change(ctx, &c, authz.AddAddress, id, fixed(customer.AddAddress{Address: in.Address, Default: in.Default, Strict: a.Strict[c.Source]}))
	if err != nil {
		return AddressView{}, err
	}
	if v.Replayed { // by who was faster with the same key
		return shown(v, v.Customer.State.LastAdded()), nil
	}
	return shown(v, v.Customer.State.Addresses[in.Address.ID]), nil
}

// before authorises, and answers a request that was handled already, so that
// nobody is asked about an address in vain. done says that it is over.
func (a *App) before(ctx context.Context, c *Call, action authz.Action, id uuid.UUID) (v View, done bool, err error) {
	mask, err := a.allow(ctx, c, action, id)
	if err != nil {
		return View{Customer: nobody}, true, err
	}
	v, replayed, err := a.replay(ctx, c, mask)
	if err == nil && replayed {
		err = a.audit(ctx, c, action, mask, v.ID, &v.Customer)
	}
	if err != nil {
		return View{Customer: nobody}, true, gone(c, err)
	}
	return v, replayed, nil
}

var nobody = journal.Loaded[customer.State]{State: new(customer.State)}

// found asks what is known of an address.
func (a *App) found(ctx context.Context, by *address.Validator, one *customer.Address) *customer.Found {
	at := customer.Given(one.Coordinates)
	r := by.Validate(ctx, one.Address, at)
	return &customer.Found{Of: one.Address, At: at, Address: r.Address, Coordinates: r.Coordinates, Validation: customer.Validation{Verdict: r.Verdict,
		Checks: r.Checks, Corrections: r.Corrections, Provider: r.Provider, At: a.Clock().UTC().Truncate(time.Second), Pending: r.Pending}}
}

// validate gives the address as it is to be stored, with the evidence.
func (a *App) validate(ctx context.Context, by *address.Validator, one *customer.Address) {
	f := a.found(ctx, by, one)
	one.Address, one.Coordinates, one.Validation = f.Address, f.Coordinates, f.Validation
	a.Validated(one)
}

// validateAll validates the addresses of a registration, which gives each an
// id: all at once, so that a slow provider is waited for only once.
func (a *App) validateAll(ctx context.Context, c *Call, all []customer.AddAddress) error {
	if len(all) > customer.MaxNewAddresses {
		return nil // the rules refuse it, and nobody is asked
	}
	var waiting sync.WaitGroup
	panicked := make(chan any, len(all))
	for i := range all {
		id, err := uuid.NewV7()
		if err != nil {
			return err
		}
		all[i].Address.ID, all[i].Strict = id.String(), a.Strict[c.Source]
		if customer.CheckAddress(all[i].Address) != nil {
			continue // the rules refuse it, and nobody is asked
		}
		waiting.Go(func() {
			defer func() {
				if p := recover(); p != nil {
					panicked <- p
				}
			}()
			a.validate(ctx, a.Addresses, &all[i].Address)
		})
	}
	waiting.Wait()
	select {
	case p := <-panicked:
		panic(p) // here it ends the request; there it would end the service
	default:
		return nil
	}
}

// PatchAddress changes an address, and validates it where that could find
// something else. patch gives the new one from the one that is there. Somebody
// who changes the same address meanwhile makes it be validated again, at most
// three times in all; changes that need no validation never collide.
func (a *App) PatchAddress(ctx context.Context, c Call, id uuid.UUID, addressID string, patch func(customer.Address) customer.Address) (AddressView, error) {
	if v, done, err := a.before(ctx, &c, authz.PatchAddress, id); done {
		return shown(v, v.Customer.State.Addresses[addressID]), err
	}
	command := customer.UpdateAddress{AddressID: addressID, IfMatch: c.IfMatch, Patch: patch, Strict: a.Strict[c.Source]}
	c.IfMatch = nil // is the customer's, and here the address's
	err := error(fault.ErrVersion)
	var v View
	for try := 0; try < 3 && errors.Is(err, fault.ErrVersion); try++ {
		if command.Found, err = a.foundOf(ctx, &c, id, &command); err == nil {
			v, err = a.change(ctx, &c, authz.PatchAddress, id, fixed(command))
		}
	}
	if err != nil {
		return AddressView{}, err
	}
	if f := command.Found; f != nil && !v.Replayed {
		a.Validated(&customer.Address{Address: f.Address, Validation: f.Validation})
	}
	return shown(v, v.Customer.State.Addresses[addressID]), nil
}

// foundOf validates what a change would make of an address, nil where it need
// not be.
func (a *App) foundOf(ctx context.Context, c *Call, id uuid.UUID, command *customer.UpdateAddress) (*customer.Found, error) {
	l, err := a.current(ctx, c, id)
	if err != nil {
		return nil, err
	}
	before, ok := l.State.Addresses[command.AddressID]
	if !ok {
		return nil, fault.ErrNotFound
	}
	after := customer.Patched(before, command.Patch)
	if !customer.Moved(before, after) {
		return nil, nil
	}
	if err := customer.CheckAddress(after); err != nil {
		return nil, err
	}
	return a.found(ctx, a.Addresses, &after), nil
}

// RemoveAddress removes an address. Its versions stay.
func (a *App) RemoveAddress(ctx context.Context, c Call, id uuid.UUID, addressID string) (View, error) {
	ifMatch := c.IfMatch
	c.IfMatch = nil
	return a.change(ctx, &c, authz.RemoveAddress, id, fixed(customer.RemoveAddress{AddressID: addressID, IfMatch: ifMatch}))
}

// SetDefaultAddress makes an address the default of its type.
func (a *App) SetDefaultAddress(ctx context.Context, c Call, id uuid.UUID, addressID string, t customer.AddressType) (AddressView, error) {
	ifMatch := c.IfMatch
	c.IfMatch = nil
	v, err := a.change(ctx, &c, authz.SetDefaultAddress, id, fixed(customer.SetDefaultAddress{AddressID: addressID, Type: t, IfMatch: ifMatch}))
	if err != nil {
		return AddressView{}, err
	}
	return shown(v, v.Customer.State.Addresses[addressID]), nil
}

// AddressVersion gives an address as it was at one of its versions, also when
// it was removed since: whoever holds a reference can read it until the
// customer is erased. Whether it was a default then is not told.
func (a *App) AddressVersion(ctx context.Context, c Call, addressID string, version int64) (AddressView, error) {
	holders, err := a.Store.Find(ctx, a.Journal.Hash(customer.ClaimAddress, addressID), 1)
	if err != nil {
		return AddressView{}, err
	}
	if len(holders) == 0 {
		// Whoever may not ask at all must not learn that there is none.
		if _, err := a.allow(ctx, &c, authz.GetAddressVersion, uuid.Nil); err != nil {
			return AddressView{}, err
		}
		return AddressView{}, fault.ErrNotFound
	}
	v, err := a.get(ctx, &c, authz.GetAddressVersion, holders[0])
	if err != nil {
		return AddressView{}, err
	}
	at, ok := v.Customer.State.AddressAt(addressID, version)
	if !ok {
		return AddressView{}, fault.ErrNotFound
	}
	record, err := journal.RecordAt(ctx, a.Journal, a.Streams.Customers, holders[0], at)
	if err != nil {
		return AddressView{}, gone(&c, err)
	}
	switch e := record.Event.(type) {
	case *customer.AddressAdded:
		return shown(v, e.Address), nil
	case *customer.AddressUpdated:
		return shown(v, e.Address), nil
	}
	return AddressView{}, fault.ErrInternal.With(errors.New("app: a version of an address is no address"))
}

// ValidateAddress tells what is known of an address, and stores nothing.
func (a *App) ValidateAddress(ctx context.Context, c Call, one address.Address, at *address.Coordinates) (address.Report, error) {
	if _, err := a.allowAny(&c, authz.ValidateAddress); err != nil {
		return address.Report{}, err
	}
	if err := customer.CheckAddress(customer.Address{Type: customer.Shipping, Address: one, Coordinates: at}); err != nil {
		return address.Report{}, err
	}
	return a.Addresses.Validate(ctx, one, at), nil
}

// AddressFormat tells how a country writes addresses.
func (a *App) AddressFormat(_ context.Context, c Call, country string) (*address.Format, error) {
	if _, err := a.allowAny(&c, authz.GetAddressFormat); err != nil {
		return nil, err
	}
	f := address.FormatOf(country)
	if f == nil {
		return nil, fault.ErrNotFound
	}
	return f, nil
}
