// Package journal is the typed log: it folds aggregates from sealed records,
// executes commands on them, and seals what they record. It is the only place
// that turns events into bytes and back.
package journal

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/trace"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/vault"
)

var errNobody = errors.New("journal: the subject was never registered")

// attempts bounds how often a command is decided again after losing a race.
const attempts = 3

// Journal executes commands. Use New.
type Journal struct {
	store eventstore.Store
	vault *vault.Vault
	locks locks
}

// New builds a journal over a store and a vault.
func New(store eventstore.Store, v *vault.Vault) *Journal {
	return &Journal{store: store, vault: v, locks: locks{held: map[event.Stream]*lock{}}}
}

// Command says who asks for what on which aggregate. The aggregate's id is
// also its subject.
type Command[S, E any] struct {
	ID     uuid.UUID
	New    bool // the aggregate must not exist; its subject gets a key and a number
	Joins  bool // the aggregate need not exist yet; its subject must
	Nobody bool // with New: it is no customer, and gets no number
	Meta   event.Meta
	Decide func(*S) ([]E, error)
	// Known is what the caller has of the aggregate; it may be out of date. It is
	// decided on instead of what is loaded where the append finds out whether it
	// is: never with New or IfMatch, and not where nothing would be appended.
	Known *Loaded[S]

	IfMatch *int64              // the version the caller saw; nil: decide again on a conflict
	Request *eventstore.Request // idempotency; Stream and Version are filled in
	Inbox   []string            // message ids that this command handles
}

// Loaded is an aggregate's state at a version.
type Loaded[S any] struct {
	State    *S // shared with other readers: do not change it
	Version  int64
	Position int64 // of the last commit that touched it
	Row      eventstore.Subject
}

// Execute loads, decides, seals and appends, and gives the state after it. A
// command that changes nothing gives the state as it is. When Decide gives
// both events and an error, the events are recorded and the error returned.
//
// Errors besides Decide's: fault.ErrNotFound, fault.ErrErased,
// fault.ErrPrecondition, fault.ErrVersion after three lost races,
// fault.ErrKeyStore, fault.ErrFull, fault.ErrUnavailable, and as they are
// *eventstore.ErrClaimed, *eventstore.ErrReplay, eventstore.ErrDuplicate.
func Execute[S, E any](ctx context.Context, j *Journal, agg *event.Aggregate[S], c Command[S, E]) (_ Loaded[S], err error) {
	ctx, end := span(ctx, "execute", agg.Name)
	defer func() { end(err) }()
	stream := event.Stream{Type: agg.Name, ID: c.ID}
	unlock, err := j.locks.lock(ctx, stream)
	if err != nil {
		return Loaded[S]{}, err
	}
	defer unlock()
	var lost *eventstore.ErrConflict
	if c.Known != nil && !c.New && c.IfMatch == nil {
		out, err := execute(ctx, j, agg, stream, c, c.Known)
		if !errors.Is(err, errUnsure) && !errors.As(err, &lost) {
			return out, translate(err)
		}
	}
	for range attempts {
		out, err := execute(ctx, j, agg, stream, c, nil)
		switch {
		case !errors.As(err, &lost):
			return out, translate(err)
		case c.IfMatch != nil:
			return out, fault.ErrPrecondition.With(err)
		case c.New:
			return out, fault.ErrVersion.With(err)
		}
	}
	return Loaded[S]{}, fault.ErrVersion
}

// errUnsure says that it takes what is in the store to decide.
var errUnsure = errors.New("journal: what is known is not enough")

// begin gives what a command is decided on, and the keys to seal with.
func begin[S, E any](ctx context.Context, j *Journal, agg *event.Aggregate[S], c *Command[S, E], known *Loaded[S]) (before Loaded[S], keys *vault.Keys, err error) {
	if c.New {
		return Loaded[S]{State: new(S)}, nil, nil
	}
	if known != nil {
		if keys, err = j.vault.Keys(ctx, c.ID); err != nil {
			err = errUnsure // erased, for one
		}
		return *known, keys, err
	}
	before, keys, err = load(ctx, j, agg, c.ID)
	if c.Joins && errors.Is(err, fault.ErrNotFound) {
		before.State = new(S)
		if keys, err = j.vault.Keys(ctx, c.ID); errors.Is(err, vault.ErrNoKeys) {
			err = errNobody // who was never registered has no keys, and no stream either
		}
	}
	return before, keys, err
}

func execute[S, E any](ctx context.Context, j *Journal, agg *event.Aggregate[S], stream event.Stream, c Command[S, E], known *Loaded[S]) (Loaded[S], error) {
	before, keys, err := begin(ctx, j, agg, &c, known)
	if err != nil {
		return before, err
	}
	if c.IfMatch != nil && *c.IfMatch != before.Version {
		return before, fault.ErrPrecondition
	}
	events, refused := c.Decide(before.State)
	if known != nil && len(events) == 0 { // no append would find out whether that is still so
		return before, errUnsure
	}
	if refused != nil && len(events) == 0 {
		return before, refused
	}
	// For a new aggregate the key is made durable first: a key without events
	// can be destroyed later, events without a key can never be read.
	if c.New {
		if keys, err = j.vault.Create(ctx, c.ID); err != nil {
			return before, err
		}
	}
	after, commit, err := record(ctx, j, agg, c.ID, before, keys, c.Meta, events)
	if err != nil {
		return before, err
	}
	commit.Inbox = c.Inbox
	if c.New && !c.Nobody {
		commit.Register = []uuid.UUID{c.ID}
	}
	if refused == nil && c.Request != nil {
		r := *c.Request
		r.Stream, r.Version = stream, after.Version
		commit.Request = &r
	}
	if len(events) == 0 && commit.Request == nil && len(commit.Inbox) == 0 {
		return before, nil
	}
	done, err := j.commit(ctx, agg.Name, commit)
	if err != nil {
		return before, err
	}
	if c.New && !c.Nobody {
		after.Row = done.Subjects[0]
	}
	if len(events) > 0 {
		after.Position = done.Position
	}
	return after, refused
}

func (j *Journal) commit(ctx context.Context, streamType string, c eventstore.Commit) (eventstore.Committed, error) {
	ctx, end := span(ctx, "commit", streamType)
	done, err := j.store.Commit(ctx, c)
	end(err)
	return done, err
}

// record folds and seals events into a commit.
func record[S, E any](ctx context.Context, j *Journal, agg *event.Aggregate[S], id uuid.UUID, before Loaded[S], keys *vault.Keys, meta event.Meta, events []E) (Loaded[S], eventstore.Commit, error) {
	after, stream := before, event.Stream{Type: agg.Name, ID: id}
	if len(events) == 0 {
		return after, eventstore.Commit{}, nil
	}
	state := *before.State
	after.State = &state
	app := eventstore.Append{Stream: stream, Subject: id, Expected: before.Version}
	for _, e := range events {
		after.Version++
		env := envelope(ctx, stream, after.Version, meta)
		r, err := seal(agg, keys, env, meta, e)
		if err != nil {
			return after, eventstore.Commit{}, err
		}
		agg.Evolve(&state, e, r.Envelope)
		app.Records = append(app.Records, r)
	}
	snap, err := sealState(agg, keys, stream, after.Version, &state)
	if err != nil {
		return after, eventstore.Commit{}, err
	}
	app.Snapshot = &snap
	add, release := j.claims(id, agg.Claims(before.State), agg.Claims(&state))
	return after, eventstore.Commit{Appends: []eventstore.Append{app}, Add: add, Release: release}, nil
}

func envelope(ctx context.Context, stream event.Stream, version int64, meta event.Meta) event.Envelope {
	env := event.Envelope{Stream: stream, Version: version, Subject: stream.ID, Source: meta.Source, Actor: meta.Actor,
		OccurredAt: meta.At.UTC().Truncate(time.Microsecond)}
	if span := trace.SpanContextFromContext(ctx); span.HasTraceID() {
		env.Trace = span.TraceID().String()
	}
	return env
}

// translate gives the store's refusals their faults; those that the caller
// has to look into stay as they are.
func translate(err error) error {
	switch {
	case errors.Is(err, eventstore.ErrFenced):
		return fault.ErrErased.With(err)
	case errors.Is(err, errNobody):
		return fault.ErrNotFound.With(err)
	case errors.Is(err, vault.ErrNoKeys):
		// Whoever has a stream had a key: it is the key store that is not the
		// right one, or not whole. That there is no customer would be a lie.
		return fault.ErrKeyStore.With(err)
	}
	return err
}
