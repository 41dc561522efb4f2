package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/acme/customers/internal/telemetry"
)

// The path of a link is a secret: whoever reads a trace could use it.
func TestNoTraceHasALink(t *testing.T) {
	seen := tracetest.NewInMemoryExporter()
	s := &service{cfg: &config{OTLP: "http://127.0.0.1:1"}, tel: &telemetry.Telemetry{Tracer: sdktrace.NewTracerProvider(sdktrace.WithSyncer(seen))}}
	h := s.trace(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for _, path := range []string{"/p/SECRET", "/v1/me"} {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", path, nil))
	}
	all := fmt.Sprintf("%+v", seen.GetSpans())
	if strings.Contains(all, "SECRET") || !strings.Contains(all, "/v1/me") { // the control: other paths are there
		t.Errorf("%s", all)
	}
}

func TestThePublicURLIsSafe(t *testing.T) {
	for given, want := range map[string]string{"": "", "https://a.example/": "https://a.example", "https://a.example/shop": "https://a.example/shop", "http://127.0.0.1:99": "http://127.0.0.1:99"} {
		c := config{PublicURL: given, HTTP: "127.0.0.1:8080"}
		if err := c.checkPublicURL(); err != nil || c.PublicURL != want {
			t.Errorf("%q: %q %v", given, c.PublicURL, err)
		}
	}
	for _, given := range []string{"http://a.example", "ftp://a.example", "a.example", "https://u:p@a.example", "https://a.example?x", "https://a.example#x", "https://"} {
		if err := (&config{PublicURL: given}).checkPublicURL(); err == nil {
			t.Errorf("%q is taken", given)
		}
	}
}
