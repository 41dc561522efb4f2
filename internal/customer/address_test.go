package customer

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/acme/customers/internal/address"
	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/fault"
)

func home(id string, t AddressType) Address {
	return Address{ID: id, Version: 1, Type: t,
		Address:    address.Address{Street: []string{"1 Main St"}, City: "Bern", PostalCode: "3011", Country: "CH"},
		Validation: Validation{Verdict: address.Valid, At: now}}
}

func added(a Address) AddressAdded {
	return AddressAdded{AddressID: a.ID, Type: a.Type, Verdict: a.Validation.Verdict, Address: a}
}

func with(a Address, change func(*Address)) Address {
	change(&a)
	return a
}

func TestAddresses(t *testing.T) {
	a, b := home("a", Shipping), home("b", Shipping)
	isDefault := func(id, previous string) DefaultAddressChanged {
		return DefaultAddressChanged{Type: Shipping, AddressID: id, Previous: previous}
	}
	two := []Event{ada, added(a), isDefault("a", ""), added(b)}
	moved := with(a, func(a *Address) { a.City = "Basel"; a.PostalCode = "4051" })
	bad := with(home("c", Billing), func(a *Address) {
		a.Validation = Validation{Verdict: address.Invalid, At: now, Checks: []address.Check{
			{Name: address.CheckRequired, Field: "city", Outcome: address.Failed, Code: "missing"},
			{Name: address.CheckPostalCode, Field: "postalCode", Outcome: address.Passed}}}
	})
	full := []Event{ada}
	for i := range MaxAddresses {
		full = append(full, added(home(fmt.Sprint(i), Billing)))
	}
	run(t, []scenario{
		{name: "the first of a type is its default", given: []Event{ada}, when: AddAddress{Address: a}, then: []Event{added(a), isDefault("a", "")}},
		{name: "the second is not", given: two[:3], when: AddAddress{Address: b}, then: []Event{added(b)}},
		{name: "unless it is asked to be", given: two[:3], when: AddAddress{Address: b, Default: true}, then: []Event{added(b), isDefault("b", "a")}},
		{name: "an id is used once", given: two, when: AddAddress{Address: a}, refused: fault.ErrVersion},
		{name: "also after it was removed", given: append(two, AddressRemoved{"a", Shipping}), when: AddAddress{Address: a}, refused: fault.ErrVersion},
		{name: "a hundred are enough", given: full, when: AddAddress{Address: a}, refused: fault.ErrInvalid, pointers: []string{" too_many"}},
		{name: "all that is wrong is told", given: []Event{ada}, when: AddAddress{Address: with(a, func(a *Address) {
			a.Type, a.Label, a.Phone = "holiday", strings.Repeat("x", 101), "12"
			a.Street = make([]string, 6)
			a.Coordinates = &address.Coordinates{Latitude: 91}
		})}, refused: fault.ErrInvalid, pointers: []string{"/type invalid_address_type", "/label too_long", "/street too_many", "/phone invalid_phone", "/coordinates invalid_coordinates"}},
		{name: "what is invalid is stored, marked", given: []Event{ada}, when: AddAddress{Address: bad}, then: []Event{added(bad), DefaultAddressChanged{Type: Billing, AddressID: "c"}}},
		{name: "or refused, with its reasons", given: []Event{ada}, when: AddAddress{Address: bad, Strict: true}, refused: fault.ErrInvalid, pointers: []string{"/city missing"}},
		{name: "not once archived", given: []Event{ada, Archived{}}, when: AddAddress{Address: a}, refused: fault.ErrTransition},

		{name: "a change names its fields", given: two, when: UpdateAddress{Address: moved},
			then: []Event{AddressUpdated{AddressID: "a", Type: Shipping, Verdict: address.Valid, Fields: []string{"city", "postalCode"},
				Address: with(moved, func(a *Address) { a.Version = 2 })}}},
		{name: "the same changes nothing", given: two, when: UpdateAddress{Address: a}},
		{name: "validated again with the same result changes nothing", given: two, when: UpdateAddress{Address: with(a, func(a *Address) { a.Validation.At = now.AddDate(1, 0, 0) })}},
		{name: "made from an old version", given: two, when: UpdateAddress{Address: with(moved, func(a *Address) { a.Version = 3 })}, refused: fault.ErrVersion},
		{name: "no such address", given: two, when: UpdateAddress{Address: home("x", Shipping)}, refused: fault.ErrNotFound},
		{name: "a default that changes its type leaves the old one to the oldest", given: two, when: UpdateAddress{Address: with(a, func(a *Address) { a.Type = Billing })},
			then: []Event{AddressUpdated{AddressID: "a", Type: Billing, Verdict: address.Valid, Fields: []string{"type"}, Address: with(a, func(a *Address) { a.Type, a.Version = Billing, 2 })},
				isDefault("b", "a"), DefaultAddressChanged{Type: Billing, AddressID: "a"}}},

		{name: "removing a default names the next", given: two, when: RemoveAddress{AddressID: "a"}, then: []Event{AddressRemoved{"a", Shipping}, isDefault("b", "a")}},
		{name: "or none", given: two[:3], when: RemoveAddress{AddressID: "a"}, then: []Event{AddressRemoved{"a", Shipping}, isDefault("", "a")}},
		{name: "removing another changes no default", given: two, when: RemoveAddress{AddressID: "b"}, then: []Event{AddressRemoved{"b", Shipping}}},
		{name: "removing another version", given: two, when: RemoveAddress{AddressID: "b", IfMatch: ptr(int64(2))}, refused: fault.ErrPrecondition},

		{name: "another default", given: two, when: SetDefaultAddress{"b", Shipping}, then: []Event{isDefault("b", "a")}},
		{name: "the same default", given: two, when: SetDefaultAddress{"a", Shipping}},
		{name: "of another type", given: two, when: SetDefaultAddress{"a", Billing}, refused: fault.ErrInvalid, pointers: []string{"/type other_type"}},
	})
}

// Any sequence of commands keeps at most one default a type (one, where there
// is an address of it), and never loses a version.
func TestDefaultsAndVersionsHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := given(ada)
		ids, written := []string{}, map[string]int64{}
		types := rapid.SampledFrom([]AddressType{Shipping, Billing, BusinessAddress})
		for step := range rapid.IntRange(1, 60).Draw(t, "steps") {
			id := fmt.Sprint("new", step)
			if len(ids) > 0 && rapid.IntRange(0, 2).Draw(t, "old") > 0 {
				id = rapid.SampledFrom(ids).Draw(t, "id")
			}
			a := home(id, types.Draw(t, "type"))
			a.Version = s.Addresses[id].Version
			a.City = rapid.StringMatching(`[A-C]`).Draw(t, "city")
			c := rapid.SampledFrom([]Command{AddAddress{Address: a, Default: step%2 == 0}, UpdateAddress{Address: a},
				RemoveAddress{AddressID: id}, SetDefaultAddress{id, a.Type}}).Draw(t, "command")
			before := *s
			events, err := c.Decide(s)
			if err != nil {
				continue
			}
			for i, e := range events {
				evolve(s, e, event.Envelope{OccurredAt: now, Version: int64(100*step + i + 1)})
			}
			if _, ok := c.(AddAddress); ok {
				ids = append(ids, id)
			}
			if len(before.Addresses) > 0 && len(s.Addresses) > len(before.Addresses)+1 {
				t.Fatal("one command added two")
			}
			holds(t, s, written)
		}
	})
}

func holds(t *rapid.T, s *State, written map[string]int64) {
	defaults, have := map[AddressType]int{}, map[AddressType]bool{}
	for id, a := range s.Addresses {
		have[a.Type] = true
		if a.IsDefault {
			defaults[a.Type]++
		}
		if _, ok := s.AddressAt(id, a.Version); !ok || a.ID != id {
			t.Fatalf("version %d of %s is in no version of the customer", a.Version, id)
		}
	}
	for kind := range have {
		if defaults[kind] != 1 {
			t.Fatalf("%d defaults of %s", defaults[kind], kind)
		}
	}
	for id, versions := range s.Internal.AddressVersions {
		if int64(len(versions)) < written[id] {
			t.Fatalf("%s lost a version", id)
		}
		written[id] = int64(len(versions))
	}
	for id := range written {
		if _, ok := s.Internal.AddressVersions[id]; !ok {
			t.Fatalf("%s is forgotten", id)
		}
	}
}

// Readers share the states that commands fold from.
func TestFoldingLeavesTheStateBeforeAsItWas(t *testing.T) {
	s := given(ada, added(home("a", Shipping)), DefaultAddressChanged{Type: Shipping, AddressID: "a"}, added(home("b", Shipping)))
	for _, e := range []Event{added(home("c", Shipping)), AddressRemoved{"a", Shipping}, DefaultAddressChanged{Type: Shipping, AddressID: "b", Previous: "a"},
		AddressUpdated{AddressID: "a", Address: with(home("a", Billing), func(a *Address) { a.Version = 2 })}} {
		before := *s
		evolve(&before, e, event.Envelope{})
		if len(s.Addresses) != 2 || !s.Addresses["a"].IsDefault || s.Addresses["b"].IsDefault || len(s.Internal.AddressVersions["a"]) != 1 {
			t.Fatalf("%T changed what others read", e)
		}
	}
}
