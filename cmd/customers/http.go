package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"

	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/httpapi"
	"github.com/acme/customers/internal/index"
	"github.com/acme/customers/internal/projection"
	"github.com/acme/customers/internal/telemetry"
)

type statistics = index.Statistics

// openHTTP builds the entrance and takes the address.
func (s *service) openHTTP(ctx context.Context) error {
	requests, err := s.tel.NewRequests()
	if err != nil {
		return err
	}
	cursors, err := s.vault.Service(ctx, "cursors")
	if err != nil {
		return err
	}
	s.ready = httpapi.NewReadiness(nil, append([]httpapi.Check{
		{Name: "store", Ask: s.store.Ping},
		{Name: "key_store", Ask: s.vault.Ping},
		{Name: "broker", Ask: s.broker.Ping, Optional: true}, // what it is to get waits in the log
		{Name: "read_model", Ask: s.model.Ready},
		{Name: "revocations", Ask: s.revocations.Ready},
	}, s.providerCheck()...)...)
	search := httpapi.NewReadiness(nil, httpapi.Check{Name: "facts", Ask: s.model.SearchReady})
	page, err := linkPage(s.cfg.LinkPage)
	if err != nil {
		return coded{exitUsage, err}
	}
	var handler http.Handler // is made below: links begin with the address that was taken
	s.server, err = httpapi.Listen(ctx, httpapi.ServerConfig{Address: s.cfg.HTTP, CertFile: s.cfg.TLSCert, KeyFile: s.cfg.TLSKey,
		Log: s.log, Ready: s.ready, DrainDelay: s.cfg.Drain}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	if err != nil {
		return err
	}
	handler, err = httpapi.New(httpapi.Config{
		App: s.app, Ready: s.ready, SearchReady: search, Metrics: s.tel.Scrape, CursorKey: cursors.Derive("cursors", nil), PublicURL: s.publicURL(), LinkPage: page,
		Guard: httpapi.Guard{Verifier: s.verifier, Log: s.log, Trace: s.trace, Rate: s.rate(), Proxies: s.cfg.Proxies,
			Observe: func(ctx context.Context, o httpapi.Observation) {
				_, path, _ := strings.Cut(o.Route, " ") // patterns begin with their method
				requests.Observe(ctx, o.Method, path, o.Status, o.Code, o.Duration)
			}},
	})
	return err
}

// publicURL is what links begin with. Where others than this machine reach the
// service, only its operator knows how: without --public-url no links are made.
func (s *service) publicURL() string {
	if s.cfg.PublicURL == "" && loopback(s.cfg.HTTP) {
		return s.server.URL()
	}
	return s.cfg.PublicURL
}

func (s *service) rate() httpapi.Rate {
	return httpapi.Rate{
		People:   httpapi.Bucket{PerSecond: s.cfg.RatePeople, Burst: max(1, int(2*s.cfg.RatePeople))},
		Services: httpapi.Bucket{PerSecond: s.cfg.RateServices, Burst: max(1, int(s.cfg.RateServices))},
	}
}

// trace makes a span for every request, when spans go anywhere. Its name is
// the method alone: a path holds ids. The path of a link is a secret, so that a
// request for one has none.
func (s *service) trace(next http.Handler) http.Handler {
	if s.cfg.OTLP == "" {
		return next
	}
	return otelhttp.NewHandler(next, "http", otelhttp.WithTracerProvider(s.tel.Tracer),
		otelhttp.WithFilter(func(r *http.Request) bool { return !httpapi.IsLink(r.URL.Path) }),
		otelhttp.WithSpanNameFormatter(func(_ string, r *http.Request) string { return r.Method }))
}

// openMetrics registers what is read when it is scraped.
func (s *service) openMetrics(context.Context) error {
	gauges := []telemetry.Gauge{
		{Name: "customers.relay.lag.records", Doc: "Records that are not on the bus yet.", Read: lag(s.relay.Status)},
		{Name: "customers.index.lag.records", Doc: "Records that the read model has not applied.", Read: lag(s.model.Status)},
		{Name: "customers.dead.letters", Doc: "Inbound messages that could not be handled.", Read: func(ctx context.Context) (float64, error) {
			n, err := s.letters.Count(ctx)
			return float64(n), err
		}},
		{Name: "customers.registered", Doc: "Customers.", Read: s.statistic(func(v statistics) float64 { return float64(v.Total) })},
		{Name: "customers.completeness.average", Doc: "Average completeness score, 0-100.", Read: s.statistic(func(v statistics) float64 { return v.Completeness.Average })},
		{Name: "customers.completeness.above80", Unit: "1", Doc: "Share of customers with a score over 80.", Read: s.statistic(func(v statistics) float64 { return v.Completeness.Above80 })},
	}
	for _, status := range []string{"pending", "active", "inactive", "archived"} {
		gauges = append(gauges, telemetry.Gauge{Name: "customers.status", Doc: "Customers by status.", Attributes: []attribute.KeyValue{attribute.String("status", status)},
			Read: s.statistic(func(v statistics) float64 { return float64(v.ByStatus[status]) })})
	}
	for _, stage := range []string{"registered", "verification_requested", "email_verified", "activated"} {
		gauges = append(gauges, telemetry.Gauge{Name: "customers.funnel", Doc: "Customers that reached a stage of registration.", Attributes: []attribute.KeyValue{attribute.String("stage", stage)},
			Read: s.statistic(func(v statistics) float64 {
				for _, st := range v.Funnel {
					if st.Name == stage {
						return float64(st.Count)
					}
				}
				return 0
			})})
	}
	if err := s.watchSegments(); err != nil {
		return err
	}
	if err := s.tel.Watch(slices.Concat(gauges, s.addressGauges(), s.consentGauges(), s.indexGauges(), s.accessGauges(), s.noteGauges())...); err != nil {
		return fmt.Errorf("metrics: %w", err)
	}
	return nil
}

func lag(status func(context.Context) (projection.Status, error)) func(context.Context) (float64, error) {
	return func(ctx context.Context) (float64, error) {
		ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
		defer cancel()
		st, err := status(ctx)
		return float64(st.Head - st.Position), err
	}
}

// statistic reads one number of the counted facts, once they are loaded.
func (s *service) statistic(pick func(statistics) float64) func(context.Context) (float64, error) {
	return func(ctx context.Context) (float64, error) {
		if err := s.model.SearchReady(ctx); err != nil {
			return 0, fault.ErrBehind.With(err)
		}
		v, err := s.model.Statistics(ctx)
		return pick(v), err
	}
}
