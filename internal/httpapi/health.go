package httpapi

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	jsonv2 "github.com/go-json-experiment/json"

	"github.com/acme/customers/internal/fault"
)

// Check asks whether one dependency can be used now. Its error is shown as a
// code only.
type Check struct {
	Name     string
	Ask      func(context.Context) error
	Optional bool // requests are served without it: it is shown, and no more
}

// Readiness answers whether this instance can serve requests. Use NewReadiness.
type Readiness struct {
	checks   []Check
	clock    func() time.Time
	draining atomic.Bool

	mu    sync.Mutex
	asked time.Time
	last  readiness
}

// answersLive is how long an answer is given again: probes must not become
// load on what they probe.
const (
	answersLive  = 500 * time.Millisecond
	checkTimeout = 2 * time.Second
)

type readiness struct {
	Status string        `json:"status"` // ready, not_ready or draining
	Checks []checkResult `json:"checks"`
}

type checkResult struct {
	Name   string `json:"name"`
	Status string `json:"status"` // ok, failed, or degraded where it is optional
	Code   string `json:"code,omitzero"`
}

// NewReadiness is ready when every check passes. clock is time.Now if nil.
func NewReadiness(clock func() time.Time, checks ...Check) *Readiness {
	if clock == nil {
		clock = time.Now
	}
	return &Readiness{checks: checks, clock: clock}
}

// Drain makes it answer that it is not ready, for good.
func (r *Readiness) Drain() { r.draining.Store(true) }

// ServeHTTP answers 200 or 503.
func (r *Readiness) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	answer := r.ask(req.Context())
	status := http.StatusOK
	if r.draining.Load() {
		answer.Status = "draining"
	}
	if answer.Status != "ready" {
		status = http.StatusServiceUnavailable
	}
	writeStatus(w, status, answer)
}

func (r *Readiness) ask(ctx context.Context) readiness {
	r.mu.Lock() // those who come meanwhile wait for the same answer
	defer r.mu.Unlock()
	now := r.clock()
	if !r.asked.IsZero() && now.Sub(r.asked) < answersLive {
		return r.last
	}
	// Many share the answer, so no single caller's leaving may spoil it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), checkTimeout)
	defer cancel()
	answer := readiness{Status: "ready", Checks: make([]checkResult, len(r.checks))}
	var all sync.WaitGroup
	for i, c := range r.checks {
		all.Go(func() { answer.Checks[i] = c.run(ctx) })
	}
	all.Wait()
	for _, c := range answer.Checks {
		if c.Status == "failed" {
			answer.Status = "not_ready"
		}
	}
	r.last, r.asked = answer, now
	return answer
}

// run does not outlast ctx, even where the check does.
func (c Check) run(ctx context.Context) checkResult {
	done := make(chan error, 1)
	go func() { done <- c.ask(ctx) }()
	var err error
	select {
	case err = <-done:
	case <-ctx.Done():
		err = ctx.Err()
	}
	switch {
	case err == nil:
		return checkResult{Name: c.Name, Status: "ok"}
	case errors.Is(err, context.DeadlineExceeded):
		return checkResult{c.Name, c.failure(), "timeout"}
	}
	return checkResult{c.Name, c.failure(), fault.CodeOf(err)}
}

func (c Check) failure() string {
	if c.Optional {
		return "degraded"
	}
	return "failed"
}

func (c Check) ask(ctx context.Context) (err error) {
	defer func() {
		if recover() != nil {
			err = fault.ErrInternal
		}
	}()
	return c.Ask(ctx)
}

// Live answers 200 while the process can answer at all.
func Live() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeStatus(w, http.StatusOK, readiness{Status: "live", Checks: []checkResult{}})
	})
}

func writeStatus(w http.ResponseWriter, status int, v readiness) {
	w.Header().Set("Content-Type", mediaJSON)
	w.WriteHeader(status)
	_ = jsonv2.MarshalWrite(w, v) // the prober may be gone
}
