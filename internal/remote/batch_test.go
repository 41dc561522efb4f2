package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// a step is how the service answers one attempt.
type step func(w http.ResponseWriter, r *http.Request)

func lines(outcomes ...string) step {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-ndjson")
		for _, o := range outcomes {
			_, _ = io.WriteString(w, o+"\n")
		}
	}
}

func created(line int) string {
	return fmt.Sprintf(`{"line":%d,"status":201,"outcome":"created","id":"i","number":"C-1"}`, line)
}

func refused(line, status int, code string) string {
	return fmt.Sprintf(`{"line":%d,"status":%d,"problem":{"code":%q,"detail":"d","errors":[{"pointer":"/email","code":"c","detail":"x"}]}}`, line, status, code)
}

func problem(status int, code, retryAfter string) step {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/problem+json")
		if retryAfter != "" {
			w.Header().Set("Retry-After", retryAfter)
		}
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, `{"code":%q,"detail":"d"}`, code)
	}
}

// reset answers the first outcomes and breaks the connection.
func reset(outcomes ...string) step {
	return func(w http.ResponseWriter, r *http.Request) {
		lines(outcomes...)(w, r)
		_, _ = io.WriteString(w, `{"line":`) // half a line
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

// script serves one step an attempt and records pauses and keys.
type script struct {
	*Client
	keys   []string
	pauses []time.Duration
}

func newScript(t *testing.T, steps ...step) *script {
	t.Helper()
	s := &script{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		s.keys = append(s.keys, r.Header.Get("Idempotency-Key"))
		if len(s.keys) > len(steps) {
			t.Errorf("attempt %d was not expected", len(s.keys))
			return
		}
		steps[len(s.keys)-1](w, r)
	}))
	t.Cleanup(server.Close)
	s.Client = &Client{BaseURL: server.URL, HTTP: server.Client(), Token: func() (string, error) { return "t", nil },
		Retry: Retry{Attempts: 3, Wait: func(_ context.Context, d time.Duration) error {
			s.pauses = append(s.pauses, d)
			return nil
		}}}
	return s
}

func (s *script) send(t *testing.T) ([]Outcome, error) {
	return s.Batch(t.Context(), Batch{Mode: Upsert, Key: "k1", Lines: 2, Body: []byte("{}\n{}\n")})
}

func TestABatchIsSentUntilEveryLineIsAnswered(t *testing.T) {
	down := problem(503, "unavailable", "")
	for name, steps := range map[string][]step{
		"at once":                      {lines(created(1), created(2))},
		"unavailable, then not":        {down, lines(created(1), created(2))},
		"cut in the middle":            {reset(created(1)), lines(created(1), created(2))},
		"ended early":                  {lines(created(1)), lines(created(1), created(2))},
		"still at the attempt before":  {reset(), problem(409, "request_in_flight", ""), lines(created(1), created(2))},
		"one line later":               {lines(created(1), refused(2, 503, "unavailable")), lines(created(1), created(2))},
		"progress renews the patience": {down, down, lines(created(1)), down, lines(created(1), created(2))},
		"a proxy's page":               {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(502) }, lines(created(1), created(2))},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScript(t, steps...)
			got, err := s.send(t)
			if err != nil || len(s.keys) != len(steps) || len(got) != 2 || got[0].Outcome != "created" || got[1].Line != 2 {
				t.Fatalf("%v after %d attempts: %v", got, len(s.keys), err)
			}
			for _, key := range s.keys {
				if key != "k1" {
					t.Errorf("an attempt had the key %q: the service would do it twice", key)
				}
			}
		})
	}
}

// A line that was created and is then found to exist was still created.
func TestTheFirstOutcomeOfALineStands(t *testing.T) {
	got, err := newScript(t, reset(created(1)), lines(refused(1, 409, "email_taken"), created(2))).send(t)
	if err != nil || got[0].Problem != nil || got[0].Status != 201 {
		t.Errorf("%+v: %v", got, err)
	}
}

func TestRefusedLinesCarryTheirReason(t *testing.T) {
	got, err := newScript(t, lines(refused(1, 409, "email_taken"), created(2))).send(t)
	if err != nil || got[0].Problem.Code != "email_taken" || got[0].Problem.Status != 409 || got[0].Problem.Errors[0].Pointer != "/email" {
		t.Errorf("%+v: %v", got, err)
	}
}

func TestABatchGivesUp(t *testing.T) {
	down := problem(503, "unavailable", "")
	for name, c := range map[string]struct {
		steps []step
		code  string // of the problem, "" is ErrContract
	}{
		"after attempts that bring nothing": {[]step{down, down, down}, "unavailable"},
		"a long pause is asked for":         {[]step{problem(429, "rate_limited", "86400")}, "rate_limited"},
		"the token does not hold":           {[]step{problem(401, "unauthenticated", "")}, "unauthenticated"},
		"no space":                          {[]step{problem(507, "storage_full", "")}, "storage_full"},
		"another service": {[]step{func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "<html>")
		}}, ""},
		"lines out of order":    {[]step{lines(created(2), created(1))}, ""},
		"an outcome of no kind": {[]step{lines(`{"line":1,"status":200}`)}, ""},
		"no reason":             {[]step{lines(`{"line":1,"status":409}`)}, ""},
		"an endless line":       {[]step{lines(strings.Repeat("x", 2*maxAnswer))}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := newScript(t, c.steps...).send(t)
			p, is := errors.AsType[*Problem](err)
			if c.code == "" && !errors.Is(err, ErrContract) || c.code != "" && (!is || p.Code != c.code) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestRetryAfterIsHonouredWithJitter(t *testing.T) {
	s := newScript(t, problem(429, "rate_limited", "7"), problem(503, "unavailable", ""), lines(created(1), created(2)))
	if _, err := s.send(t); err != nil {
		t.Fatal(err)
	}
	if len(s.pauses) != 2 || s.pauses[0] <= 7*time.Second || s.pauses[0] > 8*time.Second || s.pauses[1] < 200*time.Millisecond || s.pauses[1] > 401*time.Millisecond {
		t.Errorf("paused %v", s.pauses)
	}
	seen := map[time.Duration]bool{}
	for range 50 {
		seen[Retry{}.jitter(3)] = true
	}
	if len(seen) < 10 {
		t.Error("clients that were refused together come back together")
	}
	if d := (Retry{}).jitter(1000); d > 30*time.Second {
		t.Errorf("the pause grew to %v", d)
	}
}

func TestCancellingEndsTheWait(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := newScript(t, problem(503, "unavailable", "60"))
	s.Retry.Wait = func(ctx context.Context, d time.Duration) error { cancel(); return sleep(ctx, d) }
	if _, err := s.Batch(ctx, Batch{Lines: 1}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
