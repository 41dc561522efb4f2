package telemetry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/trace"
)

type address string

// LogValue would hide the address, but encoding/json never asks for it.
func (address) LogValue() slog.Value { return slog.StringValue("***") }

type person struct{ Email address }

func (p person) String() string { return string(p.Email) }

const marker = "marker@example.com"

func TestOnlyHarmlessValuesAreLogged(t *testing.T) {
	log := func(l *slog.Logger) {
		l.Info("registered", "person", person{marker}, "pointer", &person{marker}, "map", map[string]any{"k": marker},
			"slice", []address{marker}, "typed", address(marker), "bytes", []byte(marker),
			slog.Group("g", "inner", person{marker}), "version", 7, "err", errors.New("customer/1 is gone"))
		l.With("person", person{marker}).WithGroup("h").Info("again", "person", person{marker})
	}
	var safe, control bytes.Buffer
	log(NewLogger(&safe, slog.LevelInfo))
	log(slog.New(slog.NewJSONHandler(&control, nil)))
	if strings.Contains(safe.String(), marker) {
		t.Errorf("a value was logged:\n%s", safe.String())
	}
	if !strings.Contains(safe.String(), "customer/1 is gone") || !strings.Contains(safe.String(), `"version":7`) {
		t.Errorf("harmless values are missing:\n%s", safe.String())
	}
	if !strings.Contains(control.String(), marker) {
		t.Error("the control logs no value either: this test sees nothing")
	}
}

func TestLinesCarryTheirTrace(t *testing.T) {
	var out bytes.Buffer
	id := trace.TraceID{1, 2, 3}
	ctx := trace.ContextWithSpanContext(context.Background(), trace.NewSpanContext(trace.SpanContextConfig{TraceID: id, SpanID: trace.SpanID{4}}))
	NewLogger(&out, slog.LevelInfo).InfoContext(ctx, "hello")
	if !strings.Contains(out.String(), fmt.Sprintf(`"trace_id":"%s"`, id)) {
		t.Errorf("no trace id in %s", out.String())
	}
}
