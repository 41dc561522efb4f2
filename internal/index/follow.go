package index

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/journal"
	"github.com/acme/customers/internal/sqldb"
	"github.com/acme/customers/internal/vault"
)

// follower keeps what is derived from every stream of a kind up to the log.
// While that is being loaded it only remembers who changed; afterwards it reads
// the changed ones again, and hands them over.
type follower[S any] struct {
	cfg    *Config
	agg    *event.Aggregate[S]
	states *StatesOf[S]
	clear  bool // what is derived is in clear: loading it needs no keys
	few    bool // of nobody, and few: they have no numbers, and their keys are not scanned for
	// sink takes what changed. position is what it brings the sink up to; 0: not
	// known, while everything is being loaded. What is not newer than what was
	// handed over before may come, too.
	sink func(changes []change[S], position int64)

	mu      sync.Mutex
	pending map[uuid.UUID]int64 // version, 0: erased; nil once all is loaded
	loaded  chan struct{}
}

// change is one step of a batch: a customer's stream is now like this, does not
// open, or is gone.
type change[S any] struct {
	id         uuid.UUID
	now        journal.Loaded[S] // State is nil where one of the others holds
	unreadable bool
	gone       bool
}

func newFollower[S any](cfg *Config, agg *event.Aggregate[S], states *StatesOf[S], clear bool, sink func([]change[S], int64)) *follower[S] {
	return &follower[S]{cfg: cfg, agg: agg, states: states, clear: clear, sink: sink, pending: map[uuid.UUID]int64{}, loaded: make(chan struct{})}
}

func few[S any](f *follower[S]) *follower[S] {
	f.few = true
	return f
}

func (f *follower[S]) live() bool {
	select {
	case <-f.loaded:
		return true
	default:
		return false
	}
}

// apply brings the sink up to the last of the records. After an error it may
// be called with the same records again.
func (f *follower[S]) apply(ctx context.Context, records []eventstore.Record) error {
	changed := map[uuid.UUID]int64{}
	for i := range records {
		switch r := &records[i]; r.Stream.Type {
		case f.agg.Name:
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
		f.sink(changes, position)
	}
	return err
}

// catchUp reads what changed during the load, until nothing is left; from then
// on apply does. position is what the tail has applied.
func (f *follower[S]) catchUp(ctx context.Context, position func() int64) error {
	for {
		f.mu.Lock()
		changed := f.pending
		if len(changed) == 0 {
			f.sink(nil, position())
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
		f.sink(changes, 0)
	}
}

// read gives the states of customers as of now or, where this instance wrote
// the last change itself, as of that.
func (f *follower[S]) read(ctx context.Context, changed map[uuid.UUID]int64) ([]change[S], error) {
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

// known gives those whose states are in memory, and the others.
func (f *follower[S]) known(changed map[uuid.UUID]int64) (changes []change[S], others []uuid.UUID) {
	changes = make([]change[S], 0, len(changed))
	for id, version := range changed {
		if e := f.states.peek(id); e != nil && version > 0 && e.Version >= version && (e.Row.Number > 0 || f.few) {
			changes = append(changes, change[S]{id: id, now: *e})
			continue
		}
		others = append(others, id)
	}
	return changes, others
}

// reload reads customers from their snapshots. One without a snapshot is gone.
func (f *follower[S]) reload(ctx context.Context, ids []uuid.UUID) ([]change[S], error) {
	streams := make([]event.Stream, len(ids))
	left := make(map[uuid.UUID]bool, len(ids))
	for i, id := range ids {
		streams[i], left[id] = event.Stream{Type: f.agg.Name, ID: id}, true
	}
	found, err := f.cfg.Store.Load(ctx, streams...)
	if err != nil {
		return nil, err
	}
	var keys map[uuid.UUID]*vault.Keys
	if !f.clear {
		keys, err = f.cfg.Vault.Many(ctx, ids)
		if err != nil && !errors.Is(err, vault.ErrTampered) { // a broken row fails all: then each is asked for alone
			return nil, err
		}
	}
	var out []change[S]
	for i := range found {
		delete(left, found[i].Stream.ID)
		c, err := f.open(ctx, &found[i], keys[found[i].Stream.ID])
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	for id := range left {
		out = append(out, change[S]{id: id, gone: true})
	}
	return out, nil
}

// open opens a snapshot. What is broken for good is passed over: one customer
// must not stand in everybody's way. An error is of a dependency, and worth
// another try.
func (f *follower[S]) open(ctx context.Context, snap *eventstore.Loaded, keys *vault.Keys) (change[S], error) {
	id := snap.Stream.ID
	l, err := f.state(ctx, snap, keys)
	switch {
	case err == nil && l.Row.Number == 0 && !f.few: // without a row it has no ordinal
		return f.broken(id, journal.ErrCorrupt), nil
	case err == nil:
		return change[S]{id: id, now: l}, nil
	case errors.Is(err, fault.ErrErased), errors.Is(err, fault.ErrNotFound):
		return change[S]{id: id, gone: true}, nil
	case ctx.Err() == nil && broken(err):
		return f.broken(id, err), nil
	}
	return change[S]{}, err
}

// state opens a snapshot. Keys that did not come with the others are asked for
// alone: they are younger, destroyed, or broken.
func (f *follower[S]) state(ctx context.Context, snap *eventstore.Loaded, keys *vault.Keys) (l journal.Loaded[S], err error) {
	if snap.Row.Fenced {
		return l, fault.ErrErased
	}
	l = journal.Loaded[S]{Version: snap.Version, Position: snap.Position, Row: snap.Row}
	var current bool
	if f.clear {
		l.State, current, err = journal.OpenPublic(f.agg, &snap.Snapshot)
	} else {
		if keys == nil {
			if keys, err = f.cfg.Vault.Keys(ctx, snap.Stream.ID); err != nil {
				return l, err
			}
		}
		l.State, current, err = journal.OpenState(f.agg, keys, &snap.Snapshot)
	}
	if err == nil && !current { // written by another version of the program
		return journal.Load(ctx, f.cfg.Journal, f.agg, snap.Stream.ID)
	}
	return l, err
}

// broken tells what no other try makes right: bytes or keys that do not open,
// an unknown event. A database's failure is none of that, however it is
// classified.
func broken(err error) bool {
	return fault.KindOf(err) == fault.Internal && sqldb.CodeOf(err) == "" && !errors.Is(err, context.DeadlineExceeded)
}

func (f *follower[S]) broken(id uuid.UUID, err error) change[S] {
	f.cfg.Logger.Error("a customer does not open", slog.String("kind", f.agg.Name), slog.String("customer", id.String()), slog.Any("error", err))
	return change[S]{id: id, unreadable: true}
}
