package keyring

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/vault/kms"
)

// Rotate wraps every key again, under another root key. The keys stay what
// they are, so nothing else changes and it takes a moment; the retired root
// key then opens no file of the folder. It may be run again with the same two
// root keys when it was cut short. Other processes go on with the keys that
// they have open, and make no new one until they are restarted.
func Rotate(ctx context.Context, dir string, from, to kms.Key) error {
	d := folder(dir)
	unlock, err := d.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	names, err := d.names()
	if err != nil {
		return err
	}
	if !slices.Contains(names, ringName) {
		return fmt.Errorf("%w: %s", ErrIncomplete, ringName)
	}
	raw, err := rewrap(ctx, d, ringName, purpose(uuid.Nil, ringName), from, to, false)
	if err != nil {
		return err
	}
	id, err := uuid.FromBytes(raw)
	if err != nil {
		return ErrWrongRoot
	}
	for _, name := range names {
		if name == ringName {
			continue
		}
		if _, err := rewrap(ctx, d, name, purpose(id, name), from, to, true); err != nil {
			return fmt.Errorf("keyring: %s: %w", name, err)
		}
	}
	// Last: until here a start with the old root key finds its ring.key.
	_, err = rewrap(ctx, d, ringName, purpose(uuid.Nil, ringName), from, to, true)
	return err
}

// rewrap opens a file with either root key and, when it is asked to and the
// old one opened it, replaces it.
func rewrap(ctx context.Context, d folder, name, purpose string, from, to kms.Key, write bool) ([]byte, error) {
	wrapped, err := d.read(name)
	if err != nil {
		return nil, err
	}
	secret, err := unwrap(ctx, from, purpose, wrapped)
	if errors.Is(err, ErrWrongRoot) {
		return unwrap(ctx, to, purpose, wrapped) // done before it was cut short
	}
	if err != nil || !write {
		return secret, err
	}
	again, err := to.Wrap(ctx, secret, []byte(purpose))
	if err != nil {
		return nil, fmt.Errorf("wrap: %w", err)
	}
	return secret, d.replace(name, again)
}

// RotateRoot is Rotate for an open keyring, which goes on under the new root.
func (r *Ring) RotateRoot(ctx context.Context, to kms.Key) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := Rotate(ctx, string(r.dir), r.root, to); err != nil {
		return err
	}
	mark, err := r.dir.read(ringName)
	if err != nil {
		return err
	}
	r.root, r.mark = to, mark
	return nil
}
