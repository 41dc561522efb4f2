package guard

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/failsafe-go/failsafe-go"

	"github.com/acme/customers/internal/address"
	"github.com/acme/customers/internal/outbound"
)

// retryable is a failure that another try within the budget may not have.
type retryable struct{ cause *outbound.Error }

func (r retryable) Error() string { return r.cause.Error() }
func (r retryable) Unwrap() error { return r.cause }

func again(err error) bool {
	_, ok := errors.AsType[retryable](err)
	return ok
}

// try asks once and tells the circuit breaker. caller is the context without
// our own timeout: who stops waiting says nothing of the provider.
func (g *Guard) try(caller, ctx context.Context, a address.Address) (address.Opinion, error) {
	known, closed, start := false, g.breaker.IsClosed(), time.Now()
	defer func() { // a panic goes on, but must not keep the breaker's only permit
		if !known {
			g.breaker.RecordFailure()
		}
	}()
	o, err := g.next.Check(ctx, a)
	known = true
	failure, ours := errors.AsType[*outbound.Error](err)
	inTime := time.Since(start) <= g.cfg.Wait // a patient caller's answer may be good, and still too slow for a request
	switch {
	case inTime && (err == nil || ours && failure.OfRequest()):
		g.answered(closed)
	case caller.Err() != nil:
		g.abandoned()
	default:
		g.breaker.RecordFailure()
	}
	if ours && failure.Retryable() && fits(ctx, failure.After) {
		return o, retryable{failure}
	}
	return o, err
}

// answered closes a circuit that was not closed when the try began: the
// provider is back. A try from before it opened is no such news.
func (g *Guard) answered(closed bool) {
	if closed {
		g.breaker.RecordSuccess()
	} else {
		g.breaker.Close()
	}
}

// probe looks behind the caller's back whether the provider is back, when the
// circuit has been open for long enough, once at a time. What it says of the
// address is lost: that waits to be asked again.
func (g *Guard) probe(a address.Address) {
	if g.life.Err() != nil || !g.breaker.TryAcquirePermit() {
		return
	}
	g.probes.Go(func() {
		defer func() { _ = recover() }() // try has counted it; a request's own try would show it
		_, _ = g.check(g.life, a, g.cfg.Wait, func() bool { return true })
	})
}

// abandoned gives the permit of a half-open circuit back, which only a result
// does: it is open again until the next try. A closed one learns nothing.
func (g *Guard) abandoned() {
	if g.breaker.IsHalfOpen() {
		g.breaker.RecordFailure()
	}
}

// fits reports whether the budget outlasts what the provider asks us to wait.
func fits(ctx context.Context, after time.Duration) bool {
	deadline, ok := ctx.Deadline()
	return ctx.Err() == nil && (!ok || time.Until(deadline) > after)
}

// pause is how long to wait before a retry: what the provider asks for, or the
// backoff, half of it at random so that callers do not come back together.
func (g *Guard) pause(exec failsafe.ExecutionAttempt[address.Opinion]) time.Duration {
	backoff := g.cfg.Backoff << min(exec.Retries(), 16)
	backoff = backoff/2 + rand.N(backoff/2+1)
	if r, ok := errors.AsType[retryable](exec.LastError()); ok {
		return max(backoff, r.cause.After)
	}
	return backoff
}
