// Package address knows postal addresses: how each country writes them, what
// makes one valid, and roughly where it is. Everything it knows is embedded: it
// reads no clock, no network and no disk. Whoever knows more (every door, say)
// implements Provider, one folder below.
package address

import (
	"context"
	"strings"
)

// Address is a postal address. Street holds its lines in their order; the
// smallest area is the dependent locality (a neighbourhood or suburb), then
// city, then state (the country's administrative area, by its code where there
// is one). The JSON names are those of the API.
type Address struct {
	Recipient         string   `json:"recipient,omitempty"`
	Company           string   `json:"company,omitempty"`
	Street            []string `json:"street,omitempty"`
	DependentLocality string   `json:"dependentLocality,omitempty"`
	City              string   `json:"city,omitempty"`
	State             string   `json:"state,omitempty"`
	PostalCode        string   `json:"postalCode,omitempty"`
	SortingCode       string   `json:"sortingCode,omitempty"`
	Country           string   `json:"country"` // ISO 3166-1 alpha-2
}

// Field gives a field by its JSON name, a street as its lines joined.
func (a *Address) Field(name string) string {
	switch name {
	case "country":
		return a.Country
	case "street":
		return strings.Join(a.Street, "\n")
	}
	for i, text := range a.values().texts {
		if fieldNames[i] == name {
			return text
		}
	}
	return ""
}

// Verdict sums up what is known of an address.
type Verdict string

// The verdicts, from best to worst.
const (
	Valid        Verdict = "valid"        // nothing speaks against it
	Corrected    Verdict = "corrected"    // valid after, or with, corrections
	Unverifiable Verdict = "unverifiable" // too little is known, or whoever knows did not answer
	Invalid      Verdict = "invalid"      // it cannot be right
)

// Outcome is what one check found.
type Outcome string

// The outcomes.
const (
	Passed    Outcome = "passed"
	Failed    Outcome = "failed"
	Unknown   Outcome = "unknown"   // nothing is known to check it against
	Overruled Outcome = "overruled" // failed, and the provider knows better
)

// Check is one check and what it found. Names and codes are stable; Field is a
// JSON name of Address, or "" where it is about the whole. None repeats a value.
type Check struct {
	Name    string  `json:"name"` // "postal_code_format"
	Field   string  `json:"field,omitempty"`
	Outcome Outcome `json:"outcome"`
	Code    string  `json:"code,omitempty"` // why it failed: "postal_code_invalid"
}

// Correction is one field as it was given and as it should be. A formal one
// (case, spacing, a code for a name) has been applied; one of substance is a
// suggestion, for only the customer can know.
type Correction struct {
	Field   string `json:"field"`
	From    string `json:"from,omitempty"`
	To      string `json:"to"`
	Reason  string `json:"reason"` // "case", "format", "code", "spelling", "replaced", "inferred"
	Applied bool   `json:"applied"`
}

// Precision says what a position is the position of.
type Precision string

// The precisions, from best to worst.
const (
	Provided Precision = "provided" // given with the address
	Rooftop  Precision = "rooftop"  // of the building
	Postcode Precision = "postcode" // of the postal code's middle
	Place    Precision = "place"    // of the city's middle
)

// Coordinates are a position (WGS 84, in degrees), how good it is and who says
// so.
type Coordinates struct {
	Latitude  float64   `json:"latitude"`
	Longitude float64   `json:"longitude"`
	Precision Precision `json:"precision"`
	Source    string    `json:"source"` // "customer", "geonames", a provider's name
}

// Opinion is what a Provider says of an address.
type Opinion struct {
	Verdict     Verdict
	Checks      []Check
	Corrections []Correction // suggestions: Applied is false
	Coordinates *Coordinates // nil: it does not know
}

// Provider asks somebody who knows more than the tables.
type Provider interface {
	// Name is kept with the opinion: "google".
	Name() string
	// Check gives an opinion. An error means that there is none, whatever the
	// reason; it never holds any part of the address.
	Check(ctx context.Context, a Address) (Opinion, error)
}
