// Package outboundtest is the suite of whatever calls somebody through package
// outbound: every way in which the other side fails, each with an answer that
// repeats what it was sent.
package outboundtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/acme/customers/internal/outbound"
)

// Caller sends one request to a base and closes what it opened.
type Caller func(ctx context.Context, base *url.URL) error

// Run gives a caller every failure, and checks that its error is an
// *outbound.Error of the right reason which holds none of the secrets.
func Run(t *testing.T, call Caller, secrets ...string) {
	for _, f := range failures() {
		t.Run(f.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var arrived atomic.Bool
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				arrived.Store(true)
				sent := fmt.Sprint(string(body), r.Header)
				for i, s := range secrets {
					if !strings.Contains(sent, s) {
						t.Errorf("the scan is void: secret %d was not sent", i)
					}
				}
				f.handle(w, r, body, cancel)
			}))
			server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0) // of a handler that aborts
			defer server.Close()
			base, err := url.Parse(server.URL)
			if err != nil {
				t.Fatal(err)
			}
			got, ok := errors.AsType[*outbound.Error](call(ctx, base))
			if !ok || !arrived.Load() {
				t.Fatalf("no *outbound.Error (%t), or no request (%t)", ok, arrived.Load())
			}
			if got.Reason != f.reason || got.Status != f.status || got.After != f.after {
				t.Errorf("got %v %d %v, want %v %d %v", got.Reason, got.Status, got.After, f.reason, f.status, f.after)
			}
			for _, leak := range Leaks(got, secrets...) {
				t.Errorf("the error holds secret %d", leak)
			}
		})
	}
}

// Leaks gives the indexes of the secrets that an error shows, as text, with all
// its fields, down its chain or in a log.
func Leaks(err error, secrets ...string) (found []int) {
	var shown bytes.Buffer
	slog.New(slog.NewJSONHandler(&shown, nil)).Error("failed", "err", err)
	slog.New(slog.NewTextHandler(&shown, nil)).Error("failed", "err", err)
	for e := err; e != nil; e = errors.Unwrap(e) {
		fmt.Fprintf(&shown, "%v\n%+v\n%#v\n", e, e, e)
	}
	for i, s := range secrets {
		if strings.Contains(shown.String(), s) {
			found = append(found, i)
		}
	}
	return found
}

type failure struct {
	name   string
	reason outbound.Reason
	status int
	after  time.Duration
	handle func(w http.ResponseWriter, r *http.Request, body []byte, cancel func())
}

func failures() []failure {
	list := []failure{
		{name: "slow", reason: outbound.Ended, handle: func(_ http.ResponseWriter, r *http.Request, _ []byte, cancel func()) {
			cancel() // the caller gives up once its request is here
			<-r.Context().Done()
		}},
		{name: "cut", reason: outbound.Transport, handle: func(w http.ResponseWriter, _ *http.Request, body []byte, _ func()) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", "100000")
			_, _ = w.Write(body)
			panic(http.ErrAbortHandler)
		}},
		{name: "no HTTP", reason: outbound.Transport, handle: func(w http.ResponseWriter, _ *http.Request, body []byte, _ func()) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				panic(err)
			}
			_, _ = conn.Write(append(body, "\r\n\r\n"...))
			_ = conn.Close()
		}},
		answers("huge", "application/json", bytes.Repeat([]byte(" "), 10<<20)),
		answers("empty", "application/json", nil),
		answers("garbage", "application/json", []byte("{{{ %s")),
		answers("cut JSON", "application/json; charset=utf-8", []byte(`{"result": {"verdict": "%s`)),
		answers("wrong type", "text/html", []byte("<p>%s")),
		answers("no object", "application/json", []byte(`["%s"]`)),
	}
	for _, status := range []int{204, 301, 302, 303, 307, 308, 400, 401, 403, 404, 429, 500, 502, 503} {
		list = append(list, refuses(status))
	}
	return list
}

// answers gives 200 with a body in which a %s becomes what was sent.
func answers(name, contentType string, answer []byte) failure {
	return failure{name: name, reason: outbound.Answer, handle: func(w http.ResponseWriter, _ *http.Request, body []byte, _ func()) {
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write(bytes.Replace(answer, []byte("%s"), body, 1))
	}}
}

func refuses(status int) failure {
	f := failure{name: http.StatusText(status), reason: outbound.Status, status: status}
	if status == http.StatusTooManyRequests {
		f.after = 7 * time.Second
	}
	f.handle = func(w http.ResponseWriter, _ *http.Request, body []byte, _ func()) {
		w.Header().Set("Location", "https://elsewhere.example/?"+url.QueryEscape(string(body)))
		w.Header().Set("Content-Type", "application/json")
		if f.after > 0 {
			w.Header().Set("Retry-After", "7")
		}
		w.WriteHeader(status)
		_, _ = w.Write(body)
	}
	return f
}
