package vault

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"sync"

	"github.com/acme/customers/internal/vault/keyring"
)

// Blind stands for a value without holding it: HMAC-SHA-256 under the
// service's claim key, separated by kind. Equal values of a kind give equal
// results for ever, because the claim key is never rotated. Whoever has the
// claim key can guess values; who has only the stores cannot.
func (v *Vault) Blind(kind, value string) [32]byte { return v.blind.sum(kind, value) }

// blinder keeps keyed hashes for reuse: setting one up costs more than a sum.
type blinder struct{ macs *sync.Pool }

func newBlinder(key []byte) blinder {
	return blinder{&sync.Pool{New: func() any { return hmac.New(sha256.New, key) }}}
}

// sum hashes the kind with its length first, so that no kind and value run
// into each other.
func (b blinder) sum(kind, value string) (out [32]byte) {
	mac := b.macs.Get().(hash.Hash)
	defer b.macs.Put(mac)
	mac.Reset()
	buf := binary.AppendUvarint(make([]byte, 0, 128), uint64(len(kind)))
	buf = append(buf, kind...)
	buf = append(buf, value...)
	mac.Write(buf)
	mac.Sum(out[:0])
	return out
}

// Service gives the keys of that name, which belong to the service and to no
// customer: "access-log", "bus", "dead-letter/2026-11-23". They are made,
// durably, on first use, and are never rotated: name a new one instead.
func (v *Vault) Service(ctx context.Context, name string) (*Keys, error) {
	if keys, ok := v.services.Load(name); ok {
		return keys.(*Keys), nil
	}
	secret, err := v.ring.Service(ctx, name)
	if err != nil {
		return nil, down(err)
	}
	if len(secret) != keyring.ServiceSize {
		return nil, down(ErrTampered)
	}
	keys, _ := v.services.LoadOrStore(name, newKeys(secret))
	return keys.(*Keys), nil
}

// Services lists the names of the service keys that exist, sorted.
func (v *Vault) Services() ([]string, error) { return v.ring.Services() }

// DestroyService ends service keys: what they sealed opens never again. Other
// processes that have them open keep them until they end.
func (v *Vault) DestroyService(ctx context.Context, name string) error {
	err := v.ring.DestroyService(ctx, name)
	v.services.Delete(name)
	return down(err)
}
