package main

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/acme/customers/internal/reactor"
	"github.com/acme/customers/internal/telemetry"
)

// segmentLease is how long segments stand still at most when the instance that
// keeps them dies. It is renewed at a third of it, and not each round: that is a
// write.
const segmentLease = 3 * time.Second

// keepSegments keeps segments up to their rules.
func (s *service) keepSegments(ctx context.Context) error {
	var asked time.Time // of the last yes
	k := reactor.Segmenter{Segments: s.model.Segments(), Roster: s.model.Roster, Compile: s.app.Language.Compile, Record: s.app, Ready: s.model.Loaded(),
		CaughtUp: s.model.SearchReady,
		Mine: func(ctx context.Context) (bool, error) {
			now := time.Now()
			if now.Sub(asked) < segmentLease/3 && s.knowsAll() {
				return true, nil
			}
			mine, err := s.leads(ctx, "segments", segmentLease)
			if mine {
				asked = now
			}
			return mine, err
		}, Clock: time.Now, Log: s.log}
	defer func() { _ = s.store.Release(context.WithoutCancel(ctx), "segments", s.instance) }()
	return k.Run(ctx)
}

// leads takes or keeps a lease of what follows from all customers, which is not for
// an instance that had to give up knowing them.
func (s *service) leads(ctx context.Context, name string, life time.Duration) (bool, error) {
	if !s.knowsAll() {
		return false, nil
	}
	return s.store.Lease(ctx, name, s.instance, life)
}

func (s *service) knowsAll() bool {
	_, needs := s.model.Size()
	return needs == 0
}

// openSegments counts who comes into segments and leaves them.
func (s *service) openSegments(context.Context) error {
	changes, err := s.tel.Meter.Int64Counter("customers.segments.changes", metric.WithDescription("Customers who came into a segment or left it, by the segment's key."))
	s.regrouped = func(segment string, member bool) {
		changes.Add(context.Background(), 1, metric.WithAttributes(attribute.String("segment", segment), attribute.Bool("entered", member)))
	}
	return err
}

// watchSegments shows how many members each segment has.
func (s *service) watchSegments() error {
	members, err := s.tel.Meter.Int64ObservableGauge("customers.segments.members", metric.WithDescription("Members that readers see, by the segment's key."))
	if err != nil {
		return err
	}
	_, err = s.tel.Meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		for key, n := range s.model.Roster().Sizes() {
			o.ObserveInt64(members, n, metric.WithAttributes(attribute.String("segment", key)))
		}
		return nil
	}, members)
	return err
}

// indexGauges are read when they are scraped.
func (s *service) indexGauges() []telemetry.Gauge {
	size := func(which func(bytes, needs int64) int64) func(context.Context) (float64, error) {
		return func(context.Context) (float64, error) { return float64(which(s.model.Size())), nil }
	}
	return []telemetry.Gauge{
		{Name: "customers.index.size", Unit: "By", Doc: "What is kept of all customers, about.", Read: size(func(bytes, _ int64) int64 { return bytes })},
		{Name: "customers.index.needs", Unit: "By", Doc: "What that would take, where it is more than --index-memory; else 0.", Read: size(func(_, needs int64) int64 { return needs })},
	}
}
