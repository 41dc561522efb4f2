package journal

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/fault"
)

// AsOf gives the state as it was recorded at an instant: with everything
// recorded at or before it. fault.ErrNotFound before the first event.
func AsOf[S any](ctx context.Context, j *Journal, agg *event.Aggregate[S], id uuid.UUID, at time.Time) (Loaded[S], error) {
	return until(ctx, j, agg, id, func(e event.Recorded) bool { return e.RecordedAt.After(at) })
}

// until folds up to the first event for which stop holds.
func until[S any](ctx context.Context, j *Journal, agg *event.Aggregate[S], id uuid.UUID, stop func(event.Recorded) bool) (Loaded[S], error) {
	stream := event.Stream{Type: agg.Name, ID: id}
	found, err := j.store.Load(ctx, stream)
	if err != nil {
		return Loaded[S]{}, err
	}
	if len(found) == 0 {
		return Loaded[S]{}, fault.ErrNotFound
	}
	keys, err := j.vault.Keys(ctx, id)
	if err != nil {
		return Loaded[S]{}, translate(err)
	}
	out, err := fold(ctx, j, agg, keys, stream, stop)
	if err == nil && out.Version == 0 {
		err = fault.ErrNotFound
	}
	out.Row = found[0].Row
	return out, err
}

// Step is one event with the states around it.
type Step[S any] struct {
	event.Recorded
	Before, After *S
}

// Replay folds a stream and hands every event with the state before and after
// it to each, in order, until each returns false.
func Replay[S any](ctx context.Context, j *Journal, agg *event.Aggregate[S], id uuid.UUID, each func(Step[S]) bool) error {
	keys, err := j.vault.Keys(ctx, id)
	if err != nil {
		return translate(err)
	}
	before := new(S)
	_, err = fold(ctx, j, agg, keys, event.Stream{Type: agg.Name, ID: id}, func(e event.Recorded) bool {
		after := *before
		agg.Evolve(&after, e.Event, e.Envelope)
		more := each(Step[S]{Recorded: e, Before: before, After: &after})
		before = &after
		return !more
	})
	return err
}

// Open decodes one record of the aggregate with its subject's key.
func Open[S any](ctx context.Context, j *Journal, agg *event.Aggregate[S], r *eventstore.Record) (event.Recorded, error) {
	keys, err := j.vault.Keys(ctx, r.Subject)
	if err != nil {
		return event.Recorded{Envelope: r.Envelope}, translate(err)
	}
	return open(agg, keys, r)
}

// OpenAny decodes a record of any of the kinds, and gives what the catalogue
// says of its event. One of another kind is ErrCorrupt.
func OpenAny(ctx context.Context, j *Journal, kinds []Kind, r *eventstore.Record) (event.Recorded, *event.Definition, error) {
	for i := range kinds {
		if kinds[i].Name != r.Stream.Type {
			continue
		}
		out, err := kinds[i].open(ctx, j, r)
		if err != nil {
			return out, nil, err
		}
		at := slices.IndexFunc(kinds[i].Definitions, func(d event.Definition) bool { return d.Name == r.Type })
		return out, &kinds[i].Definitions[at], nil // it was opened by it
	}
	return event.Recorded{Envelope: r.Envelope}, nil, ErrCorrupt
}

// RecordAt gives the event that made one version. fault.ErrNotFound when there
// is none, fault.ErrErased when its subject was erased.
func RecordAt[S any](ctx context.Context, j *Journal, agg *event.Aggregate[S], id uuid.UUID, version int64) (event.Recorded, error) {
	stream := event.Stream{Type: agg.Name, ID: id}
	records, err := j.store.Stream(ctx, stream, version-1, 1)
	if err != nil {
		return event.Recorded{}, err
	}
	if len(records) == 0 || records[0].Version != version {
		return event.Recorded{}, fault.ErrNotFound
	}
	return Open(ctx, j, agg, &records[0])
}

// AtVersion gives the state at one version: what a caller was shown then.
func AtVersion[S any](ctx context.Context, j *Journal, agg *event.Aggregate[S], id uuid.UUID, version int64) (Loaded[S], error) {
	return until(ctx, j, agg, id, func(e event.Recorded) bool { return e.Version > version })
}
