package vault

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/vault/kms"
)

// Rotate starts an epoch, wraps every row under its key, and then destroys the
// keys of all earlier epochs: an older copy of the key store opens nothing
// from then on, whoever still holds the root key. The service goes on
// meanwhile. Instances that share the key store and the keyring folder learn
// the epoch from the floor that the store keeps: none can add a row that the
// sweep would miss.
//
// A row that does not open stops the destruction, not the rewrapping: Check
// names it, Fence or a repair lets the next Rotate finish. Not promised: that
// other processes have dropped the old epoch key from memory.
func (v *Vault) Rotate(ctx context.Context) error {
	v.sweep.Lock()
	defer v.sweep.Unlock()
	epoch, err := v.ring.NextEpoch(ctx)
	if err != nil {
		return down(err)
	}
	if err := v.raise(ctx, epoch); err != nil {
		return err
	}
	var stuck []uuid.UUID
	err = v.pages(ctx, Query{Below: epoch}, func(ctx context.Context, rows []Row) error {
		again, failed := v.rewrap(ctx, rows, epoch)
		stuck = append(stuck, failed...)
		return down(v.store.Rewrap(ctx, again))
	})
	if err != nil {
		return err
	}
	if len(stuck) > 0 {
		return fmt.Errorf("vault: %d rows do not open, first %s; the earlier epoch keys are kept: %w", len(stuck), stuck[0], ErrTampered)
	}
	if err := v.noneBelow(ctx, epoch); err != nil {
		return err
	}
	v.forgetBelow(epoch)
	return down(v.ring.DestroyBelow(ctx, epoch))
}

func (v *Vault) raise(ctx context.Context, epoch uint32) error {
	ctx, cancel := context.WithTimeout(ctx, sweepTimeout)
	defer cancel()
	return down(v.store.Raise(ctx, epoch))
}

// rewrap wraps rows under a new epoch and tells which do not open.
func (v *Vault) rewrap(ctx context.Context, rows []Row, epoch uint32) (again []Rewrap, stuck []uuid.UUID) {
	for _, row := range rows {
		secret, err := v.unwrap(ctx, row)
		if err != nil {
			stuck = append(stuck, row.Subject)
			continue
		}
		wrapped, err := v.wrap(ctx, row.Subject, epoch, secret)
		clear(secret)
		if err != nil {
			stuck = append(stuck, row.Subject)
			continue
		}
		again = append(again, Rewrap{Subject: row.Subject, From: row.Epoch, To: epoch, Wrapped: wrapped})
	}
	return again, stuck
}

// noneBelow makes sure, by looking, that no live row needs an earlier epoch.
func (v *Vault) noneBelow(ctx context.Context, epoch uint32) error {
	ctx, cancel := context.WithTimeout(ctx, sweepTimeout)
	defer cancel()
	left, err := v.store.Scan(ctx, Query{Below: epoch, Limit: 1})
	if err != nil {
		return down(err)
	}
	if len(left) > 0 {
		return fmt.Errorf("vault: subject %s is still at epoch %d; the earlier epoch keys are kept", left[0].Subject, left[0].Epoch)
	}
	return nil
}

// RotateRoot wraps the keyring under another root key. No row changes, so its
// cost does not depend on the number of customers. After an error it is to be
// run again with the same key, or with keyring.Rotate while the service is
// down. Other instances must be restarted with the new root key.
func (v *Vault) RotateRoot(ctx context.Context, root kms.Key) error {
	if err := v.ring.RotateRoot(ctx, root); err != nil {
		return fmt.Errorf("vault: rotate the root key: %w", err)
	}
	return nil
}
