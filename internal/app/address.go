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
func (a *App) ListAddresses(ctx context.Context, c Call, id uuid.UUID) ([]AddressView, error) {
	v, err := a.get(ctx, &c, authz.ListAddresses, id)
	if err != nil {
		return nil, err
	}
	var out []AddressView
	for _, one := range v.Customer.State.AddressList() {
		out = append(out, shown(v, one))
	}
	return out, nil
}

func shown(v View, one customer.Address) AddressView {
	return AddressView{v, one, v.Mask.Has(authz.FieldAddresses)}
}

// AddAddress validates an address and adds it.
func (a *App) AddAddress(ctx context.Context, c Call, id uuid.UUID, in NewAddress) (AddressView, error) {
	if _, err := a.allow(ctx, &c, authz.AddAddress, id); err != nil { // before anybody is asked about it
		return AddressView{}, err
	}
	var err error
	if in.Address.ID, err = a.addressID(&c, id); err != nil {
		return AddressView{}, err
	}
	a.validate(ctx, a.Addresses, &in.Address)
	v, err := a.change(ctx, &c, authz.AddAddress, id, fixed(customer.AddAddress{Address: in.Address, Default: in.Default, Strict: a.Strict[c.Source]}))
	if err != nil {
		return AddressView{}, err
	}
	return shown(v, v.Customer.State.Addresses[in.Address.ID]), nil
}

// addressID is a new id. The same request again gets the same one, so that its
// answer can be found again.
func (a *App) addressID(c *Call, id uuid.UUID) (string, error) {
	if c.Idempotency == nil {
		fresh, err := uuid.NewV7()
		return fresh.String(), err
	}
	key := a.requestKey(c)
	hash := a.Vault.Blind("address-id", id.String()+string(key[:]))
	own, err := uuid.FromBytes(hash[:16])
	own[6], own[8] = own[6]&0x0f|0x80, own[8]&0x3f|0x80 // RFC 9562: version 8, our own making
	return own.String(), err
}

// validate gives the address as it is to be stored, with the evidence.
func (a *App) validate(ctx context.Context, by *address.Validator, one *customer.Address) {
	r := by.Validate(ctx, one.Address, given(one.Coordinates))
	one.Address, one.Coordinates = r.Address, r.Coordinates
	one.Validation = customer.Validation{Verdict: r.Verdict, Checks: r.Checks, Corrections: r.Corrections, Provider: r.Provider,
		At: a.Clock().UTC().Truncate(time.Second), Pending: r.Pending}
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

// given are coordinates that somebody said, not those that we found.
func given(c *address.Coordinates) *address.Coordinates {
	if c == nil || c.Precision != address.Provided {
		return nil
	}
	return c
}

// attempts bounds how often a change is made again from a newer version.
const attempts = 3

// PatchAddress changes an address and validates it again. patch gives the new
// one from the one that is there; it may be called again, if somebody else
// changes it meanwhile and the caller did not ask for a version.
func (a *App) PatchAddress(ctx context.Context, c Call, id uuid.UUID, addressID string, patch func(customer.Address) customer.Address) (AddressView, error) {
	ifMatch := c.IfMatch
	c.IfMatch = nil // is the customer's, and here the address's
	var v View
	err := error(fault.ErrVersion)
	for range attempts {
		if !errors.Is(err, fault.ErrVersion) {
			break
		}
		v, err = a.patchOnce(ctx, &c, id, addressID, ifMatch, patch)
	}
	if err != nil {
		return AddressView{}, err
	}
	return shown(v, v.Customer.State.Addresses[addressID]), nil
}

func (a *App) patchOnce(ctx context.Context, c *Call, id uuid.UUID, addressID string, ifMatch *int64, patch func(customer.Address) customer.Address) (View, error) {
	mask, err := a.allow(ctx, c, authz.PatchAddress, id)
	if err != nil {
		return View{}, err
	}
	if v, replayed, err := a.replay(ctx, c, mask); replayed || err != nil {
		return v, err
	}
	l, err := a.current(ctx, c, id)
	if err != nil {
		return View{}, err
	}
	before, ok := l.State.Addresses[addressID]
	switch {
	case !ok:
		return View{}, fault.ErrNotFound
	case ifMatch != nil && *ifMatch != before.Version:
		return View{}, fault.ErrPrecondition
	}
	after := patch(before)
	after.ID, after.Version = before.ID, before.Version
	a.validate(ctx, a.Addresses, &after)
	return a.change(ctx, c, authz.PatchAddress, id, fixed(customer.UpdateAddress{Address: after, Strict: a.Strict[c.Source]}))
}

// RemoveAddress removes an address. Its versions stay.
func (a *App) RemoveAddress(ctx context.Context, c Call, id uuid.UUID, addressID string) (View, error) {
	ifMatch := c.IfMatch
	c.IfMatch = nil
	return a.change(ctx, &c, authz.RemoveAddress, id, fixed(customer.RemoveAddress{AddressID: addressID, IfMatch: ifMatch}))
}

// SetDefaultAddress makes an address the default of its type.
func (a *App) SetDefaultAddress(ctx context.Context, c Call, id uuid.UUID, addressID string, t customer.AddressType) (AddressView, error) {
	v, err := a.change(ctx, &c, authz.SetDefaultAddress, id, fixed(customer.SetDefaultAddress{AddressID: addressID, Type: t}))
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
	record, err := journal.RecordAt(ctx, a.Journal, a.Customers, holders[0], at)
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
