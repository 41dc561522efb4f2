// Package google asks Google's Address Validation API about an address.
//
// Source: Google Maps Platform, "Address Validation API", REST reference
// v1.validateAddress; and "Build your validation logic" there. Who turns this on
// sends customers' addresses to Google: it needs a contract and a place in the
// record of processing.
package google

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/go-json-experiment/json"

	"github.com/acme/customers/internal/address"
	"github.com/acme/customers/internal/outbound"
)

// Endpoint is the API's base.
const Endpoint = "https://addressvalidation.googleapis.com"

// Name is the provider's, and the source of its coordinates.
const Name = "google"

// Config says where the API is and who asks.
type Config struct {
	Base *url.URL // nil: Endpoint; see outbound.New for what is allowed
	Key  string   // an API key of Google Cloud
}

// Provider asks the API once per call: timeout, retries and circuit breaker are
// the guard's. Use New.
type Provider struct {
	client *outbound.Client
	key    string
}

// New checks the configuration; it calls nobody.
func New(cfg Config) (*Provider, error) {
	if cfg.Key == "" {
		return nil, errors.New("google: an API key is needed")
	}
	base := cfg.Base
	if base == nil {
		base, _ = url.Parse(Endpoint) // a constant
	}
	client, err := outbound.New(base)
	if err != nil {
		return nil, err
	}
	return &Provider{client: client, key: cfg.Key}, nil
}

// Close closes idle connections.
func (p *Provider) Close() { p.client.Close() }

// Name is part of address.Provider.
func (p *Provider) Name() string { return Name }

// request is the body of v1.validateAddress. PostalAddress also has recipients
// and organization: they are left out, for the API needs neither to know a
// place, and who lives there is not Google's business (GDPR, article 5 (1) c).
type request struct {
	Address postalAddress `json:"address"`
	USPS    bool          `json:"enableUspsCass"`
}

// postalAddress is google.type.PostalAddress, as sent and as answered.
type postalAddress struct {
	RegionCode         string   `json:"regionCode"`
	AddressLines       []string `json:"addressLines,omitempty"`
	AdministrativeArea string   `json:"administrativeArea,omitempty"`
	Locality           string   `json:"locality,omitempty"`
	Sublocality        string   `json:"sublocality,omitempty"`
	PostalCode         string   `json:"postalCode,omitempty"`
	SortingCode        string   `json:"sortingCode,omitempty"`
}

// Check is part of address.Provider. The key goes into a header, for addresses
// of requests end in logs. Every error is an *outbound.Error.
func (p *Provider) Check(ctx context.Context, a address.Address) (address.Opinion, error) {
	body, err := json.Marshal(request{Address: postalAddress{
		RegionCode: a.Country, AddressLines: a.Street, AdministrativeArea: a.State, Locality: a.City,
		Sublocality: a.DependentLocality, PostalCode: a.PostalCode, SortingCode: a.SortingCode,
	}})
	if err != nil { // text that is not UTF-8; the library's error repeats it
		return address.Opinion{}, outbound.Unsendable("not_utf8")
	}
	answer, err := p.client.Post(ctx, "v1:validateAddress", http.Header{"X-Goog-Api-Key": {p.key}}, body)
	if err != nil {
		return address.Opinion{}, err
	}
	return decode(answer, a)
}
