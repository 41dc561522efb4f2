// Package contract asks any provider that speaks one small JSON contract of
// ours about an address. Who wants another provider puts a translator beside it.
//
// Request: POST to the configured address with
//
//	{"address": {"street": ["…"], "dependentLocality": "…", "city": "…",
//	  "state": "…", "postalCode": "…", "sortingCode": "…", "country": "DE"}}
//
// and "Authorization: Bearer …" where a token is configured. Answer: 200 with
//
//	{"verdict": "valid|corrected|invalid|unverifiable",
//	 "checks": [{"name": "…", "field": "…", "outcome": "passed|failed|unknown", "code": "…"}],
//	 "corrections": [{"field": "…", "to": "…", "reason": "case|format|code|spelling|replaced|inferred"}],
//	 "coordinates": {"latitude": 0.0, "longitude": 0.0, "precision": "rooftop|postcode|place"}}
//
// Only verdict is needed. Other members are ignored; a member that breaks a
// rule makes the whole answer an error, for it is kept with the customer.
package contract

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/acme/customers/internal/address"
	"github.com/acme/customers/internal/outbound"
)

// Config says whom to ask.
type Config struct {
	Name  string   // of the provider, kept with its opinions; [a-z0-9_]{1,64}
	URL   *url.URL // see outbound.New for what is allowed
	Token string   // for "Authorization: Bearer"; "": none
}

// Provider asks once per call: timeout, retries and circuit breaker are the
// guard's. Use New.
type Provider struct {
	client *outbound.Client
	name   string
	header http.Header
}

// New checks the configuration; it calls nobody.
func New(cfg Config) (*Provider, error) {
	if !isCode(cfg.Name) {
		return nil, errors.New("contract: the provider's name must be 1 to 64 of a-z, 0-9 and _")
	}
	if strings.ContainsFunc(cfg.Token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, errors.New("contract: the token must be visible ASCII")
	}
	client, err := outbound.New(cfg.URL)
	if err != nil {
		return nil, err
	}
	p := &Provider{client: client, name: cfg.Name, header: http.Header{}}
	if cfg.Token != "" {
		p.header.Set("Authorization", "Bearer "+cfg.Token)
	}
	return p, nil
}

// Close closes idle connections.
func (p *Provider) Close() { p.client.Close() }

// Name is part of address.Provider.
func (p *Provider) Name() string { return p.name }

// Check is part of address.Provider. Recipient and company stay here: a place
// is known without who lives there (GDPR, article 5 (1) c). Every error is an
// *outbound.Error.
func (p *Provider) Check(ctx context.Context, a address.Address) (address.Opinion, error) {
	a.Recipient, a.Company = "", ""
	body, err := json.Marshal(struct {
		Address address.Address `json:"address"`
	}{a})
	if err != nil { // text that is not UTF-8; the library's error repeats it
		return address.Opinion{}, outbound.Unsendable("not_utf8")
	}
	answer, err := p.client.Post(ctx, "", p.header, body)
	if err != nil {
		return address.Opinion{}, err
	}
	return decode(answer, a, p.name)
}
