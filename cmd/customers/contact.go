package main

import (
	"context"
	"fmt"
	"html/template"
	"os"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/acme/customers/internal/consent"
	"github.com/acme/customers/internal/contact"
	"github.com/acme/customers/internal/httpapi"
	"github.com/acme/customers/internal/link"
	"github.com/acme/customers/internal/reactor"
	"github.com/acme/customers/internal/telemetry"
	"github.com/acme/customers/internal/vault"
)

// contactRules are the built-in ones, or those of a file.
func contactRules(path string) (*contact.Rules, error) {
	if path == "" {
		return contact.DefaultRules(), nil
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	rules, err := contact.ParseRules(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return rules, nil
}

// linkSealer has its key from the keyring: it is the same on all instances.
func linkSealer(ctx context.Context, v *vault.Vault) (*link.Sealer, error) {
	keys, err := v.Service(ctx, "preference-links")
	if err != nil {
		return nil, err
	}
	return link.NewSealer(keys.Derive("customers/preference-link/xchacha20poly1305", nil))
}

// linkPage is a page of one's own for links, nil for ours.
func linkPage(path string) (*template.Template, error) {
	if path == "" {
		return nil, nil
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	page, err := httpapi.ParseLinkPage(string(raw))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return page, nil
}

type rulesCmd struct{}

// Run prints the built-in rules, to begin a file with.
func (rulesCmd) Run(c console) error {
	raw, err := contact.DefaultRules().JSON()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.out, "%s\n", raw)
	return err
}

// openContact counts contact decisions by outcome and by the rules that stood
// in the way, and acts about consents.
func (s *service) openContact(context.Context) error {
	decisions, err := s.tel.Meter.Int64Counter("customers.contact.decisions", metric.WithDescription("Contact decisions by outcome."))
	if err != nil {
		return err
	}
	rules, err := s.tel.Meter.Int64Counter("customers.contact.rules", metric.WithDescription("Rules that denied or deferred a contact."))
	if err != nil {
		return err
	}
	acts, err := s.tel.Meter.Int64Counter("customers.consents.acts", metric.WithDescription("Acts about consents that were recorded, by purpose and what they lead to."))
	if err != nil {
		return err
	}
	s.acted = func(purpose string, to consent.Status) {
		acts.Add(context.Background(), 1, metric.WithAttributes(attribute.String("purpose", purpose), attribute.String("status", string(to))))
	}
	s.decided = func(d *contact.Decision) {
		decisions.Add(context.Background(), 1, metric.WithAttributes(attribute.String("outcome", string(d.Outcome))))
		for _, r := range d.Reasons {
			if r.Outcome != contact.Allow {
				rules.Add(context.Background(), 1, metric.WithAttributes(attribute.String("rule", r.Rule), attribute.String("code", r.Code)))
			}
		}
	}
	return nil
}

// expiryLease is how long the ends of consents wait when the instance that
// records them dies.
const expiryLease = 3 * time.Second

// endConsents records the ends of consents when they come.
func (s *service) endConsents(ctx context.Context) error {
	x := reactor.Expiry{Ends: s.model.Ends(), End: s.app.EndConsents, Clock: time.Now, Log: s.log,
		Mine: func(ctx context.Context) (bool, error) {
			return s.leads(ctx, "consents", expiryLease)
		}}
	return x.Run(ctx)
}

// consentGauges are read when they are scraped.
func (s *service) consentGauges() []telemetry.Gauge {
	ends := s.model.Ends()
	gauges := []telemetry.Gauge{
		{Name: "customers.consents.ends", Doc: "Ends of consents that are waited for.", Read: func(context.Context) (float64, error) { return float64(ends.Len()), nil }},
		{Name: "customers.consents.late", Unit: "s", Doc: "How long the oldest end of a consent has waited to be recorded.", Read: func(context.Context) (float64, error) {
			if next := ends.Next(); !next.IsZero() {
				return max(0, time.Since(next).Seconds()), nil
			}
			return 0, nil
		}},
	}
	for i, p := range s.app.Coverage(0) {
		gauges = append(gauges, telemetry.Gauge{Name: "customers.consents.coverage", Unit: "1", Doc: "Share of customers of whom a status for the purpose is on record.",
			Attributes: []attribute.KeyValue{attribute.String("purpose", p.Purpose)}, Read: s.statistic(func(v statistics) float64 { return s.app.Coverage(v.Total)[i].Share })})
	}
	return gauges
}
