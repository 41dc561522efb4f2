package customer

import (
	"maps"
	"reflect"
	"slices"
	"strconv"

	"github.com/acme/customers/internal/address"
	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/fault"
)

// MaxAddresses is how many addresses a customer may have at a time.
const MaxAddresses = 100

// An address is never forgotten, and neither is a version: these bound what a
// customer may leave behind.
const (
	MaxAddressesEver   = 1_000
	MaxAddressVersions = 10_000
)

// MaxNewAddresses is how many a registration may bring.
const MaxNewAddresses = 10

// AddAddress adds an address that was validated. It becomes the default of its
// type when it is asked to, or is the first of it.
type AddAddress struct {
	Address Address // ID is a new one; Version and IsDefault are not read
	Default bool
	Strict  bool // refuse what is invalid
}

// Decide checks the texts and the number of addresses.
func (c AddAddress) Decide(s *State) ([]Event, error) {
	if err := s.open(); err != nil {
		return nil, err
	}
	var p problems
	a := p.address(c.Address, c.Strict)
	if len(s.Addresses) >= MaxAddresses {
		p.add("", "too_many", "a customer has at most 100 addresses")
	}
	if len(s.Internal.AddressVersions) >= MaxAddressesEver || s.versions() >= MaxAddressVersions {
		p.add("", "too_many_versions", "a customer has at most 1,000 addresses in all its time, with 10,000 versions")
	}
	if err := p.err(); err != nil {
		return nil, err
	}
	if _, used := s.Internal.AddressVersions[a.ID]; used {
		return nil, fault.ErrVersion
	}
	a.Version, a.IsDefault = 1, false
	events := []Event{AddressAdded{AddressID: a.ID, Version: 1, Type: a.Type, Verdict: a.Validation.Verdict, Address: a}}
	if previous := s.DefaultAddress(a.Type); c.Default || previous == "" {
		events = append(events, DefaultAddressChanged{Type: a.Type, AddressID: a.ID, Previous: previous})
	}
	return events, nil
}

// AddAddresses adds several.
type AddAddresses struct {
	Addresses []AddAddress
	Missing   bool // only those that are not there yet: an import that runs twice adds them once
}

// Decide collects what is wrong with all of them, each under its own place.
func (c AddAddresses) Decide(s *State) ([]Event, error) {
	state, all := *s, []Event(nil)
	var p problems
	if len(c.Addresses) > MaxNewAddresses {
		p.add("/addresses", "too_many", "at most ten addresses can be added at once")
		return nil, p.err()
	}
	for i, add := range c.Addresses {
		if c.Missing && state.knows(add.Address) {
			continue
		}
		events, err := add.Decide(&state)
		if !p.take("/addresses/"+strconv.Itoa(i), err) {
			return nil, err
		}
		for _, e := range events {
			evolve(&state, e, event.Envelope{Version: int64(i + 1)}) // a version of its own, as it will have
		}
		all = append(all, events...)
	}
	if err := p.err(); err != nil {
		return nil, err
	}
	return all, nil
}

// knows tells whether the same address is there for the same purpose.
func (s *State) knows(a Address) bool {
	for _, have := range s.Addresses {
		if have.Type == a.Type && reflect.DeepEqual(have.Address, a.Address) {
			return true
		}
	}
	return false
}

// Found is what validation found of an address: Of and At are what was asked
// about, the rest is what is to be kept.
type Found struct {
	Of          address.Address
	At          *address.Coordinates // as somebody gave them, else nil
	Address     address.Address
	Coordinates *address.Coordinates
	Validation  Validation
}

// UpdateAddress changes an address.
type UpdateAddress struct {
	AddressID string
	IfMatch   *int64                // only this version
	Patch     func(Address) Address // the new one, from the one that is there
	Found     *Found                // nil where nothing that is validated changes
	Strict    bool                  // refuse what is invalid
}

// Patched gives the address that a patch makes of another. A position that
// somebody gave was of the old place: it goes when the address moves.
func Patched(before Address, patch func(Address) Address) Address {
	after := patch(before)
	after.ID, after.Version, after.IsDefault = before.ID, before.Version, false
	if !samePlace(before, after) && after.Coordinates == before.Coordinates {
		after.Coordinates = nil
	}
	return after
}

// Moved tells whether a patched address has to be validated.
func Moved(before, after Address) bool {
	return !samePlace(before, after) || !reflect.DeepEqual(Given(before.Coordinates), Given(after.Coordinates))
}

func samePlace(a, b Address) bool { return reflect.DeepEqual(a.Address, b.Address) }

// Given are coordinates that somebody said, not those that were found.
func Given(c *address.Coordinates) *address.Coordinates {
	if c == nil || c.Precision != address.Provided {
		return nil
	}
	return c
}

// Decide applies the patch to what is there now. fault.ErrVersion says that
// something else was validated than comes of it: validate again. A default that
// changes its type leaves its old type to the oldest of the rest.
func (c UpdateAddress) Decide(s *State) ([]Event, error) {
	before, err := s.address(c.AddressID)
	switch {
	case err != nil:
		return nil, err
	case c.IfMatch != nil && *c.IfMatch != before.Version:
		return nil, fault.ErrPrecondition
	}
	a := Patched(before, c.Patch)
	strict := false
	switch f := c.Found; {
	case f != nil && reflect.DeepEqual(f.Of, a.Address) && reflect.DeepEqual(f.At, Given(a.Coordinates)):
		a.Address, a.Coordinates, a.Validation = f.Address, f.Coordinates, carried(before, a, f.Validation)
		strict = c.Strict
	case Moved(before, a):
		return nil, fault.ErrVersion
	}
	var p problems
	a = p.address(a, strict)
	fields := changedFields(before, a)
	if err := p.err(); err != nil || len(fields) == 0 {
		return nil, err
	}
	if s.versions() >= MaxAddressVersions {
		p.add("", "too_many_versions", "the addresses of a customer have at most 10,000 versions")
		return nil, p.err()
	}
	a.Version = before.Version + 1
	return append([]Event{AddressUpdated{AddressID: a.ID, Version: a.Version, Type: a.Type, Verdict: a.Validation.Verdict, Fields: fields, Address: a}},
		s.retype(before, a)...), nil
}

// carried keeps what was corrected when the address was typed: validating the
// corrected text again finds nothing to correct.
func carried(before, after Address, v Validation) Validation {
	var kept []address.Correction
	for _, c := range before.Validation.Corrections {
		if c.Applied && before.Field(c.Field) == c.To && after.Field(c.Field) == c.To {
			kept = append(kept, c)
		}
	}
	if len(kept) > 0 {
		v.Corrections = append(kept, v.Corrections...)
		if v.Verdict == address.Valid {
			v.Verdict = address.Corrected
		}
	}
	return v
}

// retype is what becomes of the defaults of a type that an address leaves, and
// of the one that it comes to.
func (s *State) retype(before, after Address) (events []Event) {
	if after.Type == before.Type {
		return nil
	}
	if before.IsDefault {
		events = append(events, s.nextDefault(before))
	}
	if s.DefaultAddress(after.Type) == "" {
		events = append(events, DefaultAddressChanged{Type: after.Type, AddressID: after.ID})
	}
	return events
}

// RemoveAddress removes one.
type RemoveAddress struct {
	AddressID string
	IfMatch   *int64 // only this version
}

// Decide names the next default where the default is removed: the oldest of
// its type, or none.
func (c RemoveAddress) Decide(s *State) ([]Event, error) {
	a, err := s.address(c.AddressID)
	if err != nil {
		return nil, err
	}
	if c.IfMatch != nil && *c.IfMatch != a.Version {
		return nil, fault.ErrPrecondition
	}
	events := []Event{AddressRemoved{AddressID: a.ID, Type: a.Type}}
	if a.IsDefault {
		events = append(events, s.nextDefault(a))
	}
	return events, nil
}

// SetDefaultAddress makes an address the default of its type.
type SetDefaultAddress struct {
	AddressID string
	Type      AddressType // must be the address's own
	IfMatch   *int64      // only this version of the address
}

// Decide changes nothing when it is the default already.
func (c SetDefaultAddress) Decide(s *State) ([]Event, error) {
	a, err := s.address(c.AddressID)
	if err != nil {
		return nil, err
	}
	if c.IfMatch != nil && *c.IfMatch != a.Version {
		return nil, fault.ErrPrecondition
	}
	if c.Type != a.Type {
		return nil, fault.ErrInvalid.At(fault.Field{Pointer: "/type", Code: "other_type", Msg: "the address is of another type"})
	}
	if a.IsDefault {
		return nil, nil
	}
	return []Event{DefaultAddressChanged{Type: a.Type, AddressID: a.ID, Previous: s.DefaultAddress(a.Type)}}, nil
}

// address finds one of an open customer.
func (s *State) address(id string) (Address, error) {
	if err := s.open(); err != nil {
		return Address{}, err
	}
	a, ok := s.Addresses[id]
	if !ok {
		return a, fault.ErrNotFound
	}
	return a, nil
}

// nextDefault is what becomes of a type whose default goes.
func (s *State) nextDefault(gone Address) DefaultAddressChanged {
	e := DefaultAddressChanged{Type: gone.Type, Previous: gone.ID}
	rest := slices.Collect(maps.Keys(s.Addresses))
	rest = slices.DeleteFunc(rest, func(id string) bool { return id == gone.ID || s.Addresses[id].Type != gone.Type })
	if len(rest) > 0 {
		e.AddressID = slices.MinFunc(rest, s.older)
	}
	return e
}
