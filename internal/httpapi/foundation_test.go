package httpapi

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/fault"
)

// rig is the whole chain around a few routes that do what the tests need.
type rig struct {
	handler http.Handler
	api     *api
	clock   *clock
	log     *syncBuffer
	seen    []Observation
	mu      sync.Mutex
	blocked chan struct{} // released by closing; GET /v1/fail/block waits for it
	entered chan struct{}
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// tokens is a verifier that knows a few words.
type tokens struct{}

func (tokens) Verify(_ context.Context, raw string) (authz.Principal, error) {
	switch role, subject, _ := strings.Cut(raw, "-"); role {
	case "customer", "support", "service":
		return authz.Principal{Role: authz.Role(role), Subject: subject}, nil
	case "down":
		return authz.Principal{}, fault.ErrUnavailable.After(3 * time.Second)
	}
	return authz.Principal{}, fault.ErrUnauthenticated.With(errors.New("unknown token"))
}

func newRig(t *testing.T, change func(*Guard)) *rig {
	t.Helper()
	r := &rig{clock: &clock{now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}, log: &syncBuffer{},
		blocked: make(chan struct{}), entered: make(chan struct{}, 16)}
	r.api = newAPI(DefaultLimits())
	r.routes()
	openapi, docs, err := r.api.documents()
	if err != nil {
		t.Fatal(err)
	}
	g := Guard{
		Verifier: tokens{}, Clock: r.clock.Now,
		Log:     slog.New(slog.NewJSONHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Public:  map[string]http.Handler{"/livez": Live(), "/openapi.yaml": openapi, "/docs": docs},
		Observe: r.observed,
	}
	if change != nil {
		change(&g)
	}
	r.handler = g.Handler(r.api.mux)
	return r
}

func (r *rig) observed(_ context.Context, o Observation) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen = append(r.seen, o)
}

type thingInput struct {
	ID    string `path:"id" maxLength:"36"`
	Limit int    `query:"limit" minimum:"1" maximum:"100"`
	Sort  string `query:"sort" enum:"name,date"`
	Mode  int    `header:"X-Mode"`
}

type thingOutput struct {
	ETag string `header:"ETag"`
	Body sample
}

type noInput struct{}

type failInput struct {
	How string `path:"how"`
}

func (r *rig) routes() {
	plain(r.api, huma.Operation{OperationID: "getThing", Method: http.MethodGet, Path: "/v1/things/{id}", Summary: "One thing"},
		func(context.Context, *thingInput) (*thingOutput, error) {
			return &thingOutput{ETag: etag(7), Body: sample{Email: "a@example.test"}}, nil
		})
	withBody(r.api, huma.Operation{OperationID: "makeThing", Method: http.MethodPost, Path: "/v1/things", DefaultStatus: http.StatusCreated},
		func(_ context.Context, _ *noInput, body *sample) (*thingOutput, error) {
			return &thingOutput{ETag: etag(1), Body: *body}, nil
		})
	withBody(r.api, huma.Operation{OperationID: "patchThing", Method: http.MethodPatch, Path: "/v1/things/{id}"},
		func(_ context.Context, _ *thingInput, body *samplePatch) (*thingOutput, error) {
			return &thingOutput{ETag: etag(2), Body: sample{Email: body.Email.Value}}, nil
		})
	plain(r.api, huma.Operation{OperationID: "fail", Method: http.MethodGet, Path: "/v1/fail/{how}"}, r.fail)
}

func (r *rig) fail(ctx context.Context, in *failInput) (*thingOutput, error) {
	switch in.How {
	case "panic":
		panic("a value: " + secret)
	case "bug":
		var nobody *sample
		return nil, fault.ErrVersion.With(errors.New(nobody.Email))
	case "unknown":
		return nil, errors.New("pool 7 is broken")
	case "late":
		<-ctx.Done()
		return nil, ctx.Err()
	case "block":
		r.entered <- struct{}{}
		<-r.blocked
	case "busy":
		return nil, fault.ErrBehind.After(1500 * time.Millisecond)
	case "token":
		return nil, fault.ErrUnauthenticated
	}
	for _, f := range fault.Codes() {
		if f.Code == in.How {
			return nil, f
		}
	}
	return &thingOutput{Body: sample{Attributes: map[string]string{"b": "2", "a": "1"}}}, nil
}

// call sends one request; headers are "Name: value", and a token of role
// support goes along unless Authorization is among them.
func (r *rig) call(method, target, body string, headers ...string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(method, target, strings.NewReader(body))
	req.Header.Set("Authorization", "Bearer support-ann")
	if body != "" {
		req.Header.Set("Content-Type", mediaJSON)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if value == "" {
			req.Header.Del(name)
		} else {
			req.Header.Set(name, value)
		}
	}
	w := httptest.NewRecorder()
	r.handler.ServeHTTP(w, req)
	return w
}

// shown is everything that left: status line, headers, body and log.
func (r *rig) shown(w *httptest.ResponseRecorder) string {
	var out strings.Builder
	_ = w.Result().Header.Write(&out)
	return out.String() + w.Body.String() + r.log.String()
}

func readAll(res *http.Response) error {
	_, err := io.Copy(io.Discard, res.Body)
	return err
}
