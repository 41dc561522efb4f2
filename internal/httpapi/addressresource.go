package httpapi

import (
	"math"
	"time"

	"github.com/acme/customers/internal/address"
	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/customer"
)

// Address is an address of a customer. A caller that may not see addresses
// sees that there is one; the rest is named in withheld.
type Address struct {
	ID      string `json:"id" format:"uuid"`
	Version int64  `json:"version" doc:"Counts the changes of this address; every version stays readable"`
	Type    string `json:"type" enum:"shipping,billing,business"`
	Label   string `json:"label,omitempty"`
	AddressLines
	Phone       string              `json:"phone,omitempty" doc:"Whom to call about a delivery, E.164"`
	IsDefault   *bool               `json:"isDefault,omitempty" doc:"Of its type; absent of a version"`
	IsValidated bool                `json:"isValidated" doc:"The verdict is valid or corrected"`
	Validation  *AddressValidation  `json:"validation,omitempty"`
	Coordinates *AddressCoordinates `json:"coordinates,omitempty"`
	Formatted   *FormattedAddress   `json:"formatted,omitempty"`
	Withheld    []string            `json:"withheld,omitempty" doc:"Members that this caller may not see"`
}

// AddressLines is the postal address itself.
type AddressLines struct {
	Recipient         string   `json:"recipient,omitempty" maxLength:"100"`
	Company           string   `json:"company,omitempty" maxLength:"100"`
	Street            []string `json:"street,omitempty" maxItems:"5" doc:"One to five lines"`
	DependentLocality string   `json:"dependentLocality,omitempty" maxLength:"100" doc:"A suburb or neighbourhood within the city"`
	City              string   `json:"city,omitempty" maxLength:"100"`
	State             string   `json:"state,omitempty" maxLength:"100" doc:"The country's administrative area, by its code where it has one"`
	PostalCode        string   `json:"postalCode,omitempty" maxLength:"20"`
	SortingCode       string   `json:"sortingCode,omitempty" maxLength:"20" doc:"Such as CEDEX"`
	Country           string   `json:"country,omitempty" maxLength:"2" doc:"ISO 3166-1 alpha-2"`
}

func (l *AddressLines) domain() address.Address { return address.Address(*l) }

// AddressValidation is what was known of an address when it was stored.
type AddressValidation struct {
	Verdict     string              `json:"verdict" enum:"valid,corrected,unverifiable,invalid"`
	Checks      []AddressCheck      `json:"checks,omitempty"`
	Provider    string              `json:"provider,omitempty" doc:"Whose opinion it is; absent: our own tables"`
	At          time.Time           `json:"at"`
	Pending     bool                `json:"pending,omitzero" doc:"The provider did not answer, and is asked again"`
	Corrections []AddressCorrection `json:"corrections,omitempty"`
}

// AddressCheck is one check and what it found.
type AddressCheck struct {
	Name    string `json:"name"`
	Field   string `json:"field,omitempty"`
	Outcome string `json:"outcome" enum:"passed,failed,unknown,overruled"`
	Code    string `json:"code,omitempty"`
}

// AddressCorrection is one field as it was given and as it should be.
type AddressCorrection struct {
	Field   string `json:"field"`
	From    string `json:"from,omitempty"`
	To      string `json:"to" doc:"Empty: leave it out"`
	Reason  string `json:"reason"`
	Applied bool   `json:"applied" doc:"false: a suggestion, for only the customer can know"`
}

// AddressCoordinates is a position in degrees (WGS 84).
type AddressCoordinates struct {
	Latitude  float64 `json:"latitude" minimum:"-90" maximum:"90"`
	Longitude float64 `json:"longitude" minimum:"-180" maximum:"180"`
	Precision string  `json:"precision,omitempty" enum:"provided,rooftop,postcode,place"`
	Source    string  `json:"source,omitempty"`
}

// FormattedAddress is an address as its country writes it, line by line.
type FormattedAddress struct {
	Display []string `json:"display"`
	Label   []string `json:"label" doc:"With capital letters where the post wants them, and the country last"`
	Latin   []string `json:"latin,omitempty" doc:"The label in Latin order and names, where they differ"`
}

func formatted(a address.Address) *FormattedAddress {
	out := &FormattedAddress{Display: a.Lines(address.Style{}), Label: a.Lines(address.Style{Label: true, Foreign: true})}
	if f := address.FormatOf(a.Country); f != nil && f.LatinPattern != "" {
		out.Latin = a.Lines(address.Style{Label: true, Foreign: true, Latin: true})
	}
	return out
}

// renderAddress shows what the caller may see.
func renderAddress(v app.AddressView) *Address {
	a := &v.Address
	out := &Address{ID: a.ID, Version: a.Version, Type: string(a.Type), IsDefault: &a.IsDefault, IsValidated: a.Validation.Good()}
	if !v.Shown {
		out.Withheld = []string{"label", "recipient", "company", "street", "dependentLocality", "city", "state", "postalCode",
			"sortingCode", "country", "phone", "validation", "coordinates", "formatted"}
		return out
	}
	out.Label, out.AddressLines, out.Phone = a.Label, AddressLines(a.Address), a.Phone
	w := a.Validation
	out.Validation = &AddressValidation{Verdict: string(w.Verdict), Checks: checks(w.Checks), Provider: w.Provider, At: w.At.UTC(),
		Pending: w.Pending, Corrections: corrections(w.Corrections)}
	out.Coordinates = coordinates(a.Coordinates)
	out.Formatted = formatted(a.Address)
	return out
}

func checks(in []address.Check) (out []AddressCheck) {
	for _, c := range in {
		out = append(out, AddressCheck{c.Name, c.Field, string(c.Outcome), c.Code})
	}
	return out
}

func corrections(in []address.Correction) (out []AddressCorrection) {
	for _, c := range in {
		out = append(out, AddressCorrection(c))
	}
	return out
}

func coordinates(c *address.Coordinates) *AddressCoordinates {
	if c == nil {
		return nil
	}
	return &AddressCoordinates{c.Latitude, c.Longitude, string(c.Precision), c.Source}
}

// AddressPosition is where the customer says that an address is.
type AddressPosition struct {
	Latitude  *float64 `json:"latitude" minimum:"-90" maximum:"90"`
	Longitude *float64 `json:"longitude" minimum:"-180" maximum:"180"`
}

// domain gives a position with half of it missing as none that exists, which
// the rules refuse.
func (p *AddressPosition) domain() *address.Coordinates {
	if p == nil {
		return nil
	}
	at := &address.Coordinates{Latitude: math.NaN(), Longitude: math.NaN(), Precision: address.Provided, Source: "customer"}
	if p.Latitude != nil && p.Longitude != nil {
		at.Latitude, at.Longitude = *p.Latitude, *p.Longitude
	}
	return at
}

// AddressPatch changes what it names; null removes.
type AddressPatch struct {
	Type              string                    `json:"type,omitzero" enum:"shipping,billing,business"`
	Label             Optional[string]          `json:"label,omitzero" maxLength:"100"`
	Recipient         Optional[string]          `json:"recipient,omitzero" maxLength:"100"`
	Company           Optional[string]          `json:"company,omitzero" maxLength:"100"`
	Street            Optional[[]string]        `json:"street,omitzero" doc:"Replaces all lines"`
	DependentLocality Optional[string]          `json:"dependentLocality,omitzero" maxLength:"100"`
	City              Optional[string]          `json:"city,omitzero" maxLength:"100"`
	State             Optional[string]          `json:"state,omitzero" maxLength:"100"`
	PostalCode        Optional[string]          `json:"postalCode,omitzero" maxLength:"20"`
	SortingCode       Optional[string]          `json:"sortingCode,omitzero" maxLength:"20"`
	Country           Optional[string]          `json:"country,omitzero" maxLength:"2"`
	Phone             Optional[string]          `json:"phone,omitzero"`
	Coordinates       Optional[AddressPosition] `json:"coordinates,omitzero" doc:"null: find them again"`
}

// apply gives the address that a patch makes of another.
func (p *AddressPatch) apply(a customer.Address) customer.Address {
	if p.Type != "" {
		a.Type = customer.AddressType(p.Type)
	}
	for _, part := range []struct {
		patch Optional[string]
		value *string
	}{{p.Label, &a.Label}, {p.Recipient, &a.Recipient}, {p.Company, &a.Company}, {p.DependentLocality, &a.DependentLocality}, {p.City, &a.City},
		{p.State, &a.State}, {p.PostalCode, &a.PostalCode}, {p.SortingCode, &a.SortingCode}, {p.Country, &a.Country}, {p.Phone, &a.Phone}} {
		if part.patch.Set {
			*part.value = part.patch.Value
		}
	}
	if p.Street.Set {
		a.Street = p.Street.Value
	}
	if p.Coordinates.Set {
		a.Coordinates = nil
		if !p.Coordinates.Null {
			a.Coordinates = p.Coordinates.Value.domain()
		}
	}
	return a
}
