package telemetry

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/contrib/instrumentation/runtime"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	otelprom "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// Config says where telemetry goes.
type Config struct {
	Version  string
	Instance string
	OTLP     string  // endpoint URL of an OTLP/HTTP collector; "" exports no traces
	Sample   float64 // share of traces that start here, 0 to 1; 0 is 0.01
}

// Telemetry is set up once, by the wiring. Close flushes what waits.
type Telemetry struct {
	Tracer  trace.TracerProvider
	Meter   metric.Meter
	Scrape  http.Handler // the Prometheus page
	closers []func(context.Context) error
}

// Open sets up traces and metrics. Without an OTLP endpoint spans cost nothing;
// trace ids are still taken over from callers and passed on.
func Open(ctx context.Context, c Config) (*Telemetry, error) {
	about := resource.NewSchemaless(attribute.String("service.name", "customers"),
		attribute.String("service.version", c.Version), attribute.String("service.instance.id", c.Instance))
	t := &Telemetry{Tracer: noop.NewTracerProvider()}
	if err := t.openMetrics(about); err != nil {
		return nil, err
	}
	otel.SetTextMapPropagator(propagation.TraceContext{})
	if c.OTLP == "" {
		return t, nil
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(c.OTLP))
	if err != nil {
		return nil, fmt.Errorf("open the OTLP exporter: %w", err)
	}
	if c.Sample == 0 {
		c.Sample = 0.01
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(about),
		sdktrace.WithSampler(sdktrace.ParentBased(sdktrace.TraceIDRatioBased(c.Sample))))
	t.Tracer = provider
	t.closers = append(t.closers, provider.Shutdown)
	return t, nil
}

func (t *Telemetry) openMetrics(about *resource.Resource) error {
	registry := prometheus.NewRegistry()
	exporter, err := otelprom.New(otelprom.WithRegisterer(registry))
	if err != nil {
		return fmt.Errorf("open the Prometheus exporter: %w", err)
	}
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(exporter), sdkmetric.WithResource(about))
	t.closers = append(t.closers, provider.Shutdown)
	t.Meter = provider.Meter("customers")
	t.Scrape = promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
	return runtime.Start(runtime.WithMeterProvider(provider))
}

// Close flushes and stops, and gives all that went wrong.
func (t *Telemetry) Close(ctx context.Context) error {
	var errs []error
	for _, c := range t.closers {
		errs = append(errs, c(ctx))
	}
	return errors.Join(errs...)
}
