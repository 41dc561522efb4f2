package httpapi

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
)

// nowhere is a ResponseWriter that keeps nothing.
type nowhere struct {
	header http.Header
	status int
}

func (n *nowhere) Header() http.Header         { return n.header }
func (n *nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (n *nowhere) WriteHeader(status int)      { n.status = status }

// What the entrance itself costs a request, without a network: the chain
// alone, and with routing, use case, rendering and the access log on memory.
func BenchmarkRequest(b *testing.B) {
	s := newScene(b)
	id := s.register(b, `{"name":{"given":"Zoë","family":"Sørensen"},"email":"zoe@example.test","phone":"+41446681800","profile":{"locale":"de-CH"},"tags":["a"]}`).ID
	chain := Guard{Verifier: anybody{}, Log: slog.New(slog.DiscardHandler), Rate: Rate{People: Bucket{1e9, 1e9}}}.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "{}")
	}))
	for _, bb := range []struct {
		name, method, target, body string
		handler                    http.Handler
		status                     int
	}{
		{"chain", "GET", "/v1/customers/" + id, "", chain, 200},
		{"get", "GET", "/v1/customers/" + id, "", s.handler, 200},
		{"decide", "POST", "/v1/customers/" + id + "/contact-decision", `{"channel":"email","topic":"newsletter"}`, s.handler, 200},
		{"invalid", "POST", "/v1/customers", `{"email":"x"}`, s.handler, 422},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r := httptest.NewRequest(bb.method, bb.target, bytes.NewReader([]byte(bb.body)))
				r.Header.Set("Authorization", "Bearer admin")
				r.Header.Set("Content-Type", mediaJSON)
				w := &nowhere{header: http.Header{}, status: 200}
				bb.handler.ServeHTTP(w, r)
				if w.status != bb.status {
					b.Fatal(w.status)
				}
			}
		})
	}
}
