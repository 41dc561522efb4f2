package httpapi

import (
	"fmt"
	"time"

	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/customer"
)

// Customer is a customer as a caller may see it. What a caller may not see is
// absent and named in withheld, whether or not it has a value.
type Customer struct {
	ID             string                `json:"id" format:"uuid"`
	Number         string                `json:"number,omitempty" pattern:"^C-[0-9]{8,}$" doc:"For people"`
	Version        int64                 `json:"version,omitzero" doc:"Counts the customer's events"`
	UserID         string                `json:"userId,omitempty" doc:"The identity provider's user"`
	ExternalIDs    map[string]string     `json:"externalIds,omitempty" doc:"Ids in other systems, by system"`
	Type           string                `json:"type,omitempty" enum:"individual,business"`
	Status         string                `json:"status,omitempty" enum:"pending,active,inactive,archived"`
	Name           *Name                 `json:"name,omitempty"`
	Email          *Email                `json:"email,omitempty"`
	Phone          *Phone                `json:"phone,omitempty"`
	Profile        *Profile              `json:"profile,omitempty"`
	Tags           []string              `json:"tags,omitempty"`
	Completeness   *CustomerCompleteness `json:"completeness,omitempty"`
	RegisteredAt   time.Time             `json:"registeredAt,omitzero"`
	LastActivityAt time.Time             `json:"lastActivityAt,omitzero"`
	Withheld       []string              `json:"withheld,omitempty" doc:"Members that this caller may not see"`
}

// Name is a person's name, or a company's in family. People with a single name
// have only one part.
type Name struct {
	Given     string `json:"given,omitempty" maxLength:"100"`
	Middle    string `json:"middle,omitempty" maxLength:"100"`
	Family    string `json:"family,omitempty" maxLength:"100"`
	Prefix    string `json:"prefix,omitempty" maxLength:"100"`
	Suffix    string `json:"suffix,omitempty" maxLength:"100"`
	Preferred string `json:"preferred,omitempty" maxLength:"100"`
}

// Email is an address and whether it was proven.
type Email struct {
	Address  string `json:"address"`
	Verified bool   `json:"verified"`
}

// Phone is a number in E.164 and whether it was proven.
type Phone struct {
	Number   string `json:"number"`
	Verified bool   `json:"verified"`
}

// Profile is who a customer is beyond the name.
type Profile struct {
	DateOfBirth string         `json:"dateOfBirth,omitempty" format:"date"`
	Gender      string         `json:"gender,omitempty" maxLength:"50" doc:"In the customer's own words"`
	Locale      string         `json:"locale,omitempty" doc:"BCP 47, like de-CH"`
	Timezone    string         `json:"timezone,omitempty" doc:"IANA name, like Europe/Zurich"`
	Currency    string         `json:"currency,omitempty" doc:"ISO 4217, like CHF"`
	Attributes  map[string]any `json:"attributes,omitempty" doc:"Up to 50 strings, numbers or booleans of your own"`
}

// CustomerCompleteness is how much of a profile there is.
type CustomerCompleteness struct {
	Score   int      `json:"score" minimum:"0" maximum:"100"`
	Missing []string `json:"missing" doc:"What is missing for 100"`
}

// render shows what the mask allows. The only place that turns a state into a
// resource.
func render(v app.View) *Customer {
	s, m := v.Customer.State, v.Mask
	out := &Customer{ID: v.ID.String(), Withheld: m.Withheld()}
	if m.Has(authz.FieldIdentity) {
		out.Number, out.Version = number(v), v.Customer.Version
		out.Type, out.Status, out.RegisteredAt = string(s.Type), string(s.Status), s.RegisteredAt.UTC()
	}
	if m.Has(authz.FieldName) && s.Name != (customer.Name{}) {
		out.Name = &Name{s.Name.Given, s.Name.Middle, s.Name.Family, s.Name.Prefix, s.Name.Suffix, s.Name.Preferred}
	}
	if m.Has(authz.FieldContact) {
		if s.Email.Address != "" {
			out.Email = &Email{s.Email.Address, s.Email.Verified}
		}
		if s.Phone.Number != "" {
			out.Phone = &Phone{s.Phone.Number, s.Phone.Verified}
		}
	}
	if m.Has(authz.FieldUserID) {
		out.UserID = s.UserID
	}
	if m.Has(authz.FieldExternalIDs) {
		out.ExternalIDs = s.ExternalIDs
	}
	if m.Has(authz.FieldTags) {
		out.Tags = s.Tags
	}
	if m.Has(authz.FieldCompleteness) {
		out.Completeness = completeness(v)
	}
	if m.Has(authz.FieldActivity) {
		out.LastActivityAt = v.LastActivityAt().UTC()
	}
	out.Profile = profile(s.Profile, m)
	return out
}

func profile(p customer.Profile, m authz.FieldMask) *Profile {
	var out Profile
	if m.Has(authz.FieldDateOfBirth) {
		out.DateOfBirth = p.DateOfBirth
	}
	if m.Has(authz.FieldDemographics) {
		out.Gender, out.Locale, out.Timezone, out.Currency = p.Gender, p.Locale, p.Timezone, p.Currency
	}
	if m.Has(authz.FieldAttributes) {
		out.Attributes = p.Attributes
	}
	if out.DateOfBirth == "" && out.Gender == "" && out.Locale == "" && out.Timezone == "" && out.Currency == "" && len(out.Attributes) == 0 {
		return nil
	}
	return &out
}

func completeness(v app.View) *CustomerCompleteness { return &CustomerCompleteness{v.Score, v.Missing} }

func number(v app.View) string { return fmt.Sprintf("C-%08d", v.Customer.Row.Number) }
