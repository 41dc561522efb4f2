package keyring

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Epoch is the key of that epoch, read from the folder when another process
// made it; ErrNoKey when it was destroyed.
func (r *Ring) Epoch(ctx context.Context, epoch uint32) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.load(ctx, epochName(epoch))
}

// Current is the newest epoch that this process knows.
func (r *Ring) Current() uint32 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.current
}

// Refresh looks for epochs that other processes started and gives the newest.
func (r *Ring) Refresh(ctx context.Context) (uint32, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.newest(ctx)
}

// NextEpoch starts an epoch. Rows are not rewrapped by it.
func (r *Ring) NextEpoch(ctx context.Context) (uint32, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	unlock, err := r.exclusive(ctx)
	if err != nil {
		return 0, err
	}
	defer unlock()
	epoch, err := r.newest(ctx)
	if err != nil {
		return 0, err
	}
	if _, err := r.make(ctx, epochName(epoch+1), KeySize); err != nil {
		return 0, err
	}
	return r.newest(ctx)
}

// ForgetBelow drops earlier epochs' keys from memory; one that still exists is
// read again when it is asked for.
func (r *Ring) ForgetBelow(epoch uint32) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for name := range r.keys {
		if e, ok := epochOf(name); ok && e < epoch {
			delete(r.keys, name)
		}
	}
}

// DestroyBelow destroys the keys of all epochs before that one. Do so only
// when no row needs them; there is no way back.
func (r *Ring) DestroyBelow(ctx context.Context, epoch uint32) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	epochs, err := r.epochs()
	if err != nil {
		return err
	}
	for _, e := range epochs {
		if e >= epoch {
			break
		}
		if err := r.destroy(ctx, epochName(e)); err != nil {
			return fmt.Errorf("keyring: destroy epoch %d: %w", e, err)
		}
	}
	return nil
}

// newest loads the newest epoch's key and makes it the current one.
func (r *Ring) newest(ctx context.Context) (uint32, error) {
	epochs, err := r.epochs()
	if err != nil {
		return 0, err
	}
	if len(epochs) == 0 {
		return 0, fmt.Errorf("%w: there is no epoch key", ErrIncomplete)
	}
	last := epochs[len(epochs)-1]
	if _, err := r.load(ctx, epochName(last)); err != nil {
		return 0, err
	}
	r.current = max(r.current, last)
	return r.current, nil
}

// epochs lists the epochs whose keys exist, ascending.
func (r *Ring) epochs() ([]uint32, error) {
	names, err := r.dir.names()
	if err != nil {
		return nil, err
	}
	var epochs []uint32
	for _, name := range names {
		if epoch, ok := epochOf(name); ok {
			epochs = append(epochs, epoch)
		}
	}
	slices.Sort(epochs)
	return epochs, nil
}

// epochOf reads the epoch from a file's name. Only the name that epochName
// would write counts.
func epochOf(name string) (uint32, bool) {
	n, err := strconv.ParseUint(strings.TrimSuffix(strings.TrimPrefix(name, "epoch-"), suffix), 10, 32)
	return uint32(n), err == nil && name == epochName(uint32(n))
}
