package client_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/acme/customers/client"
)

// The calls of the tables: one of each kind.
var calls = map[string]func(context.Context, *client.Client) error{
	"a read": func(ctx context.Context, c *client.Client) error { _, err := c.GetCustomer(ctx, ada); return err },
	"a change with a key": func(ctx context.Context, c *client.Client) error {
		_, err := c.RegisterCustomer(ctx, client.Registration{Email: "ada@example.com"})
		return err
	},
	"a removal with a key": func(ctx context.Context, c *client.Client) error { return c.RemoveAddress(ctx, ada, ada) },
	"a question": func(ctx context.Context, c *client.Client) error {
		_, err := c.DecideContact(ctx, ada, client.ContactQuestion{Channel: client.ChannelEmail, Topic: "newsletter"})
		return err
	},
	"what has an id": func(ctx context.Context, c *client.Client) error {
		return c.RecordActivity(ctx, ada, client.Activity{ID: "o-1", Source: "orders", Type: "OrderCompleted"})
	},
	"a change without a key": func(ctx context.Context, c *client.Client) error { return c.ResetRelay(ctx) },
}

func TestWhatIsSentAgain(t *testing.T) {
	good := ok(`{}`)
	for name, c := range map[string]struct {
		call  string
		steps []step
		fails bool
	}{
		"unavailable":                         {"a read", []step{problem(503, "unavailable"), good}, false},
		"too many":                            {"a read", []step{problem(429, "rate_limited", "Retry-After", "1"), good}, false},
		"a broken connection":                 {"a read", []step{cut(nil), good}, false},
		"an answer that is cut":               {"a read", []step{cut(ok(`{"id":`)), good}, false},
		"a proxy":                             {"a read", []step{answer(502, "text/html", "<p>"), good}, false},
		"a change":                            {"a change with a key", []step{cut(nil), problem(503, "unavailable"), good}, false},
		"a removal":                           {"a removal with a key", []step{cut(nil), problem(503, "unavailable"), good}, false},
		"our own attempt before":              {"a change with a key", []step{cut(nil), problem(409, "request_in_flight"), good}, false},
		"a question that is posted":           {"a question", []step{problem(503, "unavailable"), good}, false},
		"what the service recognises":         {"what has an id", []step{cut(nil), good}, false},
		"not: a change without a key":         {"a change without a key", []step{problem(503, "unavailable")}, true},
		"not: its connection":                 {"a change without a key", []step{cut(nil)}, true},
		"not: another version":                {"a change with a key", []step{problem(412, "precondition_failed")}, true},
		"not: somebody was faster":            {"a change with a key", []step{problem(409, "version_conflict")}, true},
		"not: refused":                        {"a read", []step{problem(404, "not_found")}, true},
		"not: a fault of the service":         {"a read", []step{problem(500, "internal")}, true},
		"not: a redirect":                     {"a read", []step{answer(307, "text/html", "", "Location", "http://127.0.0.1:1/")}, true},
		"not for ever":                        {"a read", []step{cut(nil), cut(nil), cut(nil), cut(nil), cut(nil)}, true},
		"not where the service asks too much": {"a read", []step{problem(503, "unavailable", "Retry-After", "3600")}, true},
		"not what is no answer of ours":       {"a read", []step{ok(`<html>`)}, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, c.steps...)
			err := calls[c.call](t.Context(), s.Client)
			if (err != nil) != c.fails || len(s.got()) != len(c.steps) || len(s.pauses) != len(c.steps)-1 {
				t.Errorf("%d attempts, %d pauses, want %d attempts: %v", len(s.got()), len(s.pauses), len(c.steps), err)
			}
			for _, a := range s.got() {
				if a.body != s.got()[0].body || a.header.Get("Idempotency-Key") != s.got()[0].header.Get("Idempotency-Key") {
					t.Error("an attempt is not what the first was")
				}
			}
		})
	}
}

// counting is a service that does what it is told and breaks the connection
// before it says so; it knows keys, or does not.
func counting(t *testing.T, knowsKeys bool) (*scene, *int) {
	t.Helper()
	effects, done := 0, map[string]bool{}
	do := func(_ http.ResponseWriter, r *http.Request) {
		key := r.Header.Get("Idempotency-Key")
		if !knowsKeys || key == "" || !done[key] {
			effects++
		}
		done[key] = true
	}
	return newScene(t, cut(do), func(w http.ResponseWriter, r *http.Request) { do(w, r); answer(201, "application/json", `{}`)(w, r) }), &effects
}

func TestAChangeTakesEffectOnce(t *testing.T) {
	s, effects := counting(t, true)
	if err := calls["a change with a key"](t.Context(), s.Client); err != nil || *effects != 1 {
		t.Errorf("%d effects: %v", *effects, err)
	}
	// Were it not for the key, there would be two.
	s, effects = counting(t, false)
	if err := calls["a change with a key"](t.Context(), s.Client); err != nil || *effects != 2 {
		t.Errorf("without keys: %d effects: %v", *effects, err)
	}
}

func TestKeysAreFreshOrTheCallers(t *testing.T) {
	s := newScene(t, ok(`{}`), ok(`{}`), cut(nil), ok(`{}`))
	for _, opts := range [][]client.CallOption{nil, nil, {client.Key("mine-1")}} {
		if _, err := s.RegisterCustomer(t.Context(), client.Registration{}, opts...); err != nil {
			t.Fatal(err)
		}
	}
	keys := s.seen("Idempotency-Key")
	if keys[0] == "" || keys[0] == keys[1] || !slices.Equal(keys[2:], []string{"mine-1", "mine-1"}) {
		t.Errorf("keys are %q", keys)
	}
}

func TestRetryAfterIsWaitedForWithJitter(t *testing.T) {
	s := newScene(t, problem(429, "rate_limited", "Retry-After", "7"), problem(503, "unavailable"), ok(`{}`))
	if err := calls["a read"](t.Context(), s.Client); err != nil {
		t.Fatal(err)
	}
	if len(s.pauses) != 2 || s.pauses[0] < 7*time.Second || s.pauses[0] > 7100*time.Millisecond || s.pauses[1] > 200*time.Millisecond {
		t.Errorf("paused %v", s.pauses)
	}
	different := map[time.Duration]bool{}
	for range 20 {
		s := newScene(t, cut(nil), ok(`{}`))
		_ = calls["a read"](t.Context(), s.Client)
		different[s.pauses[0]] = true
	}
	if len(different) < 10 {
		t.Error("callers that were refused together come back together")
	}
}

func TestTheContextBoundsTheAttempts(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	s := newScene(t, problem(503, "unavailable", "Retry-After", "50"))
	if err := calls["a read"](ctx, s.Client); client.Code(err) != "unavailable" || len(s.pauses) != 0 {
		t.Errorf("it waits for longer than there is: %v %v", s.pauses, err)
	}
	ctx, stop := context.WithCancel(t.Context())
	s = newSceneWith(t, []client.Option{client.Retries(client.Retry{Pause: func(ctx context.Context, _ time.Duration) error { stop(); return ctx.Err() }})}, cut(nil))
	if err := calls["a read"](ctx, s.Client); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
