package index

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/journal"
	"github.com/acme/customers/internal/sqldb"
	"github.com/acme/customers/internal/vault"
)

// follower keeps the facts up to the log. While they are being loaded it only
// remembers who changed; afterwards it reads the changed ones again.
type follower struct {
	cfg    Config
	states *States
	facts  *Facts

	mu      sync.Mutex
	pending map[uuid.UUID]int64 // version, 0: erased; nil once the facts are loaded
	loaded  chan struct{}
}

func newFollower(cfg Config, states *States, facts *Facts) *follower {
	return &follower{cfg: cfg, states: states, facts: facts, pending: map[uuid.UUID]int64{}, loaded: make(chan struct{})}
}

func (f *follower) live() bool {
	select {
	case <-f.loaded:
		return true
	default:
		return false
	}
}

// apply brings the facts up to the last of the records. After an error it may
// be called with the same records again.
func (f *follower) apply(ctx context.Context, records []eventstore.Record) error {
	changed := map[uuid.UUID]int64{}
	for i := range records {
		switch r := &records[i]; r.Stream.Type {
		case customer.Stream:
			changed[r.Stream.ID] = r.Version
		case erasure:
			changed[r.Stream.ID] = 0
		}
	}
	position := records[len(records)-1].Position
	f.mu.Lock()
	if f.pending != nil {
		maps.Copy(f.pending, changed)
		f.mu.Unlock()
		return nil
	}
	f.mu.Unlock()
	changes, err := f.read(ctx, changed)
	if err == nil {
		f.facts.apply(changes, position)
	}
	return err
}

// catchUp reads what changed during the load, until nothing is left; from then
// on apply does. position is what the tail has applied.
func (f *follower) catchUp(ctx context.Context, position func() int64) error {
	for {
		f.mu.Lock()
		changed := f.pending
		if len(changed) == 0 {
			f.facts.apply(nil, position())
			f.pending = nil
			close(f.loaded)
			f.mu.Unlock()
			return nil
		}
		f.pending = map[uuid.UUID]int64{}
		f.mu.Unlock()
		changes, err := f.read(ctx, changed)
		if err != nil {
			f.mu.Lock()
			maps.Copy(changed, f.pending)
			f.pending = changed
			f.mu.Unlock()
			return err
		}
		f.facts.apply(changes, 0)
	}
}

// read gives the facts of customers as of now or, where this instance wrote the
// last change itself, as of that.
func (f *follower) read(ctx context.Context, changed map[uuid.UUID]int64) ([]change, error) {
	changes, ids := f.known(changed)
	slices.SortFunc(ids, compareIDs)
	for chunk := range slices.Chunk(ids, page) {
		more, err := f.reload(ctx, chunk)
		if err != nil {
			return nil, err
		}
		changes = append(changes, more...)
	}
	return changes, nil
}

// known gives the facts of those whose states are in memory, and the others.
func (f *follower) known(changed map[uuid.UUID]int64) (changes []change, others []uuid.UUID) {
	changes = make([]change, 0, len(changed))
	for id, version := range changed {
		if e := f.states.peek(id); e != nil && version > 0 && e.Version >= version && e.Row.Number > 0 {
			changes = append(changes, change{fact: f.facts.derive(id, e)})
			continue
		}
		others = append(others, id)
	}
	return changes, others
}

// reload reads customers from their snapshots. One without a snapshot is gone.
func (f *follower) reload(ctx context.Context, ids []uuid.UUID) ([]change, error) {
	streams := make([]event.Stream, len(ids))
	left := make(map[uuid.UUID]bool, len(ids))
	for i, id := range ids {
		streams[i], left[id] = event.Stream{Type: customer.Stream, ID: id}, true
	}
	found, err := f.cfg.Store.Load(ctx, streams...)
	if err != nil {
		return nil, err
	}
	keys, err := f.cfg.Vault.Many(ctx, ids)
	if err != nil && !errors.Is(err, vault.ErrTampered) { // a broken row fails all: then each is asked for alone
		return nil, err
	}
	var out []change
	for i := range found {
		delete(left, found[i].Stream.ID)
		c, err := f.open(ctx, &found[i], keys[found[i].Stream.ID])
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	for id := range left {
		out = append(out, change{fact: Fact{ID: id}, gone: true})
	}
	return out, nil
}

// open derives a fact from a snapshot. What is broken for good is counted and
// passed over: one customer must not stand in everybody's way. An error is of
// a dependency, and worth another try.
func (f *follower) open(ctx context.Context, snap *eventstore.Loaded, keys *vault.Keys) (change, error) {
	id := snap.Stream.ID
	l, err := f.state(ctx, snap, keys)
	switch {
	case err == nil && l.Row.Number == 0: // without a row it has no ordinal
		return f.broken(id, journal.ErrCorrupt), nil
	case err == nil:
		return change{fact: f.facts.derive(id, &l)}, nil
	case errors.Is(err, fault.ErrErased), errors.Is(err, fault.ErrNotFound):
		return change{fact: Fact{ID: id}, gone: true}, nil
	case ctx.Err() == nil && broken(err):
		return f.broken(id, err), nil
	}
	return change{}, err
}

// state opens a snapshot. Keys that did not come with the others are asked for
// alone: they are younger, destroyed, or broken.
func (f *follower) state(ctx context.Context, snap *eventstore.Loaded, keys *vault.Keys) (Loaded, error) {
	if snap.Row.Fenced {
		return Loaded{}, fault.ErrErased
	}
	if keys == nil {
		var err error
		if keys, err = f.cfg.Vault.Keys(ctx, snap.Stream.ID); err != nil {
			return Loaded{}, err
		}
	}
	state, current, err := journal.OpenState(f.cfg.Streams.Customers, keys, &snap.Snapshot)
	if err == nil && !current { // written by another version of the program
		return journal.Load(ctx, f.cfg.Journal, f.cfg.Streams.Customers, snap.Stream.ID)
	}
	return Loaded{State: state, Version: snap.Version, Position: snap.Position, Row: snap.Row}, err
}

// broken tells what no other try makes right: bytes or keys that do not open,
// an unknown event. A database's failure is none of that, however it is
// classified.
func broken(err error) bool {
	return fault.KindOf(err) == fault.Internal && sqldb.CodeOf(err) == "" && !errors.Is(err, context.DeadlineExceeded)
}

func (f *follower) broken(id uuid.UUID, err error) change {
	f.cfg.Logger.Error("a customer does not open", slog.String("customer", id.String()), slog.Any("error", err))
	return change{fact: Fact{ID: id}, unreadable: true}
}
