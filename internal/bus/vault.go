package bus

import (
	"cmp"
	"context"
	"slices"

	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/vault"
)

// ErrDayOver says that a letter's key was destroyed.
var ErrDayOver = fault.ErrLetterOver

// NewSealer seals with the service keys of the vault.
func NewSealer(v *vault.Vault) Sealer { return vaultSealer{v} }

type vaultSealer struct{ v *vault.Vault }

func (s vaultSealer) Seal(ctx context.Context, key string, aad, plain []byte) ([]byte, error) {
	keys, err := s.v.Service(ctx, key)
	if err != nil {
		return nil, err
	}
	return keys.Seal(vault.Personal, aad, plain), nil
}

// Open does not ask for a key that is not there: the vault would make one.
func (s vaultSealer) Open(ctx context.Context, key string, aad, sealed []byte) ([]byte, error) {
	if there, err := s.there(key); err != nil || !there {
		return nil, cmp.Or(err, error(ErrDayOver))
	}
	keys, err := s.v.Service(ctx, key)
	if err != nil {
		return nil, err
	}
	return keys.Open(vault.Personal, aad, sealed)
}

func (s vaultSealer) Destroy(ctx context.Context, key string) error {
	if there, err := s.there(key); err != nil || !there {
		return err
	}
	return s.v.DestroyService(ctx, key)
}

func (s vaultSealer) there(key string) (bool, error) {
	names, err := s.v.Services()
	return slices.Contains(names, key), err
}

func (s vaultSealer) Blind(kind, value string) [32]byte { return s.v.Blind(kind, value) }
