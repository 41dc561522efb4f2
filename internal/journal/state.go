package journal

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/vault"
)

// page is how many records one query reads while folding.
const page = 500

// sealState makes the snapshot of a state; the store fills in its position.
func sealState[S any](agg *event.Aggregate[S], keys *vault.Keys, stream event.Stream, version int64, state *S) (eventstore.Snapshot, error) {
	parts, err := agg.State.Split(state)
	if err != nil {
		return eventstore.Snapshot{}, err
	}
	s := eventstore.Snapshot{Stream: stream, Subject: stream.ID, Version: version,
		Fingerprint: agg.State.Fingerprint(), Public: parts[event.Public]}
	s.Sealed = sealParts(keys, snapshotAAD(keys, &s), parts[event.Personal], parts[event.Sensitive])
	return s, nil
}

// OpenState opens a snapshot. It reports false when another version of the
// program wrote it: then the stream has to be folded again.
func OpenState[S any](agg *event.Aggregate[S], keys *vault.Keys, s *eventstore.Snapshot) (*S, bool, error) {
	if s.Fingerprint != agg.State.Fingerprint() {
		return nil, false, nil
	}
	personal, sensitive, err := openParts(keys, snapshotAAD(keys, s), s.Sealed)
	if err != nil {
		return nil, false, fmt.Errorf("%w: snapshot of %s at version %d: %w", ErrCorrupt, s.Stream, s.Version, err)
	}
	state := new(S)
	return state, true, agg.State.Join(event.Parts{s.Public, personal, sensitive}, state)
}

// OpenPublic is OpenState without keys: all but the public fields are zero.
func OpenPublic[S any](agg *event.Aggregate[S], s *eventstore.Snapshot) (*S, bool, error) {
	if s.Fingerprint != agg.State.Fingerprint() {
		return nil, false, nil
	}
	state := new(S)
	return state, true, agg.State.Join(event.Parts{s.Public}, state)
}

// Load gives an aggregate's state as of now: from its snapshot, in one query.
// fault.ErrNotFound when it does not exist, fault.ErrErased when it did.
func Load[S any](ctx context.Context, j *Journal, agg *event.Aggregate[S], id uuid.UUID) (Loaded[S], error) {
	out, _, err := load(ctx, j, agg, id)
	return out, translate(err)
}

func load[S any](ctx context.Context, j *Journal, agg *event.Aggregate[S], id uuid.UUID) (Loaded[S], *vault.Keys, error) {
	stream := event.Stream{Type: agg.Name, ID: id}
	found, err := j.store.Load(ctx, stream)
	if err != nil {
		return Loaded[S]{}, nil, err
	}
	if len(found) == 0 {
		return Loaded[S]{}, nil, fault.ErrNotFound
	}
	snap := &found[0]
	if snap.Row.Fenced {
		return Loaded[S]{}, nil, fault.ErrErased
	}
	keys, err := j.vault.Keys(ctx, id)
	if err != nil {
		return Loaded[S]{}, nil, err
	}
	out := Loaded[S]{Version: snap.Version, Position: snap.Position, Row: snap.Row}
	state, current, err := OpenState(agg, keys, &snap.Snapshot)
	if err != nil || current {
		out.State = state
		return out, keys, err
	}
	folded, err := fold(ctx, j, agg, keys, stream, nil)
	folded.Row = snap.Row
	return folded, keys, err
}

// fold replays a stream from its start, up to where until says stop.
func fold[S any](ctx context.Context, j *Journal, agg *event.Aggregate[S], keys *vault.Keys, stream event.Stream, until func(event.Recorded) bool) (Loaded[S], error) {
	out := Loaded[S]{State: new(S)}
	for {
		records, err := j.store.Stream(ctx, stream, out.Version, page)
		if err != nil {
			return out, err
		}
		for i := range records {
			e, err := open(agg, keys, &records[i])
			if err != nil {
				return out, err
			}
			if until != nil && until(e) {
				return out, nil
			}
			agg.Evolve(out.State, e.Event, e.Envelope)
			out.Version, out.Position = e.Version, e.Position
		}
		if len(records) < page {
			return out, nil
		}
	}
}
