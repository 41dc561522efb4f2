// Package guard keeps a slow or broken address provider from becoming the
// service's own trouble: a bound on the time and the number of calls, few
// retries, and a circuit breaker that stops asking whoever does not answer.
//
// There are two ways to ask. Check is for requests, where somebody waits: its
// budget is short, and it never waits to see whether a provider is back. Patient
// is for what runs behind: it has more time, asks whatever the circuit says, and
// leaves it to its caller to stop.
//
// Sources: M. Nygard, "Release It!" (circuit breaker, bulkhead); M. Brooker,
// "Exponential Backoff And Jitter" (AWS Architecture Blog).
package guard

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/bulkhead"
	"github.com/failsafe-go/failsafe-go/circuitbreaker"
	"github.com/failsafe-go/failsafe-go/retrypolicy"

	"github.com/acme/customers/internal/address"
	"github.com/acme/customers/internal/outbound"
)

// ErrUnavailable is every error of a guard: there is no opinion now. It is no
// fault, because no client should see it: the caller's verdict becomes
// "unverifiable". Causes that could repeat a value are left out.
var ErrUnavailable = errors.New("address provider unavailable")

// The reasons that are the guard's own; each is an ErrUnavailable.
var (
	ErrOpen = fmt.Errorf("%w: circuit open", ErrUnavailable)
	ErrBusy = fmt.Errorf("%w: too many calls", ErrUnavailable)
)

// What Observe is told.
const (
	OK          = "ok"
	Failed      = "failed"       // asked, and no opinion came
	RefusedOpen = "refused_open" // not asked: the circuit is open
	RefusedBusy = "refused_busy" // not asked: too many calls at once
)

// Config sets the bounds; zero values are the defaults.
type Config struct {
	Wait        time.Duration // of a Check with its retries and pauses; 500 ms. An answer that takes longer counts against the provider
	Timeout     time.Duration // of a patient check; 2 s, at least Wait
	Retries     int           // after the first try; 2, negative: none
	Backoff     time.Duration // before the first retry, doubled for each, half of it at random; 100 ms
	Failures    uint          // of the last Window tries that open the circuit; 5
	Window      uint          // tries; 10, at least Failures
	OpenFor     time.Duration // until one try is made, for which nobody waits; 10 s
	Concurrency uint          // Checks at once: one more waits for half of Wait, then it is refused; 32

	// Observe is told of every check: its outcome and how long it took. It must
	// not block. nil: nobody is told.
	Observe func(outcome string, took time.Duration)
}

func (c Config) withDefaults() Config {
	c.Wait = or(c.Wait, 500*time.Millisecond)
	c.Timeout = max(or(c.Timeout, 2*time.Second), c.Wait)
	c.Retries = max(or(c.Retries, 2), 0)
	c.Backoff = or(c.Backoff, 100*time.Millisecond)
	c.Failures = or(c.Failures, 5)
	c.Window = max(or(c.Window, 10), c.Failures)
	c.OpenFor = or(c.OpenFor, 10*time.Second)
	c.Concurrency = or(c.Concurrency, 32)
	if c.Observe == nil {
		c.Observe = func(string, time.Duration) {}
	}
	return c
}

func or[T comparable](value, otherwise T) T {
	if value == *new(T) {
		return otherwise
	}
	return value
}

// Guard is an address.Provider around another. Use New; safe for concurrent use.
type Guard struct {
	next    address.Provider
	cfg     Config
	calls   bulkhead.Bulkhead[address.Opinion]
	breaker circuitbreaker.CircuitBreaker[address.Opinion]
	retry   failsafe.Executor[address.Opinion]
	life    context.Context // ends with Close
	end     context.CancelFunc
	probes  sync.WaitGroup
}

// New wraps a provider. The provider must end a call soon after its context.
func New(next address.Provider, cfg Config) *Guard {
	cfg = cfg.withDefaults()
	g := &Guard{next: next, cfg: cfg, calls: bulkhead.New[address.Opinion](cfg.Concurrency)}
	g.life, g.end = context.WithCancel(context.Background())
	g.breaker = circuitbreaker.NewBuilder[address.Opinion]().
		WithFailureThresholdRatio(cfg.Failures, cfg.Window).
		WithSuccessThreshold(1). // half-open: one try at a time, and it decides
		WithDelay(cfg.OpenFor).
		Build()
	g.retry = failsafe.With(retrypolicy.NewBuilder[address.Opinion]().
		WithMaxRetries(cfg.Retries).
		HandleIf(func(_ address.Opinion, err error) bool { return again(err) }).
		WithDelayFunc(g.pause).
		ReturnLastFailure().
		Build())
	return g
}

// Close ends the try that looks whether the provider is back, if there is one.
// Nobody may ask meanwhile.
func (g *Guard) Close() {
	g.end()
	g.probes.Wait()
}

// Name is part of address.Provider.
func (g *Guard) Name() string { return g.next.Name() }

// State is the circuit's: "closed", "open", or "half_open" when the next try is
// let through to see whether the provider is back.
func (g *Guard) State() string {
	switch {
	case g.breaker.IsClosed():
		return "closed"
	case g.breaker.IsOpen() && g.breaker.RemainingDelay() > 0:
		return "open"
	}
	return "half_open"
}

// Check is part of address.Provider. Every error is ErrUnavailable. While the
// circuit is not closed it is refused at once: who looks whether the provider
// is back is not the one that a customer waits for.
func (g *Guard) Check(ctx context.Context, a address.Address) (address.Opinion, error) {
	switch {
	case !g.breaker.IsClosed():
		g.probe(a)
		g.cfg.Observe(RefusedOpen, 0)
		return address.Opinion{}, ErrOpen
	case g.calls.AcquirePermitWithMaxWait(ctx, g.cfg.Wait/queue) != nil:
		g.cfg.Observe(RefusedBusy, 0)
		return address.Opinion{}, ErrBusy
	}
	defer g.calls.ReleasePermit()
	return g.check(ctx, a, g.cfg.Wait, g.breaker.IsClosed)
}

// queue is the part of Wait, one in so many, for which a call too many waits: a
// healthy provider has let somebody go by then, and an import is not marked as
// unanswered because it asked about a hundred addresses at once.
const queue = 2

// Patient is the same provider for whoever nobody waits for.
func (g *Guard) Patient() address.Provider { return patient{g} }

type patient struct{ *Guard }

// Check asks whatever the circuit says, for as long as Timeout.
func (p patient) Check(ctx context.Context, a address.Address) (address.Opinion, error) {
	return p.check(ctx, a, p.cfg.Timeout, func() bool { return true })
}

// check asks, and again where that may help and the circuit still lets it.
func (g *Guard) check(ctx context.Context, a address.Address, budget time.Duration, may func() bool) (o address.Opinion, err error) {
	start, outcome := time.Now(), Failed
	defer func() { g.cfg.Observe(outcome, time.Since(start)) }()
	asked := false
	bounded, cancel := context.WithTimeout(ctx, budget)
	defer cancel()
	o, err = g.retry.WithContext(bounded).Get(func() (address.Opinion, error) {
		if !may() {
			return address.Opinion{}, ErrOpen
		}
		asked = true
		return g.try(ctx, bounded, a)
	})
	switch {
	case err == nil:
		outcome = OK
		return o, nil
	case !asked && errors.Is(err, ErrOpen):
		outcome = RefusedOpen
	}
	return address.Opinion{}, unavailable(err)
}

// unavailable keeps of a cause what is known to hold no value: our own errors,
// those of the HTTP client and those of a context. Of another only that it was.
func unavailable(err error) error {
	if errors.Is(err, ErrOpen) {
		return ErrOpen
	}
	if e, ok := errors.AsType[*outbound.Error](err); ok {
		return fmt.Errorf("%w: %w", ErrUnavailable, e)
	}
	for _, end := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, end) {
			return fmt.Errorf("%w: %w", ErrUnavailable, end)
		}
	}
	return ErrUnavailable
}
