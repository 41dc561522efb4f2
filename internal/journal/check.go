package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/fault"
)

// ErrDiffers says that a snapshot is not what its events fold to.
var ErrDiffers = errors.New("journal: the snapshot differs from the replay")

// Check replays one stream and compares it with its snapshot. It opens every
// ciphertext on the way. An erased subject passes: nothing can be opened.
func Check[S any](ctx context.Context, j *Journal, agg *event.Aggregate[S], snap *eventstore.Snapshot) error {
	keys, err := j.vault.Keys(ctx, snap.Subject)
	if errors.Is(err, fault.ErrErased) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("keys of %s: %w", snap.Stream, err)
	}
	folded, err := fold(ctx, j, agg, keys, snap.Stream, func(e event.Recorded) bool { return e.Version > snap.Version })
	if err != nil {
		return err
	}
	if folded.Version != snap.Version {
		return fmt.Errorf("%w: %s has events up to version %d, its snapshot says %d", ErrDiffers, snap.Stream, folded.Version, snap.Version)
	}
	state, current, err := OpenState(agg, keys, snap)
	if err != nil || !current {
		return err
	}
	return same(agg, snap.Stream, folded.State, state)
}

// same compares encodings: they are deterministic.
func same[S any](agg *event.Aggregate[S], stream event.Stream, want, got *S) error {
	a, err := agg.State.Split(want)
	if err != nil {
		return err
	}
	b, err := agg.State.Split(got)
	if err != nil {
		return err
	}
	for class := range a {
		if !bytes.Equal(a[class], b[class]) {
			return fmt.Errorf("%w: the %s part of %s", ErrDiffers, event.Class(class), stream)
		}
	}
	return nil
}

// Resnapshot folds a stream anew and replaces its snapshot, unless the stream
// moves on meanwhile: then the newer commit has written a snapshot itself.
func Resnapshot[S any](ctx context.Context, j *Journal, agg *event.Aggregate[S], id uuid.UUID) error {
	keys, err := j.vault.Keys(ctx, id)
	if err != nil {
		return translate(err)
	}
	folded, err := fold(ctx, j, agg, keys, event.Stream{Type: agg.Name, ID: id}, nil)
	if err != nil || folded.Version == 0 {
		return err
	}
	snap, err := sealState(agg, keys, event.Stream{Type: agg.Name, ID: id}, folded.Version, folded.State)
	if err != nil {
		return err
	}
	snap.Position = folded.Position
	_, err = j.store.Resnapshot(ctx, snap)
	return err
}
