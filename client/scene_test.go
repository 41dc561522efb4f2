package client_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/acme/customers/client"
)

const ada = "0190a1b2-0000-7000-8000-00000000000a"

// a step is how the service answers one attempt.
type step func(w http.ResponseWriter, r *http.Request)

// attempt is what the service got.
type attempt struct {
	method, path, query, body string
	header                    http.Header
}

// scene is a service that answers one step an attempt, and a client whose
// pauses take no time.
type scene struct {
	*client.Client
	url string

	mu       sync.Mutex
	attempts []attempt
	pauses   []time.Duration
}

func newScene(t *testing.T, steps ...step) *scene {
	t.Helper()
	return newSceneWith(t, nil, steps...)
}

func newSceneWith(t *testing.T, options []client.Option, steps ...step) *scene {
	t.Helper()
	s := &scene{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		s.attempts = append(s.attempts, attempt{r.Method, r.URL.EscapedPath(), r.URL.RawQuery, string(body), r.Header.Clone()})
		n := len(s.attempts)
		s.mu.Unlock()
		if n > len(steps) {
			t.Errorf("attempt %d was not expected", n)
			panic(http.ErrAbortHandler)
		}
		steps[n-1](w, r)
	}))
	t.Cleanup(server.Close)
	s.url = server.URL
	c, err := client.New(server.URL, append([]client.Option{client.HTTP(server.Client()), client.StaticToken("t"), client.Retries(client.Retry{Pause: s.pause})}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	s.Client = c
	return s
}

func (s *scene) pause(ctx context.Context, d time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pauses = append(s.pauses, d)
	return ctx.Err()
}

// got gives every attempt.
func (s *scene) got() []attempt {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.attempts)
}

// seen gives a header of every attempt.
func (s *scene) seen(name string) (values []string) {
	for _, a := range s.got() {
		values = append(values, a.header.Get(name))
	}
	return values
}

func answer(status int, media, body string, headers ...string) step {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", media)
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func ok(body string, headers ...string) step {
	return answer(200, "application/json", body, headers...)
}

func problem(status int, code string, headers ...string) step {
	return answer(status, "application/problem+json", fmt.Sprintf(`{"type":"u","title":"T","status":%d,"detail":"d","code":%q}`, status, code), headers...)
}

func lines(text string) step { return answer(200, "application/x-ndjson", text) }

func events(text string) step { return answer(200, "text/event-stream", text) }

// cut does a step and breaks the connection.
func cut(before step) step {
	return func(w http.ResponseWriter, r *http.Request) {
		if before != nil {
			before(w, r)
			_ = http.NewResponseController(w).Flush()
		}
		panic(http.ErrAbortHandler)
	}
}
