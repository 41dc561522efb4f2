package customer

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/acme/customers/internal/address"
)

// changedFields names the members of the resource that differ.
func changedFields(before, after Address) (names []string) {
	x, y := reflect.ValueOf(before), reflect.ValueOf(after)
	for _, f := range reflect.VisibleFields(x.Type()) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch name {
		case "", "version", "isDefault":
			continue
		case "validation":
			if sameEvidence(before.Validation, after.Validation) {
				continue
			}
		}
		if !reflect.DeepEqual(x.FieldByIndex(f.Index).Interface(), y.FieldByIndex(f.Index).Interface()) {
			names = append(names, name)
		}
	}
	return names
}

// sameEvidence tells whether a validation found the same again.
func sameEvidence(a, b Validation) bool {
	a.At = b.At
	return reflect.DeepEqual(a, b)
}

// The longest texts, in characters: what post offices print.
const (
	maxAddressText = 100
	maxStreetLine  = 200
	maxStreetLines = 5
	maxCodeText    = 20
)

// address checks the texts of an address and, where strict, its validation.
func (p *problems) address(a Address, strict bool) Address {
	if !slices.Contains([]AddressType{Shipping, Billing, BusinessAddress}, a.Type) {
		p.add("/type", "invalid_address_type", "a type is shipping, billing or business")
	}
	for _, part := range []struct {
		pointer string
		value   *string
		max     int
	}{
		{"/label", &a.Label, maxAddressText}, {"/recipient", &a.Recipient, maxAddressText}, {"/company", &a.Company, maxAddressText},
		{"/dependentLocality", &a.DependentLocality, maxAddressText}, {"/city", &a.City, maxAddressText}, {"/state", &a.State, maxAddressText},
		{"/postalCode", &a.PostalCode, maxCodeText}, {"/sortingCode", &a.SortingCode, maxCodeText}, {"/country", &a.Country, 2},
	} {
		*part.value = p.text(part.pointer, *part.value, part.max)
	}
	if len(a.Street) > maxStreetLines {
		p.add("/street", "too_many", "a street has at most five lines")
		a.Street = nil
	}
	a.Street = slices.Clone(a.Street)
	for i := range a.Street {
		a.Street[i] = p.text("/street/"+strconv.Itoa(i), a.Street[i], maxStreetLine)
	}
	if a.Phone != "" {
		a.Phone = p.phone("/phone", a.Phone)
	}
	if c := a.Coordinates; c != nil && !(c.Latitude >= -90 && c.Latitude <= 90 && c.Longitude >= -180 && c.Longitude <= 180) {
		p.add("/coordinates", "invalid_coordinates", "a latitude is -90 to 90 and a longitude -180 to 180 degrees")
	}
	if strict && a.Validation.Verdict == address.Invalid {
		p.failedChecks(a.Validation.Checks)
	}
	return a
}

// CheckAddress tells what is wrong with the texts of an address, before anybody
// is asked about it.
func CheckAddress(a Address) error {
	var p problems
	p.address(a, false)
	return p.err()
}

// failedChecks tells why an address is refused.
func (p *problems) failedChecks(checks []address.Check) {
	before := len(*p)
	for _, c := range checks {
		if c.Outcome != address.Failed {
			continue
		}
		pointer := ""
		if c.Field != "" {
			pointer = "/" + c.Field
		}
		message, known := checkMessages[c.Code]
		if !known {
			message = "the address provider says so"
		}
		p.add(pointer, c.Code, message)
	}
	if len(*p) == before {
		p.add("", "address_invalid", "the address provider knows no such address")
	}
}

// checkMessages say what a failed check means; none repeats a value.
var checkMessages = map[string]string{
	"missing":               "an address of this country needs it",
	"country_unknown":       "this is no country's code (ISO 3166-1 alpha-2)",
	"postal_code_invalid":   "this is no postal code of the country",
	"postal_code_elsewhere": "the postal code belongs to another area",
	"state_unknown":         "the country has no such area",
	"city_invalid":          "a city has a name",
}
