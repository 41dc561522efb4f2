package keyring

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/vault/kms"
)

// Open opens the keyring in dir and makes one where the folder is empty.
func Open(ctx context.Context, dir string, root kms.Key) (*Ring, error) {
	r := &Ring{dir: folder(dir), root: root, keys: map[string]held{}}
	if err := r.dir.prepare(); err != nil {
		return nil, err
	}
	unlock, err := r.dir.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	names, err := r.dir.names()
	if err != nil {
		return nil, err
	}
	if !slices.Contains(names, ringName) {
		if err := r.create(ctx, names); err != nil {
			return nil, err
		}
	}
	return r, r.open(ctx)
}

// create makes a keyring. Without ring.key nobody has ever used claim.key and
// epoch-1.key: they are left from a creation that was cut short.
func (r *Ring) create(ctx context.Context, names []string) error {
	for _, name := range names {
		if name != claimName && name != epochName(1) {
			return fmt.Errorf("%w: %s is missing, %s is there", ErrIncomplete, ringName, name)
		}
		if err := r.dir.destroy(name); err != nil {
			return err
		}
	}
	r.id = uuid.New()
	for _, name := range []string{claimName, epochName(1)} {
		if _, err := r.make(ctx, name, KeySize); err != nil {
			return err
		}
	}
	wrapped, err := r.root.Wrap(ctx, r.id[:], []byte(purpose(uuid.Nil, ringName)))
	if err != nil {
		return fmt.Errorf("keyring: wrap: %w", err)
	}
	return r.dir.publish(ringName, wrapped)
}

// open reads ring.key, the claim key and the newest epoch.
func (r *Ring) open(ctx context.Context) error {
	mark, err := r.dir.read(ringName)
	if err != nil {
		return err
	}
	id, err := unwrap(ctx, r.root, purpose(uuid.Nil, ringName), mark)
	if err != nil {
		return err
	}
	if len(id) != len(r.id) {
		return ErrWrongRoot
	}
	r.mark, r.id = mark, uuid.UUID(id)
	if _, err := r.load(ctx, claimName); err != nil {
		return missing(err, claimName)
	}
	_, err = r.newest(ctx)
	return err
}

func missing(err error, name string) error {
	if errors.Is(err, ErrNoKey) {
		return fmt.Errorf("%w: %s", ErrIncomplete, name)
	}
	return err
}
