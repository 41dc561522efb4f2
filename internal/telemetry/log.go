// Package telemetry is what the program says of itself: logs, traces and
// metrics. None of them may hold personal data.
package telemetry

import (
	"context"
	"io"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/trace"
)

// withheld stands for every value that is not known to be harmless.
const withheld = "(withheld)"

// NewLogger writes JSON lines with the trace of their context. It shows
// strings, numbers, booleans, times, durations and errors; any other value is
// withheld, because a struct may hold a typed e-mail address whose own
// LogValue encoding/json does not ask.
func NewLogger(w io.Writer, level slog.Leveler) *slog.Logger {
	h := slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: replace})
	return slog.New(traced{h})
}

func replace(_ []string, a slog.Attr) slog.Attr {
	v := a.Value.Resolve()
	switch v.Kind() {
	case slog.KindAny:
		switch x := v.Any().(type) {
		case error:
			v = slog.StringValue(x.Error())
		case *slog.Source, slog.Level, nil:
		case []string:
		default:
			v = slog.StringValue(withheld)
		}
	case slog.KindTime:
		v = slog.StringValue(v.Time().UTC().Format(time.RFC3339Nano))
	}
	return slog.Attr{Key: a.Key, Value: v}
}

// traced adds the ids of the span that the context carries.
type traced struct{ slog.Handler }

// Handle adds trace_id and span_id, the names of the OpenTelemetry log model.
func (t traced) Handle(ctx context.Context, r slog.Record) error {
	if span := trace.SpanContextFromContext(ctx); span.IsValid() {
		r.AddAttrs(slog.String("trace_id", span.TraceID().String()), slog.String("span_id", span.SpanID().String()))
	}
	return t.Handler.Handle(ctx, r)
}

// WithAttrs keeps the trace on derived loggers.
func (t traced) WithAttrs(attrs []slog.Attr) slog.Handler { return traced{t.Handler.WithAttrs(attrs)} }

// WithGroup keeps the trace on derived loggers.
func (t traced) WithGroup(name string) slog.Handler { return traced{t.Handler.WithGroup(name)} }
