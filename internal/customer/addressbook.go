package customer

import (
	"maps"
	"reflect"
	"slices"
	"strconv"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/fault"
)

// MaxAddresses is how many addresses a customer may have at a time.
const MaxAddresses = 100

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
	if err := p.err(); err != nil {
		return nil, err
	}
	if _, used := s.Internal.AddressVersions[a.ID]; used {
		return nil, fault.ErrVersion
	}
	a.Version, a.IsDefault = 1, false
	events := []Event{AddressAdded{AddressID: a.ID, Type: a.Type, Verdict: a.Validation.Verdict, Address: a}}
	if previous := s.DefaultAddress(a.Type); c.Default || previous == "" {
		events = append(events, DefaultAddressChanged{Type: a.Type, AddressID: a.ID, Previous: previous})
	}
	return events, nil
}

// AddAddresses adds several, but for those that are there already: an import
// that runs twice adds them once.
type AddAddresses struct{ Addresses []AddAddress }

// Decide collects what is wrong with all of them, each under its own place.
func (c AddAddresses) Decide(s *State) ([]Event, error) {
	state, all := *s, []Event(nil)
	var p problems
	if len(c.Addresses) > MaxNewAddresses {
		p.add("/addresses", "too_many", "at most ten addresses can be added at once")
		return nil, p.err()
	}
	for i, add := range c.Addresses {
		if state.knows(add.Address) {
			continue
		}
		events, err := add.Decide(&state)
		f := fault.From(err)
		if err != nil && f.Kind != fault.Invalid {
			return nil, err
		}
		if err != nil {
			for _, field := range f.Fields {
				p.add("/addresses/"+strconv.Itoa(i)+field.Pointer, field.Code, field.Msg)
			}
		}
		for _, e := range events {
			evolve(&state, e, event.Envelope{})
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

// UpdateAddress replaces an address by one that was validated.
type UpdateAddress struct {
	Address Address // whole; Version is the one it was made from
	Strict  bool
}

// Decide refuses with fault.ErrVersion what was made from an older version. A
// default that changes its type leaves its old type to the oldest of the rest.
func (c UpdateAddress) Decide(s *State) ([]Event, error) {
	before, err := s.address(c.Address.ID)
	if err != nil {
		return nil, err
	}
	if before.Version != c.Address.Version {
		return nil, fault.ErrVersion
	}
	var p problems
	a := p.address(c.Address, c.Strict)
	if err := p.err(); err != nil {
		return nil, err
	}
	fields := changedFields(before, a)
	if len(fields) == 0 {
		return nil, nil
	}
	a.Version, a.IsDefault = before.Version+1, false
	events := []Event{AddressUpdated{AddressID: a.ID, Type: a.Type, Verdict: a.Validation.Verdict, Fields: fields, Address: a}}
	if a.Type == before.Type {
		return events, nil
	}
	if before.IsDefault {
		events = append(events, s.nextDefault(before))
	}
	if s.DefaultAddress(a.Type) == "" {
		events = append(events, DefaultAddressChanged{Type: a.Type, AddressID: a.ID})
	}
	return events, nil
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
}

// Decide changes nothing when it is the default already.
func (c SetDefaultAddress) Decide(s *State) ([]Event, error) {
	a, err := s.address(c.AddressID)
	if err != nil {
		return nil, err
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
