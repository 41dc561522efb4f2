// Package load drives an HTTP server over a bounded number of keep-alive
// connections for a bounded time, and measures what comes back.
//
// Closed loop: each connection sends its next request when the last one is
// answered. That finds the highest rate, but its latencies leave out the
// requests that a stalled server kept from being sent. Open loop: requests are
// due at a fixed rate whether or not earlier ones were answered, and latency
// counts from when a request was due; only these say how long a caller waits.
package load

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Target is what is asked, and how.
type Target struct {
	Dial func(context.Context) (net.Conn, error)
	// Request appends the whole i-th request, headers and all. Every i from 0
	// on is used once. Called concurrently.
	Request func(i int, buf []byte) []byte
	Want    int // the status of success
	// Check tells whether the i-th answer's body is what was asked for. Called
	// concurrently; must not keep the slice. nil takes any body.
	Check func(i int, body []byte) bool
}

// Plan says how much. Duration or Count ends it, whichever is first; zero
// means no such bound.
type Plan struct {
	Connections int
	WarmUp      time.Duration // sent, not measured; then the clock starts
	Duration    time.Duration
	Count       int     // warm-up included
	Rate        float64 // requests a second; 0 is a closed loop
}

// Result is what was measured.
type Result struct {
	Done    int // succeeded and answered within the measured time
	Sent    int // numbers of requests used: 0 to Sent-1, answered or not
	All     int // succeeded at any time, warm-up included
	Failed  int // wrong status or broken connection, warm-up included
	Elapsed time.Duration
	Latency *Histogram // of those done
	Sample  string     // the first failure, for a person
}

// Rate is successes a second.
func (r Result) Rate() float64 {
	if r.Elapsed <= 0 {
		return 0
	}
	return float64(r.Done) / r.Elapsed.Seconds()
}

// Errors that end a run.
var (
	errBounds = errors.New("load: a run needs connections, and a duration or a count")
	errBroken = errors.New("load: too many broken connections")
)

const (
	maxBroken = 100              // broken connections before a run is given up
	grace     = 30 * time.Second // for the last answers
)

// Run sends until the plan is done. An error means that the result says
// nothing; single failures are counted in it instead.
func Run(ctx context.Context, t Target, p Plan) (Result, error) {
	if p.Connections < 1 || p.Duration <= 0 && p.Count <= 0 {
		return Result{}, errBounds
	}
	r := &run{target: t, plan: p, start: time.Now()}
	r.from = r.start.Add(p.WarmUp)
	limit := time.Hour
	if p.Duration > 0 {
		r.until = r.from.Add(p.Duration)
		limit = p.WarmUp + p.Duration
	}
	ctx, cancel := context.WithTimeout(ctx, limit+grace)
	defer cancel()
	workers := make([]worker, p.Connections)
	var group sync.WaitGroup
	for i := range workers {
		w := &workers[i]
		w.run, w.conn = r, conn{dial: t.Dial}
		group.Go(func() { w.work(ctx) })
	}
	group.Wait()
	return r.result(ctx, workers)
}

// run is what the connections of one Run share.
type run struct {
	target      Target
	plan        Plan
	start, from time.Time
	until       time.Time // zero: until the count
	next        atomic.Int64
	broken      atomic.Int64
}

func (r *run) result(ctx context.Context, workers []worker) (Result, error) {
	out := Result{Latency: &Histogram{}, Elapsed: r.plan.Duration}
	for i := range workers {
		w := &workers[i]
		out.Latency.Merge(&w.latency)
		out.Failed += w.failed
		out.All += w.all
		if out.Sample == "" {
			out.Sample = w.sample
		}
		if r.plan.Duration <= 0 || r.plan.Rate > 0 { // else later answers do not count
			out.Elapsed = max(out.Elapsed, w.last.Sub(r.from))
		}
	}
	out.Done, out.Sent = out.Latency.Count(), int(r.next.Load())
	if r.plan.Count > 0 {
		out.Sent = min(out.Sent, r.plan.Count)
	}
	if err := context.Cause(ctx); err != nil {
		return out, fmt.Errorf("load: %w", err)
	}
	if r.broken.Load() > maxBroken {
		return out, fmt.Errorf("%w: %s", errBroken, out.Sample)
	}
	return out, nil
}
