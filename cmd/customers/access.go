package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/acme/customers/internal/access"
	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/telemetry"
)

// checkReads refuses purposes and limits that would not mean anything.
func (c *config) checkReads() error {
	for role, limit := range c.UnusualReads {
		if limit < 1 {
			return fmt.Errorf("--unusual-reads: %d of role %q is no limit", limit, role)
		}
		if !slices.Contains(authz.Roles(), authz.Role(role)) || authz.Role(role) == authz.RoleCustomer {
			return fmt.Errorf("--unusual-reads: there is no role %q that reads others", role)
		}
	}
	if len(c.UnusualReads) == 0 {
		c.UnusualReads = access.DefaultLimits()
	}
	if len(c.ReadPurposes) == 0 {
		c.ReadPurposes = access.DefaultPurposes()
	}
	return access.CheckPurposes(c.ReadPurposes)
}

// openAccess opens the access log, and tells of callers that read unusually
// many: that there is one and its trace. Who it is says the log.
func (s *service) openAccess(ctx context.Context) error {
	unusual, err := s.tel.Meter.Int64Counter("customers.access.unusual.readers",
		metric.WithDescription("Callers that read more customers within an hour than those of their role may without being told of."))
	if err != nil {
		return err
	}
	store, err := openAccess(ctx, s.cfg.Store)
	if err != nil {
		return err
	}
	log := access.Open(store, s.vault, s.log)
	s.onClose(func() { log.Close(); _ = store.Close() })
	s.access = access.NewWatch(log, s.cfg.UnusualReads, func(u access.Unusual) {
		unusual.Add(context.Background(), 1, metric.WithAttributes(attribute.String("role", u.Role)))
		s.log.Warn("one caller reads unusually many customers", "role", u.Role, "customers", u.Customers, "limit", u.Limit, "trace_id", u.Trace)
	})
	return nil
}

// accessGauges are read when they are scraped.
func (s *service) accessGauges() (gauges []telemetry.Gauge) {
	for _, role := range authz.Roles() {
		if role == authz.RoleCustomer {
			continue
		}
		gauges = append(gauges, telemetry.Gauge{Name: "customers.access.most.read", Doc: "Most different customers that one caller has read in the running hour on this instance.",
			Attributes: []attribute.KeyValue{attribute.String("role", string(role))},
			Read:       func(context.Context) (float64, error) { return float64(s.access.Most(string(role), time.Now())), nil }})
	}
	return gauges
}
