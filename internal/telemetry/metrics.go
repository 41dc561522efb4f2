package telemetry

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// Requests are the RED metrics of the HTTP entrance: rate, errors, duration,
// under the names of OpenTelemetry's semantic conventions.
type Requests struct {
	duration metric.Float64Histogram
	problems metric.Int64Counter
	answers  sync.Map // answer -> metric.MeasurementOption: to build one costs more than to record it
}

// answer is what requests are counted by: few, for none of it is a value.
type answer struct {
	method, route string
	status        int
}

// NewRequests makes the instruments.
func (t *Telemetry) NewRequests() (*Requests, error) {
	duration, err := t.Meter.Float64Histogram("http.server.request.duration", metric.WithUnit("s"),
		metric.WithDescription("How long requests took."),
		metric.WithExplicitBucketBoundaries(.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10))
	if err != nil {
		return nil, err
	}
	problems, err := t.Meter.Int64Counter("customers.problems", metric.WithDescription("Refused requests by problem code."))
	return &Requests{duration: duration, problems: problems}, err
}

// Observe counts one request. route is a pattern, never a path.
func (r *Requests) Observe(ctx context.Context, method, route string, status int, code string, took time.Duration) {
	by := answer{method, route, status}
	attributes, ok := r.answers.Load(by)
	if !ok {
		attributes, _ = r.answers.LoadOrStore(by, metric.WithAttributeSet(attribute.NewSet(attribute.String("http.request.method", method),
			attribute.String("http.route", route), attribute.Int("http.response.status_code", status))))
	}
	r.duration.Record(ctx, took.Seconds(), attributes.(metric.MeasurementOption))
	if code != "" {
		r.problems.Add(ctx, 1, metric.WithAttributes(attribute.String("code", code), attribute.String("http.route", route)))
	}
}

// Gauge is one number that is read when it is scraped.
type Gauge struct {
	Name, Unit, Doc string
	Attributes      []attribute.KeyValue
	Read            func(ctx context.Context) (float64, error)
}

// Watch registers gauges. One that cannot be read is left out of the scrape.
// Gauges of one name are one instrument that is read for each set of
// attributes: of two instruments with one name the SDK would keep the first.
func (t *Telemetry) Watch(gauges ...Gauge) error {
	byName := map[string][]Gauge{}
	for _, g := range gauges {
		byName[g.Name] = append(byName[g.Name], g)
	}
	var errs []error
	for name, same := range byName {
		_, err := t.Meter.Float64ObservableGauge(name, metric.WithUnit(same[0].Unit), metric.WithDescription(same[0].Doc),
			metric.WithFloat64Callback(func(ctx context.Context, o metric.Float64Observer) error {
				for _, g := range same {
					if v, err := g.Read(ctx); err == nil {
						o.Observe(v, metric.WithAttributes(g.Attributes...))
					}
				}
				return nil
			}))
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
