package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"syscall"
	"time"
)

// Retry bounds how long a batch is tried. The zero value is right for people.
type Retry struct {
	// Attempts in a row that bring nothing new; 0 is 10, about two minutes.
	Attempts int
	// Base is the first pause (0: 200 ms); it doubles up to Max (0: 30 s).
	Base, Max time.Duration
	// Patience is the longest Retry-After that is waited for (0: 5 min).
	Patience time.Duration
	// Wait pauses, or returns early with the context's error; nil is a timer.
	Wait func(context.Context, time.Duration) error
}

func or[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// pause waits before the next attempt, or says why there is none. failures
// counts the attempts in a row that brought nothing.
func (r Retry) pause(ctx context.Context, failures int, cause error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !temporary(cause) {
		return cause
	}
	if n := or(r.Attempts, 10); failures >= n {
		return fmt.Errorf("gave up after %d attempts: %w", n, cause)
	}
	var asked time.Duration
	if p, ok := errors.AsType[*Problem](cause); ok {
		asked = p.retryAfter
	}
	if asked > or(r.Patience, 5*time.Minute) {
		return fmt.Errorf("the service asks to wait for %v: %w", asked, cause)
	}
	wait := r.Wait
	if wait == nil {
		wait = sleep
	}
	return wait(ctx, max(asked, 0)+r.jitter(failures))
}

// jitter is a random part of the exponential step, at least half of it:
// clients that were refused together must not come back together.
func (r Retry) jitter(failures int) time.Duration {
	limit := or(r.Max, 30*time.Second)
	step := or(r.Base, 200*time.Millisecond)
	for range failures - 1 {
		if step = min(2*step, limit); step == limit {
			break
		}
	}
	return step/2 + rand.N(step/2+1)
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// errCut is an answer that ended before its last line.
var errCut = errors.New("the answer ended early")

// temporary tells whether another attempt may fare better. A certificate that
// is not trusted or a host that does not exist will not change in minutes.
func temporary(err error) bool {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p.transient()
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return !dns.IsNotFound
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return true
	}
	for _, broken := range []error{errCut, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, syscall.ECONNREFUSED, syscall.ECONNRESET,
		syscall.EPIPE, syscall.ECONNABORTED, context.DeadlineExceeded} {
		if errors.Is(err, broken) {
			return true
		}
	}
	return false
}
