package index

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/journal"
)

// scanPublic reads the snapshots of all streams of a kind, as far as they are in
// clear: it needs no keys where a snapshot is current. What is tried again gives
// some twice. The erased are left out.
func scanPublic[S any](ctx context.Context, cfg *Config, agg *event.Aggregate[S], each func(id uuid.UUID, ordinal uint32, state *S)) error {
	for after := uuid.Nil; ; {
		found, err := cfg.Store.Scan(ctx, agg.Name, after, page)
		if err != nil {
			return err
		}
		for i := range found {
			if err := openPublic(ctx, cfg, agg, &found[i], each); err != nil {
				return err
			}
		}
		if len(found) < page {
			return nil
		}
		after = found[len(found)-1].Stream.ID
	}
}

func openPublic[S any](ctx context.Context, cfg *Config, agg *event.Aggregate[S], snap *eventstore.Loaded, each func(uuid.UUID, uint32, *S)) error {
	if snap.Row.Fenced {
		return nil
	}
	id := snap.Stream.ID
	state, current, err := journal.OpenPublic(agg, &snap.Snapshot)
	if err == nil && !current {
		var l journal.Loaded[S]
		l, err = journal.Load(ctx, cfg.Journal, agg, id)
		state = l.State
	}
	switch {
	case err == nil:
		each(id, uint32(snap.Row.Ordinal), state)
	case ctx.Err() == nil && broken(err): // one customer must not stand in everybody's way
		cfg.Logger.Error("a stream of a customer does not open", "kind", agg.Name, "customer", id.String(), "error", err)
	case !errors.Is(err, fault.ErrErased) && !errors.Is(err, fault.ErrNotFound):
		return err
	}
	return nil
}
