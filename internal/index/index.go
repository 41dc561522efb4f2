// Package index is what is derived from the log and kept in memory: the states
// that by-id reads are served from, and typed facts about every customer that
// statistics are counted from. Nothing of it is on a disk, so that no clear
// text and no search token ever is; a new process loads it again.
//
// Reads are never stale: WaitHead returns when this instance has applied what
// was committed before the call, wherever it was committed. What is derived is
// a function of the snapshots alone, so that a model built from zero equals one
// that has followed the log, whatever was applied twice on the way.
package index

import (
	"context"
	"log/slog"
	"sync"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/journal"
	"github.com/acme/customers/internal/projection"
	"github.com/acme/customers/internal/vault"
)

// Config is what a model stands on. All but CacheSize and Logger are required.
type Config struct {
	Store     eventstore.Store
	Vault     *vault.Vault
	Journal   *journal.Journal
	Customers *event.Aggregate[customer.State]
	Weights   customer.Weights
	CacheSize int          // states kept; 0 is 100,000, about 2 kB each
	Logger    *slog.Logger // nil discards
}

// Model is one instance's read model. Use New, then Run.
type Model struct {
	cfg    Config
	states *States
	tail   *tail
	runner *projection.Runner
	fresh  freshest
}

// New makes an empty model.
func New(cfg Config) *Model {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	m := &Model{cfg: cfg, fresh: newFreshest()}
	m.states = NewStates(cfg.CacheSize, func(ctx context.Context, id uuid.UUID) (Loaded, error) {
		return journal.Load(ctx, cfg.Journal, cfg.Customers, id)
	})
	m.tail = &tail{store: cfg.Store, states: m.states, forget: cfg.Vault.Forget}
	m.runner = projection.New(projection.Config{Name: "index", Store: cfg.Store, Handler: m.tail, Start: m.tail.start, Logger: cfg.Logger})
	return m
}

// Run follows the log until ctx ends.
func (m *Model) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	return m.runner.Run(ctx)
}

// Get gives a customer's state as of the last WaitHead of the caller, or newer.
func (m *Model) Get(ctx context.Context, id uuid.UUID) (Loaded, error) { return m.states.Get(ctx, id) }

// Entry is Get with a place for rendered answers.
func (m *Model) Entry(ctx context.Context, id uuid.UUID) (*Entry, error) {
	return m.states.Entry(ctx, id)
}

// Put shows a state that this instance has just committed, so that the next
// read need not load it.
func (m *Model) Put(id uuid.UUID, l Loaded) { m.states.Put(id, l) }

// Drop forgets a customer at once: its erasure is under way on this instance.
// The others, and those who read meanwhile, follow with the erasure's record.
func (m *Model) Drop(id uuid.UUID) { m.states.Drop(id) }

// Ready tells whether by-id reads are served: the log is followed and applied
// up to its head. Otherwise fault.ErrBehind, or why the head is not known.
func (m *Model) Ready(ctx context.Context) error {
	if !m.tail.started.Load() {
		return fault.ErrBehind.After(wait)
	}
	return m.WaitHead(ctx, Freshness{})
}

// Status tells where this instance stands against the log.
func (m *Model) Status(ctx context.Context) (projection.Status, error) { return m.runner.Status(ctx) }
