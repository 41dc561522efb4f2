// Package projection follows the log and hands it, in order, to something that
// derives state from it: a read model, a reactor, the relay to the bus.
//
// A Runner delivers every record at least once and in the order of positions.
// After a crash it delivers again what came after the last saved cursor, and
// while a batch is being isolated around a failing record it may deliver a
// record twice. A handler therefore skips positions that it has applied: then
// the effect is exactly once. The runner does not promise that two instances
// never apply at the same time: a lease keeps them apart only while no process
// is suspended for longer than the lease, so that a handler with effects
// outside this process needs a fence of its own.
package projection

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/eventstore"
)

// Handler derives state. Apply is called by one goroutine at a time, with
// records in the order of positions, never with an empty slice.
type Handler interface {
	Apply(ctx context.Context, records []eventstore.Record) error
}

// ErrRestart, returned by a handler, makes the runner ask Start again and go
// on from there at once: what the handler writes to is not where it was.
var ErrRestart = errors.New("projection: start again from the beginning position")

// Store is the part of the event store that a runner needs.
type Store interface {
	Head(ctx context.Context) (int64, error)
	Await(ctx context.Context, after int64) error
	Tail(ctx context.Context, after int64, limit int) ([]eventstore.Record, error)
	Cursor(ctx context.Context, name string) (int64, error)
	SetCursor(ctx context.Context, name string, position int64) error
	Lease(ctx context.Context, name, holder string, ttl time.Duration) (bool, error)
	Release(ctx context.Context, name, holder string) error
}

// Retry says how a failing Apply is repeated. The zero value is 5 attempts
// from 50 ms, doubling, up to 5 s.
type Retry struct {
	Attempts int // of one record alone, before it counts as poison
	Min, Max time.Duration
}

// Config describes a runner. Name, Store and Handler are required.
type Config struct {
	Name    string
	Store   Store
	Handler Handler
	// Start gives the position to begin after, whenever this instance starts
	// to apply. Nil is the durable cursor of Name, saved after each Apply.
	Start func(ctx context.Context) (int64, error)
	// Lease, when positive, lets only its holder run; another instance takes
	// over when it lapses. It is renewed every third of its length.
	Lease    time.Duration
	Instance string // the lease's holder; "" is a random one
	Batch    int    // records an Apply gets at most; 0 is 500
	// Rest is a pause after an Apply that got fewer than Batch: where each
	// Apply costs much and each record little, the log shall grow meanwhile. A
	// record that comes alone is still applied at once.
	Rest  time.Duration
	Retry Retry
	// Park takes a poison record out of the way; it must be durable when it
	// returns nil. Without it, a poison record stops the runner's progress,
	// which its Status shows, until it can be applied.
	Park   func(ctx context.Context, r eventstore.Record, cause error) error
	Logger *slog.Logger // nil discards
}

// Runner follows the log for one handler. Use New, then Run.
type Runner struct {
	cfg      Config
	progress progress
	restart  chan struct{}
	swaps    chan swap

	mu      sync.Mutex
	leading bool
	lastErr error
	parked  int64
}

// New makes a runner; it does nothing before Run.
func New(cfg Config) *Runner {
	if cfg.Batch <= 0 {
		cfg.Batch = 500
	}
	if cfg.Retry.Attempts <= 0 {
		cfg.Retry.Attempts = 5
	}
	if cfg.Retry.Min <= 0 {
		cfg.Retry.Min = 50 * time.Millisecond
	}
	if cfg.Retry.Max < cfg.Retry.Min {
		cfg.Retry.Max = max(5*time.Second, cfg.Retry.Min)
	}
	if cfg.Instance == "" {
		cfg.Instance = uuid.NewString()
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	cfg.Logger = cfg.Logger.With("projection", cfg.Name)
	return &Runner{cfg: cfg, restart: make(chan struct{}, 1), swaps: make(chan swap)}
}

// Restart makes the runner ask Start again before it applies anything more.
// It does not wait for that.
func (r *Runner) Restart() {
	select {
	case r.restart <- struct{}{}:
	default:
	}
}
