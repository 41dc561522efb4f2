package kms

import (
	"bytes"
	"context"
	"crypto/sha256"

	"github.com/tink-crypto/tink-go/v2/tink"
)

// remote is a key that never leaves a key service.
type remote struct {
	aead    tink.AEADWithContext
	refused func(error) bool // the service answered that it will not open this
}

// Wrap sends the digest of aad inside the plaintext too: a Vault server from
// before transit knew associated_data takes the parameter and ignores it.
func (r *remote) Wrap(ctx context.Context, plain, aad []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	bound := sha256.Sum256(aad)
	wrapped, err := r.aead.EncryptWithContext(ctx, append(bound[:], plain...), aad)
	if err != nil {
		return nil, down(err)
	}
	return wrapped, nil
}

func (r *remote) Unwrap(ctx context.Context, wrapped, aad []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	plain, err := r.aead.DecryptWithContext(ctx, wrapped, aad)
	if err != nil && r.refused(err) {
		return nil, ErrRefused
	}
	if err != nil {
		return nil, down(err)
	}
	bound := sha256.Sum256(aad)
	plain, ok := bytes.CutPrefix(plain, bound[:])
	if !ok {
		return nil, ErrRefused
	}
	return plain, nil
}
