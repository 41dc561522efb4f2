package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/projection"
)

// The relay stops rather than publish into a stream that tells another story.
// An operator decides: Reset.
var (
	ErrForeign = fault.ErrRelayForeign
	ErrAhead   = fault.ErrRelayAhead
	ErrInOrder = fault.ErrRelayInOrder
)

// Log is the part of the event store that the relay needs.
type Log interface {
	projection.Store
	Lineage(ctx context.Context) (uuid.UUID, error)
}

// RelayConfig describes a relay. Log, Publisher and Encoder are required.
type RelayConfig struct {
	Log       Log
	Publisher Publisher
	Encoder   *Encoder
	Instance  string        // this process, for the lease
	Lease     time.Duration // 0 is 10 s
	Batch     int           // messages per publish; 0 is 500
	Rest      time.Duration // after a publish of fewer, so that the next is worth its fsyncs; 0 is 20 ms
	Check     time.Duration // how often an idle relay looks whether the stream is still there; 0 is 30 s
	Retry     projection.Retry
	Logger    *slog.Logger
	Tracer    trace.TracerProvider // nil traces nothing
}

// Relay copies the log to the stream. Among many instances one works at a
// time: the lease says which, and the fence on the stream's sequence holds even
// where the lease does not.
type Relay struct {
	cfg    RelayConfig
	runner *projection.Runner

	mu   sync.Mutex
	mark Mark // where we last knew the stream to end
}

// NewRelay makes a relay; it does nothing before Run.
func NewRelay(cfg RelayConfig) *Relay {
	if cfg.Lease <= 0 {
		cfg.Lease = 10 * time.Second
	}
	if cfg.Check <= 0 {
		cfg.Check = 30 * time.Second
	}
	if cfg.Batch <= 0 || cfg.Batch > 1000 { // the broker's limit for an atomic batch
		cfg.Batch = 500
	}
	if cfg.Rest <= 0 {
		cfg.Rest = 20 * time.Millisecond
	}
	if cfg.Tracer == nil {
		cfg.Tracer = noop.NewTracerProvider()
	}
	r := &Relay{cfg: cfg}
	r.runner = projection.New(projection.Config{Name: "relay", Store: cfg.Log, Handler: r, Start: r.start,
		Lease: cfg.Lease, Instance: cfg.Instance, Batch: cfg.Batch, Rest: cfg.Rest, Retry: cfg.Retry, Logger: cfg.Logger})
	return r
}

// Run copies until ctx ends. A broker that is down, or a stream that is not a
// copy of this log, is shown by Status and tried again.
func (r *Relay) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var watching sync.WaitGroup
	watching.Go(func() { r.watch(ctx) })
	err := r.runner.Run(ctx)
	cancel()
	watching.Wait()
	return err
}

// Status tells how far the stream is behind the log, and what is in the way.
func (r *Relay) Status(ctx context.Context) (projection.Status, error) { return r.runner.Status(ctx) }

// WaitFor returns when this instance has published up to position.
func (r *Relay) WaitFor(ctx context.Context, position int64) error {
	return r.runner.WaitFor(ctx, position)
}

// start is where the runner begins, and begins again.
func (r *Relay) start(ctx context.Context) (int64, error) {
	mark, err := r.look(ctx)
	if err != nil {
		return 0, err
	}
	r.setMark(mark)
	return mark.Position, nil
}

// look asks the stream where it is. The log's head is read after the stream's
// end: whatever is in the stream was in the log before.
func (r *Relay) look(ctx context.Context) (Mark, error) {
	mark, err := r.cfg.Publisher.Last(ctx)
	if err != nil {
		return mark, err
	}
	lineage, err := r.cfg.Log.Lineage(ctx)
	if err != nil {
		return mark, err
	}
	head, err := r.cfg.Log.Head(ctx)
	if err != nil {
		return mark, err
	}
	switch {
	case mark.Position == 0:
		mark.Lineage = lineage
	case mark.Lineage != lineage:
		return mark, ErrForeign.With(fmt.Errorf("stream %s at %d, log %s", mark.Lineage, mark.Position, lineage))
	case mark.Position > head:
		return mark, ErrAhead.With(fmt.Errorf("stream at %d, log at %d", mark.Position, head))
	}
	return mark, nil
}

// Apply publishes records. It is the projection's handler.
func (r *Relay) Apply(ctx context.Context, records []eventstore.Record) error {
	mark := r.getMark()
	if records[0].Position != mark.Position+1 {
		return fmt.Errorf("%w: record %d after %d", projection.ErrRestart, records[0].Position, mark.Position)
	}
	messages := make([]Message, len(records))
	for i := range records {
		var err error
		if messages[i], err = r.cfg.Encoder.Encode(mark.Lineage, &records[i]); err != nil {
			return err
		}
	}
	ctx, span := r.cfg.Tracer.Tracer("customers/relay").Start(ctx, "publish", trace.WithSpanKind(trace.SpanKindProducer),
		trace.WithAttributes(attribute.Int("messaging.batch.message_count", len(messages))))
	defer span.End()
	end, err := r.cfg.Publisher.Publish(ctx, mark.Sequence, messages)
	if err != nil { // the ack may be all that was lost: only the stream knows
		return fmt.Errorf("%w: %w", projection.ErrRestart, err)
	}
	mark.Sequence, mark.Position = end, records[len(records)-1].Position
	r.setMark(mark)
	return nil
}

// Reset empties a stream that is not a copy of this log, so that the relay
// fills it again from the first record, under this log's lineage and so with
// new message ids. A stream in order is refused with ErrInOrder: a relay may be
// publishing to it.
func (r *Relay) Reset(ctx context.Context) error {
	_, err := r.look(ctx)
	switch {
	case err == nil:
		return ErrInOrder
	case !errors.Is(err, ErrForeign) && !errors.Is(err, ErrAhead):
		return err
	}
	if err := r.cfg.Publisher.Purge(ctx); err != nil {
		return err
	}
	r.runner.Restart()
	return nil
}

// watch looks now and then whether the stream still holds what was published:
// without it, a broker that lost its disk while nothing happens here would
// stay empty until something does.
func (r *Relay) watch(ctx context.Context) {
	tick := time.NewTicker(r.cfg.Check)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		known := r.getMark()
		now, err := r.cfg.Publisher.Last(ctx)
		if err == nil && (now.Sequence < known.Sequence || now.Position < known.Position || now.Lineage != known.Lineage && now.Position > 0) {
			r.runner.Restart()
		}
	}
}

func (r *Relay) getMark() Mark {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.mark
}

func (r *Relay) setMark(m Mark) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mark = m
}
