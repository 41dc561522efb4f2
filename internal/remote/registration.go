package remote

// Registration is a customer to be made, as the API takes it. Empty members
// are left out. It checks nothing: the rules are the service's.
type Registration struct {
	Type        string            `json:"type,omitempty"`
	UserID      string            `json:"userId,omitempty"`
	ExternalIDs map[string]string `json:"externalIds,omitempty"`
	Name        Name              `json:"name,omitzero"`
	Email       string            `json:"email,omitempty"`
	Phone       string            `json:"phone,omitempty"` // with its country code
	Profile     Profile           `json:"profile,omitzero"`
	Tags        []string          `json:"tags,omitempty"`
	Addresses   []Address         `json:"addresses,omitempty"`
}

// Address is a postal address of a registration.
type Address struct {
	Type              string   `json:"type"` // shipping, billing or business
	Label             string   `json:"label,omitempty"`
	Recipient         string   `json:"recipient,omitempty"`
	Company           string   `json:"company,omitempty"`
	Street            []string `json:"street,omitempty"`
	DependentLocality string   `json:"dependentLocality,omitempty"`
	City              string   `json:"city,omitempty"`
	State             string   `json:"state,omitempty"`
	PostalCode        string   `json:"postalCode,omitempty"`
	SortingCode       string   `json:"sortingCode,omitempty"`
	Country           string   `json:"country"` // ISO 3166-1 alpha-2
	Phone             string   `json:"phone,omitempty"`
	IsDefault         bool     `json:"isDefault,omitempty"`
}

// Name is a person's name; people with a single name have one part.
type Name struct {
	Given     string `json:"given,omitempty"`
	Middle    string `json:"middle,omitempty"`
	Family    string `json:"family,omitempty"`
	Prefix    string `json:"prefix,omitempty"`
	Suffix    string `json:"suffix,omitempty"`
	Preferred string `json:"preferred,omitempty"`
}

// Profile is who a customer is beyond the name.
type Profile struct {
	DateOfBirth string     `json:"dateOfBirth,omitempty"` // ISO 8601 date
	Gender      string     `json:"gender,omitempty"`
	Locale      string     `json:"locale,omitempty"`   // BCP 47
	Timezone    string     `json:"timezone,omitempty"` // IANA
	Currency    string     `json:"currency,omitempty"` // ISO 4217
	Attributes  Attributes `json:"attributes,omitempty"`
}

// Attributes are custom values: a string, a float64 or a bool each.
type Attributes map[string]any

// IsZero lets omitzero leave out an empty profile.
func (p Profile) IsZero() bool {
	return p.DateOfBirth == "" && p.Gender == "" && p.Locale == "" && p.Timezone == "" && p.Currency == "" && len(p.Attributes) == 0
}
