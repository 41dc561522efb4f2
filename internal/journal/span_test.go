package journal_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/journal"
)

func TestATraceLeadsFromTheRequestToTheRecordAndShowsNothing(t *testing.T) {
	b := open(t, nil)
	seen := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(seen))
	ctx, request := provider.Tracer("test").Start(t.Context(), "POST")
	in := customer.Register{At: time.Now(), Email: "marker@example.com", Name: customer.Name{Given: "Marker"}}
	made, err := journal.Execute(ctx, b.Journal, b.agg, journal.Command[customer.State, customer.Event]{ID: uuid.Must(uuid.NewV7()), New: true, Meta: meta(), Decide: in.Decide})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = journal.Execute(ctx, b.Journal, b.agg, journal.Command[customer.State, customer.Event]{ID: made.Row.ID, Meta: meta(), Decide: customer.Deactivate{}.Decide})
	request.End()
	var names []string
	for _, s := range seen.GetSpans() {
		names = append(names, s.Name)
		if s.SpanContext.TraceID() != request.SpanContext().TraceID() {
			t.Errorf("%s is in another trace", s.Name)
		}
		if all := strings.ToLower(fmt.Sprint(s.Attributes, s.Status, s.Events)); strings.Contains(all, "marker") || strings.Contains(all, made.Row.ID.String()) {
			t.Errorf("%s shows %s", s.Name, all)
		}
	}
	if got := strings.Join(names, ", "); got != "commit, execute, execute, POST" {
		t.Errorf("spans: %s", got)
	}
	records, err := b.store.Stream(t.Context(), event.Stream{Type: customer.Stream, ID: made.Row.ID}, 0, 1)
	if err != nil || records[0].Trace != request.SpanContext().TraceID().String() {
		t.Errorf("the record does not name its trace: %v", err)
	}
}
