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
	return AddressAdded{AddressID: a.ID, Version: a.Version, Type: a.Type, Verdict: a.Validation.Verdict, Address: a}
}

func with(a Address, change func(*Address)) Address {
	change(&a)
	return a
}

func same(a Address) Address { return a }

// found is a validation that finds the address as it is.
func found(a Address) *Found {
	return &Found{Of: a.Address, At: Given(a.Coordinates), Address: a.Address, Coordinates: a.Coordinates, Validation: a.Validation}
}

// update validates what comes of a change of a home.
func update(id string, change func(*Address)) Command {
	patch := func(a Address) Address { return with(a, change) }
	return UpdateAddress{AddressID: id, Patch: patch, Found: found(patch(home(id, Shipping)))}
}

func TestAddresses(t *testing.T) {
	a, b := home("a", Shipping), home("b", Shipping)
	isDefault := func(id, previous string) DefaultAddressChanged {
		return DefaultAddressChanged{Type: Shipping, AddressID: id, Previous: previous}
	}
	two := []Event{ada, added(a), isDefault("a", ""), added(b)}
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

		{name: "a change names its fields", given: two, when: update("a", func(a *Address) { a.City, a.PostalCode = "Basel", "4051" }),
			then: []Event{AddressUpdated{AddressID: "a", Version: 2, Type: Shipping, Verdict: address.Valid, Fields: []string{"city", "postalCode"},
				Address: with(a, func(a *Address) { a.City, a.PostalCode, a.Version = "Basel", "4051", 2 })}}},
		{name: "the same changes nothing", given: two, when: update("a", func(*Address) {})},
		{name: "validated again with the same result changes nothing", given: two, when: UpdateAddress{AddressID: "a", Patch: same, Found: found(with(a, func(a *Address) { a.Validation.At = now.AddDate(1, 0, 0) }))}},
		{name: "a label needs no validation", given: two, when: UpdateAddress{AddressID: "a", Patch: func(a Address) Address { a.Label = "Home"; return a }},
			then: []Event{AddressUpdated{AddressID: "a", Version: 2, Type: Shipping, Verdict: address.Valid, Fields: []string{"label"}, Address: with(a, func(a *Address) { a.Label, a.Version = "Home", 2 })}}},
		{name: "something else was validated", given: two, when: UpdateAddress{AddressID: "a", Patch: func(a Address) Address { a.City = "Basel"; return a }, Found: found(a)}, refused: fault.ErrVersion},
		{name: "nothing was validated", given: two, when: UpdateAddress{AddressID: "a", Patch: func(a Address) Address { a.City = "Basel"; return a }}, refused: fault.ErrVersion},
		{name: "for another version", given: two, when: UpdateAddress{AddressID: "a", Patch: same, IfMatch: ptr(int64(3))}, refused: fault.ErrPrecondition},
		{name: "no such address", given: two, when: update("x", func(*Address) {}), refused: fault.ErrNotFound},
		{name: "what is invalid cannot come of a change", given: two, when: UpdateAddress{AddressID: "a", Strict: true, Patch: func(a Address) Address { a.City = ""; return a }, Found: found(with(bad, func(b *Address) { b.City = "" }))},
			refused: fault.ErrInvalid, pointers: []string{"/city missing"}},
		{name: "but what is can have a label", given: []Event{ada, added(bad)}, when: UpdateAddress{AddressID: "c", Strict: true, Patch: func(a Address) Address { a.Label = "Old"; return a }},
			then: []Event{AddressUpdated{AddressID: "c", Version: 2, Type: Billing, Verdict: address.Invalid, Fields: []string{"label"}, Address: with(bad, func(a *Address) { a.Label, a.Version = "Old", 2 })}}},
		{name: "an invalid one without a reason has one", given: []Event{ada}, when: AddAddress{Strict: true, Address: with(a, func(a *Address) { a.Validation = Validation{Verdict: address.Invalid} })},
			refused: fault.ErrInvalid, pointers: []string{" address_invalid"}},
		{name: "a default that changes its type leaves the old one to the oldest", given: two, when: update("a", func(a *Address) { a.Type = Billing }),
			then: []Event{AddressUpdated{AddressID: "a", Version: 2, Type: Billing, Verdict: address.Valid, Fields: []string{"type"}, Address: with(a, func(a *Address) { a.Type, a.Version = Billing, 2 })},
				isDefault("b", "a"), DefaultAddressChanged{Type: Billing, AddressID: "a"}}},

		{name: "removing a default names the next", given: two, when: RemoveAddress{AddressID: "a"}, then: []Event{AddressRemoved{"a", Shipping}, isDefault("b", "a")}},
		{name: "or none", given: two[:3], when: RemoveAddress{AddressID: "a"}, then: []Event{AddressRemoved{"a", Shipping}, isDefault("", "a")}},
		{name: "removing another changes no default", given: two, when: RemoveAddress{AddressID: "b"}, then: []Event{AddressRemoved{"b", Shipping}}},
		{name: "removing another version", given: two, when: RemoveAddress{AddressID: "b", IfMatch: ptr(int64(2))}, refused: fault.ErrPrecondition},

		{name: "another default", given: two, when: SetDefaultAddress{AddressID: "b", Type: Shipping}, then: []Event{isDefault("b", "a")}},
		{name: "the same default", given: two, when: SetDefaultAddress{AddressID: "a", Type: Shipping}},
		{name: "of another type", given: two, when: SetDefaultAddress{AddressID: "a", Type: Billing}, refused: fault.ErrInvalid, pointers: []string{"/type other_type"}},
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
			a.City = rapid.StringMatching(`[A-C]`).Draw(t, "city")
			c := rapid.SampledFrom([]Command{AddAddress{Address: a, Default: step%2 == 0}, update(id, func(x *Address) { x.City, x.Type = a.City, a.Type }),
				RemoveAddress{AddressID: id}, SetDefaultAddress{AddressID: id, Type: a.Type}}).Draw(t, "command")
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
		AddressUpdated{AddressID: "a", Version: 2, Address: with(home("a", Billing), func(a *Address) { a.Version = 2 })}} {
		before := *s
		evolve(&before, e, event.Envelope{})
		if len(s.Addresses) != 2 || !s.Addresses["a"].IsDefault || s.Addresses["b"].IsDefault || len(s.Internal.AddressVersions["a"]) != 1 {
			t.Fatalf("%T changed what others read", e)
		}
	}
}

func TestAPositionThatWasGivenGoesWithThePlace(t *testing.T) {
	at := &address.Coordinates{Latitude: 1, Longitude: 2, Precision: address.Provided}
	a := with(home("a", Shipping), func(a *Address) { a.Coordinates = at })
	for _, tc := range []struct {
		name  string
		patch func(*Address)
		want  *address.Coordinates
		moved bool
	}{
		{"a label", func(a *Address) { a.Label = "x" }, at, false},
		{"another city", func(a *Address) { a.City = "Basel" }, nil, true},
		{"another city with its position", func(a *Address) {
			a.City, a.Coordinates = "Basel", &address.Coordinates{Latitude: 3, Precision: address.Provided}
		}, &address.Coordinates{Latitude: 3, Precision: address.Provided}, true},
		{"find it again", func(a *Address) { a.Coordinates = nil }, nil, true},
	} {
		after := Patched(a, func(a Address) Address { return with(a, tc.patch) })
		if (tc.want == nil) != (after.Coordinates == nil) || tc.want != nil && *after.Coordinates != *tc.want || Moved(a, after) != tc.moved {
			t.Errorf("%s: %+v, moved %v", tc.name, after.Coordinates, Moved(a, after))
		}
	}
}

// What was typed stays on record when the corrected text is validated again.
func TestWhatWasCorrectedStaysOnRecord(t *testing.T) {
	typed := address.Correction{Field: "postalCode", From: "CH-3011", To: "3011", Reason: "format", Applied: true}
	a := with(home("a", Shipping), func(a *Address) {
		a.Validation = Validation{Verdict: address.Corrected, Corrections: []address.Correction{typed}}
	})
	s := given(ada, added(a))
	again := found(with(a, func(a *Address) { a.Validation = Validation{Verdict: address.Valid, Provider: "oracle"} }))
	events, err := UpdateAddress{AddressID: "a", Patch: same, Found: again}.Decide(s)
	if err != nil || len(events) != 1 {
		t.Fatal(events, err)
	}
	got := events[0].(AddressUpdated).Address.Validation
	if got.Verdict != address.Corrected || len(got.Corrections) != 1 || got.Corrections[0] != typed || got.Provider != "oracle" {
		t.Errorf("%+v", got)
	}
	moved := func(a Address) Address { a.PostalCode = "4051"; return a }
	other := found(moved(a))
	other.Validation = Validation{Verdict: address.Valid}
	events, _ = UpdateAddress{AddressID: "a", Patch: moved, Found: other}.Decide(s)
	if v := events[0].(AddressUpdated).Address.Validation; v.Verdict != address.Valid || len(v.Corrections) != 0 {
		t.Errorf("what was corrected of another code: %+v", v)
	}
}

func TestTheReasonIsAWordOfOurs(t *testing.T) {
	failed := func(code string) []address.Check {
		return []address.Check{{Outcome: address.Passed}, {Outcome: address.Failed, Code: code}}
	}
	for want, v := range map[string]Validation{
		"":                     {Verdict: address.Valid, Checks: failed("postal_code_invalid")},
		"case":                 {Verdict: address.Corrected, Corrections: []address.Correction{{Reason: "case"}}},
		"provider_unavailable": {Verdict: address.Unverifiable, Pending: true},
		"postal_code_invalid":  {Verdict: address.Invalid, Checks: failed("postal_code_invalid")},
		"provider":             {Verdict: address.Invalid, Checks: failed("whatever_it_invents"), Provider: "x"},
		"nothing_to_check":     {Verdict: address.Unverifiable},
	} {
		if got := v.Reason(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
