package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/acme/customers/internal/address"
	"github.com/acme/customers/internal/address/contract"
	"github.com/acme/customers/internal/address/google"
	"github.com/acme/customers/internal/address/guard"
	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/httpapi"
	"github.com/acme/customers/internal/index"
	"github.com/acme/customers/internal/telemetry"
)

// pendingEvery is how often the provider is asked again about what it did not
// answer.
const pendingEvery = 30 * time.Second

// openAddresses builds the validator, and the provider where one is set.
func (s *service) openAddresses(context.Context) error {
	verdicts, err := s.tel.Meter.Int64Counter("customers.address.validations",
		metric.WithDescription("Addresses that were handed in, by country, verdict and reason."))
	if err != nil {
		return err
	}
	s.validated = func(a *customer.Address) {
		country := a.Country
		if address.FormatOf(country) == nil {
			country = "none" // what callers invent is no label
		}
		verdicts.Add(context.Background(), 1, metric.WithAttributes(attribute.String("country", country),
			attribute.String("verdict", string(a.Validation.Verdict)), attribute.String("reason", a.Validation.Reason())))
	}
	s.addresses = &address.Validator{}
	provider, err := openProvider(s.cfg)
	if err != nil || provider == nil {
		return err
	}
	took, err := s.tel.Meter.Float64Histogram("customers.address.provider.duration", metric.WithUnit("s"),
		metric.WithDescription("How long the address provider took, by outcome."),
		metric.WithExplicitBucketBoundaries(.005, .01, .025, .05, .1, .25, .5, 1, 2.5))
	if err != nil {
		return err
	}
	s.provider = guard.New(provider, guard.Config{Wait: s.cfg.AddressWait, Observe: func(outcome string, d time.Duration) {
		took.Record(context.Background(), d.Seconds(), metric.WithAttributes(attribute.String("outcome", outcome)))
	}})
	s.addresses.Provider = s.provider
	s.patient = &address.Validator{Provider: s.provider.Patient()}
	s.onClose(func() { s.provider.Close(); provider.Close() })
	return nil
}

// closer is a provider with connections.
type closer interface {
	address.Provider
	Close()
}

// openProvider is nil where none is set.
func openProvider(cfg *config) (closer, error) {
	switch cfg.AddressProvider {
	case "":
		return nil, nil
	case google.Name:
		return google.New(google.Config{Key: string(cfg.AddressKey)})
	}
	u, err := url.Parse(cfg.AddressProvider)
	if err != nil || u.Host == "" {
		return nil, coded{exitUsage, errors.New("--address-provider is neither google nor https://…")}
	}
	p, err := contract.New(contract.Config{Name: "external", URL: u, Token: string(cfg.AddressKey)})
	if err != nil {
		return nil, coded{exitUsage, err}
	}
	return p, nil
}

// strict is the set of sources whose invalid addresses are refused.
func (c *config) strict() map[string]bool {
	out := map[string]bool{}
	for _, source := range c.AddressStrict {
		out[source] = true
	}
	return out
}

// addressSources may be strict.
var addressSources = []string{"api", "import"}

func (c *config) checkAddresses() error {
	if c.AddressWait <= 0 {
		return errors.New("--address-wait must be positive")
	}
	for _, source := range c.AddressStrict {
		if !slices.Contains(addressSources, source) {
			return errors.New("--address-strict may name api and import")
		}
	}
	return nil
}

// addressGauges show the provider's state and what waits for it.
func (s *service) addressGauges() []telemetry.Gauge {
	gauges := []telemetry.Gauge{
		{Name: "customers.addresses", Doc: "Addresses.", Read: s.statistic(func(v statistics) float64 { return float64(v.Addresses.Total) })},
		{Name: "customers.addresses.validated", Unit: "1", Doc: "Share of addresses that are valid or corrected.",
			Read: s.statistic(func(v statistics) float64 { return v.Addresses.Validated })},
		{Name: "customers.addresses.pending", Doc: "Customers with an address about which the provider has not answered.", Read: func(ctx context.Context) (float64, error) {
			ids, err := s.model.Having(ctx, index.AddressPending)
			return float64(len(ids)), err
		}},
	}
	if s.provider == nil {
		return gauges
	}
	return append(gauges, telemetry.Gauge{Name: "customers.address.provider.open", Doc: "1 while requests do not ask the provider, because it does not answer in time.",
		Read: func(context.Context) (float64, error) {
			if s.provider.State() == "closed" {
				return 0, nil
			}
			return 1, nil // half open, too: requests do not ask then
		}})
}

// providerCheck tells whether the provider is asked. It never makes an instance
// unready: without a provider addresses are stored all the same.
func (s *service) providerCheck() []httpapi.Check {
	if s.provider == nil {
		return nil
	}
	return []httpapi.Check{{Name: "address_provider", Optional: true, Ask: func(context.Context) error {
		if s.provider.State() != "closed" {
			return fault.ErrUnavailable
		}
		return nil
	}}}
}

// askAgain asks the provider about what it has not answered, now and then.
func (s *service) askAgain(ctx context.Context) error {
	if s.provider == nil {
		<-ctx.Done()
		return nil
	}
	tick := time.NewTicker(pendingEvery)
	defer tick.Stop()
	for after := uuid.Nil; ; {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
		s.tidy(ctx, "addresses", func() error { return s.askPending(ctx, &after) })
	}
}

// askPending makes one round, on one instance of many: a round may take longer
// than the lease, so it is extended before each address. after is where the
// round before ended.
func (s *service) askPending(ctx context.Context, after *uuid.UUID) error {
	done, err := s.app.RevalidatePending(ctx, *after, func(ctx context.Context) (bool, error) {
		return s.leads(ctx, "addresses", 2*pendingEvery)
	})
	if done.Last != uuid.Nil {
		*after = done.Last
	}
	return err
}

type addressesCmd struct {
	Revalidate revalidateCmd `cmd:"" help:"Validate all addresses again, and store what is found where it differs."`
}

type revalidateCmd struct{ serviceFlags }

// Run shows how far it is.
func (r revalidateCmd) Run(ctx context.Context, c console) error {
	var last struct {
		Customers, Of, Addresses, Changed, Pending int64
		Done                                       bool
		Code                                       string
	}
	err := follow(ctx, r.client(authz.RoleAdmin), "/v1/addresses/revalidate", func(raw []byte) error {
		if err := json.Unmarshal(raw, &last); err != nil {
			return errors.New("the service's report cannot be read")
		}
		c.step("%d of %d customers", last.Customers, last.Of)
		return nil
	})
	c.stepped()
	switch {
	case err != nil:
		return err
	case last.Code != "":
		return fmt.Errorf("not all addresses could be looked at: %s", last.Code)
	case !last.Done:
		return errors.New("the report broke off")
	}
	fmt.Fprintf(c.out, "%d addresses of %d customers were validated again: %d changed, %d wait for the provider\n", last.Addresses, last.Customers, last.Changed, last.Pending)
	return nil
}
