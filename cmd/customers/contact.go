package main

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/acme/customers/internal/contact"
)

// openContact counts contact decisions by outcome and by the rules that stood
// in the way.
func (s *service) openContact(context.Context) error {
	decisions, err := s.tel.Meter.Int64Counter("customers.contact.decisions", metric.WithDescription("Contact decisions by outcome."))
	if err != nil {
		return err
	}
	rules, err := s.tel.Meter.Int64Counter("customers.contact.rules", metric.WithDescription("Rules that denied or deferred a contact."))
	if err != nil {
		return err
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
