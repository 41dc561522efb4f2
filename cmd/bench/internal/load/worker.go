package load

import (
	"context"
	"fmt"
	"time"
)

// worker is one connection and its measurements.
type worker struct {
	run     *run
	conn    conn
	buf     []byte
	latency Histogram
	all     int // successes
	failed  int
	sample  string
	last    time.Time // of the last answer
}

func (w *worker) work(ctx context.Context) {
	defer w.conn.close()
	for ctx.Err() == nil && w.run.broken.Load() <= maxBroken {
		i := int(w.run.next.Add(1) - 1)
		if n := w.run.plan.Count; n > 0 && i >= n {
			return
		}
		due, ok := w.await(ctx, i)
		if !ok {
			return
		}
		w.one(ctx, i, due)
	}
}

// await gives the time from which request i is measured, or false when the
// run is over by then.
func (w *worker) await(ctx context.Context, i int) (time.Time, bool) {
	due := time.Now()
	if rate := w.run.plan.Rate; rate > 0 {
		due = w.run.start.Add(time.Duration(float64(i) / rate * float64(time.Second)))
	}
	if !w.run.until.IsZero() && !due.Before(w.run.until) {
		return due, false
	}
	if wait := time.Until(due); wait > 0 {
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return due, false
		}
	}
	return due, true
}

func (w *worker) one(ctx context.Context, i int, due time.Time) {
	w.buf = w.run.target.Request(i, w.buf[:0])
	status, body, err := w.conn.roundTrip(ctx, w.buf)
	now := time.Now()
	w.last = now
	switch {
	case err != nil:
		w.run.broken.Add(1)
		w.fail(err.Error())
	case status != w.run.target.Want:
		w.fail(fmt.Sprintf("%d %.300s", status, body))
	case w.run.target.Check != nil && !w.run.target.Check(i, body):
		w.fail("an answer to something else")
	default:
		w.all++
		if w.measured(due, now) {
			w.latency.Add(now.Sub(due))
		}
	}
}

// measured tells whether an answer counts. In a closed loop one that comes
// after the end does not: it would add to the rate without adding time. In an
// open loop it does, because leaving out the slowest would flatter p99.
func (w *worker) measured(due, now time.Time) bool {
	if now.Before(w.run.from) || due.Before(w.run.from) && w.run.plan.Rate > 0 {
		return false
	}
	return w.run.plan.Rate > 0 || w.run.until.IsZero() || now.Before(w.run.until)
}

func (w *worker) fail(sample string) {
	w.failed++
	if w.sample == "" {
		w.sample = sample
	}
}
