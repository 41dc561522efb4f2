package httpapi

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/acme/customers/internal/fault"
)

func askReady(r *Readiness) (int, string) {
	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest("GET", "/readyz", nil))
	return w.Code, strings.TrimSpace(w.Body.String())
}

func TestReadinessNamesWhatFailsAndSaysNoMore(t *testing.T) {
	pass := func(context.Context) error { return nil }
	tests := []struct {
		name   string
		checks []Check
		status int
		body   string
	}{
		{"nothing to check", nil, 200, `{"status":"ready","checks":[]}`},
		{"all pass", []Check{{Name: "store", Ask: pass}, {Name: "broker", Ask: pass}}, 200,
			`{"status":"ready","checks":[{"name":"store","status":"ok"},{"name":"broker","status":"ok"}]}`},
		{"one fails", []Check{{Name: "store", Ask: pass}, {Name: "keys", Ask: func(context.Context) error { return fault.ErrKeyStore.With(errors.New(secret)) }}}, 503,
			`{"status":"not_ready","checks":[{"name":"store","status":"ok"},{"name":"keys","status":"failed","code":"key_store_unavailable"}]}`},
		{"unclassified", []Check{{Name: "store", Ask: func(context.Context) error { return errors.New(secret) }}}, 503,
			`{"status":"not_ready","checks":[{"name":"store","status":"failed","code":"internal"}]}`},
		{"one that can be done without", []Check{{Name: "store", Ask: pass}, {Name: "provider", Optional: true, Ask: func(context.Context) error { return fault.ErrUnavailable }}}, 200,
			`{"status":"ready","checks":[{"name":"store","status":"ok"},{"name":"provider","status":"degraded","code":"unavailable"}]}`},
		{"a panic", []Check{{Name: "store", Ask: func(context.Context) error { panic(secret) }}}, 503,
			`{"status":"not_ready","checks":[{"name":"store","status":"failed","code":"internal"}]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if status, body := askReady(NewReadiness(nil, tt.checks...)); status != tt.status || body != tt.body {
				t.Errorf("%d %s\nwant %d %s", status, body, tt.status, tt.body)
			}
		})
	}
}

func TestACheckThatHangsIsAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		r := NewReadiness(nil, Check{Name: "store", Ask: func(context.Context) error { <-release; return nil }})
		if status, body := askReady(r); status != 503 || !strings.Contains(body, `"code":"timeout"`) {
			t.Errorf("%d %s", status, body)
		}
		close(release)
	})
}

func TestProbesAreNoLoad(t *testing.T) {
	c := &clock{now: time.Unix(1, 0)}
	asked, failing := 0, false
	r := NewReadiness(c.Now, Check{Name: "store", Ask: func(context.Context) error {
		asked++
		if failing {
			return fault.ErrUnavailable
		}
		return nil
	}})
	for range 100 {
		askReady(r)
	}
	if asked != 1 {
		t.Errorf("asked %d times at once", asked)
	}
	failing = true
	c.pass(answersLive)
	if status, _ := askReady(r); status != 503 || asked != 2 {
		t.Errorf("%d after the answer was old, asked %d times", status, asked)
	}
}

func TestDrainingIsNotReady(t *testing.T) {
	r := NewReadiness(nil)
	askReady(r)
	r.Drain()
	if status, body := askReady(r); status != 503 || !strings.Contains(body, `"draining"`) {
		t.Errorf("%d %s", status, body)
	}
}
