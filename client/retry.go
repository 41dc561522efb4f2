package client

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"time"
)

// Retry bounds how often a call is sent again. The zero value is right for a
// service that has callers of its own: five attempts within a few seconds.
type Retry struct {
	// Attempts in a row that bring nothing; 0 is 5, 1 is never again.
	Attempts int
	// Base is the longest first pause (0: 100 ms); it doubles up to Max (0: 10 s).
	Base, Max time.Duration
	// Patience is the longest Retry-After that is waited for (0: 1 min).
	Patience time.Duration
	// Pause waits, or returns early with the context's error; nil is a timer.
	Pause func(context.Context, time.Duration) error
}

// next waits before another attempt, or says why there is none. failures
// counts the attempts in a row that brought nothing.
func (r Retry) next(ctx context.Context, failures int, cause error) error {
	if ctx.Err() != nil || !temporary(cause) {
		return cause
	}
	if n := cmp.Or(r.Attempts, 5); failures >= n {
		if n > 1 {
			return fmt.Errorf("after %d attempts: %w", n, cause)
		}
		return cause
	}
	var asked time.Duration
	if p, ok := errors.AsType[*Problem](cause); ok {
		asked = p.RetryAfter
	}
	wait := asked + r.jitter(failures)
	if asked > cmp.Or(r.Patience, time.Minute) {
		return cause
	}
	if end, ok := ctx.Deadline(); ok && time.Until(end) < wait {
		return cause // to wait for the context's end would tell less
	}
	return r.wait(ctx, wait)
}

func (r Retry) wait(ctx context.Context, d time.Duration) error {
	if r.Pause != nil {
		return r.Pause(ctx, d)
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// jitter is any part of the exponential step ("full jitter"): callers that
// were refused together must not come back together.
func (r Retry) jitter(failures int) time.Duration {
	limit := cmp.Or(r.Max, 10*time.Second)
	step := min(cmp.Or(r.Base, 100*time.Millisecond), limit)
	for i := 1; i < failures && step < limit; i++ {
		step = min(2*step, limit)
	}
	return rand.N(step + 1)
}

// errSilent is a service that says nothing for too long.
var errSilent = errors.New("the service is silent")

// errCut is an answer that ended before its end.
var errCut = errors.New("the answer ended early")

// temporary tells whether another attempt may fare better. What is neither the
// service's answer nor ours is the connection's, but for certificates that do
// not hold and hosts that do not exist, which no attempt changes.
func temporary(err error) bool {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p.transient()
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		return false
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return false
	}
	return errors.Is(err, errConnection)
}

// errConnection marks what happened between us and the service.
var errConnection = errors.New("the connection failed")

func broken(err error) error { return fmt.Errorf("%w: %w", errConnection, err) }
