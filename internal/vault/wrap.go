package vault

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/vault/keyring"
)

// WrappedSize is the length of every wrapped pair of keys:
// format (1) | nonce (12) | two keys (64) | tag (16).
const WrappedSize = 1 + nonceSize + secretSize + tagSize

// rowAAD binds a wrapped pair to its format, subject and epoch, so that no row
// opens in another's place.
func rowAAD(subject uuid.UUID, epoch uint32) []byte {
	aad := append(make([]byte, 0, 48), "customers/keys/v1/"...)
	aad = append(aad, subject[:]...)
	return binary.BigEndian.AppendUint32(aad, epoch)
}

// wrap makes the bytes of a row.
func (v *Vault) wrap(ctx context.Context, subject uuid.UUID, epoch uint32, secret []byte) ([]byte, error) {
	gcm, err := v.epoch(ctx, epoch)
	if err != nil {
		return nil, err
	}
	out := make([]byte, 1+nonceSize, WrappedSize)
	out[0] = format
	rand.Read(out[1:]) // never fails: crypto/rand
	return gcm.Seal(out, out[1:], secret, rowAAD(subject, epoch)), nil
}

// unwrap gives the secret of a live row: keyring.ErrNoKey when its epoch has
// ended, ErrTampered when it does not open.
func (v *Vault) unwrap(ctx context.Context, row Row) ([]byte, error) {
	gcm, err := v.epoch(ctx, row.Epoch)
	if err != nil {
		return nil, err
	}
	if len(row.Wrapped) != WrappedSize || row.Wrapped[0] != format {
		return nil, ErrTampered
	}
	secret, err := gcm.Open(nil, row.Wrapped[1:1+nonceSize], row.Wrapped[1+nonceSize:], rowAAD(row.Subject, row.Epoch))
	if err != nil {
		return nil, ErrTampered
	}
	return secret, nil
}

// openRow opens a row that was read just now. When its epoch ended meanwhile
// it is read again: a rotation rewraps a row before it destroys the epoch.
func (v *Vault) openRow(ctx context.Context, row Row) (*Keys, error) {
	for range 3 {
		if row.Fenced {
			return nil, fault.ErrErased
		}
		secret, err := v.unwrap(ctx, row)
		if err == nil {
			keys := newKeys(secret)
			clear(secret)
			return keys, nil
		}
		if errors.Is(err, ErrTampered) {
			return nil, fmt.Errorf("vault: the keys of subject %s: %w", row.Subject, err)
		}
		if !errors.Is(err, keyring.ErrNoKey) {
			return nil, down(err)
		}
		rows, err := v.store.Get(ctx, []uuid.UUID{row.Subject})
		if err != nil {
			return nil, down(err)
		}
		if len(rows) != 1 {
			return nil, ErrNoKeys
		}
		row = rows[0]
	}
	return nil, down(fmt.Errorf("vault: the epoch %d of subject %s has no key", row.Epoch, row.Subject))
}
