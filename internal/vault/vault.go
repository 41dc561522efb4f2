// Package vault owns every key. Nothing else in the program sees one.
//
// A subject (a customer) has a row in the key store that wraps two random keys
// under an epoch key. The epoch keys are in the keyring, outside both stores,
// wrapped under the root key, which is in a file or a key service. So none of
// data, key store and keyring opens anything without the root key, and:
//
//   - to erase a subject is to destroy one row (Fence). The row stays, empty,
//     so that whatever is replayed or redelivered never gets a key again. A
//     key store that was restored from before the fence forgets it; the
//     service applies the fences that the other two places remember.
//   - to make old backups of the key store worthless is to move all rows to a
//     new epoch and to destroy the old epoch key (Rotate).
//   - to change the root key is to wrap the few keys of the keyring again
//     (RotateRoot).
//
// A key store that cannot be asked is an error, always: it never looks like a
// subject without keys, and never leads to a new key.
package vault

import (
	"cmp"
	"context"
	"crypto/cipher"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/maypok86/otter/v2"

	"github.com/acme/customers/internal/batch"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/vault/keyring"
	"github.com/acme/customers/internal/vault/kms"
)

const (
	defaultCache = 10_000          // subjects; about 1.5 kB each when both classes are in use
	createGroup  = 512             // rows of one insert
	storeTimeout = 2 * time.Second // one look-up or insert, whatever the driver does
	sweepTimeout = 10 * time.Second
	page         = 1000 // rows of one step of a sweep
)

// ErrNoKeys says that the subject has no row: it was never registered.
var ErrNoKeys = errors.New("vault: the subject has no keys")

// Config is what a vault stands on.
type Config struct {
	Store     KeyStore         // closed by Vault.Close; not when Open fails
	Keyring   string           // folder, outside the data folder and its backups
	Root      kms.Key          // opens the keyring
	CacheSize int              // subjects whose keys stay open; 0 is 10,000
	Clock     func() time.Time // nil is time.Now
}

// Vault hands out keys. Use Open. Safe for concurrent use.
type Vault struct {
	store   KeyStore
	ring    *keyring.Ring
	now     func() time.Time
	creates *batch.Writer[uuid.UUID, *Keys]
	blind   blinder

	cache    *otter.Cache[uuid.UUID, *Keys]
	fences   atomic.Uint64 // counts fences, so that a load that raced with one is not cached
	epochs   sync.Map      // uint32 -> cipher.AEAD
	services sync.Map      // string -> *Keys

	sweep       sync.Mutex // one rotation or orphan hunt at a time
	orphansFrom time.Time  // rows before it were found to have a stream
}

// Open opens the keyring with the root key and checks that the key store
// belongs to it. A wrong root key, a foreign or incomplete keyring, or one
// that is older than the key store is an error that says so.
func Open(ctx context.Context, c Config) (*Vault, error) {
	ring, err := keyring.Open(ctx, c.Keyring, c.Root)
	if err != nil {
		return nil, fmt.Errorf("vault: open %s: %w", c.Keyring, err)
	}
	bound, cancel := context.WithTimeout(ctx, sweepTimeout)
	defer cancel()
	binding, err := c.Store.Bind(bound, ring.ID())
	if err != nil {
		return nil, down(err)
	}
	if binding.Ring != ring.ID() {
		return nil, fmt.Errorf("vault: the key store belongs to keyring %s, %s holds %s", binding.Ring, c.Keyring, ring.ID())
	}
	if ring.Current() < binding.Floor {
		return nil, fmt.Errorf("vault: the keyring %s ends at epoch %d, the key store is at %d: an old copy of the keyring?",
			c.Keyring, ring.Current(), binding.Floor)
	}
	cache, err := otter.New(&otter.Options[uuid.UUID, *Keys]{MaximumSize: cmp.Or(c.CacheSize, defaultCache)})
	if err != nil {
		return nil, fmt.Errorf("vault: cache: %w", err)
	}
	v := &Vault{store: c.Store, ring: ring, now: c.Clock, cache: cache, blind: newBlinder(ring.Claim())}
	if v.now == nil {
		v.now = time.Now
	}
	v.creates = batch.New(createGroup, v.createGroup)
	return v, nil
}

// Close finishes the creations that were handed in and closes the key store.
func (v *Vault) Close() error {
	v.creates.Close()
	v.cache.InvalidateAll()
	return v.store.Close()
}

// Ping tells whether keys can be had now.
func (v *Vault) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	return down(v.store.Ping(ctx))
}

// epoch gives the cipher that wraps rows at an epoch; keyring.ErrNoKey when
// the epoch has ended.
func (v *Vault) epoch(ctx context.Context, epoch uint32) (cipher.AEAD, error) {
	if a, ok := v.epochs.Load(epoch); ok {
		return a.(cipher.AEAD), nil
	}
	key, err := v.ring.Epoch(ctx, epoch)
	if err != nil {
		return nil, err
	}
	a, _ := v.epochs.LoadOrStore(epoch, newGCM(key))
	return a.(cipher.AEAD), nil
}

// refresh learns the newest epoch and drops the others from memory; one that
// is still needed is read again.
func (v *Vault) refresh(ctx context.Context) error {
	newest, err := v.ring.Refresh(ctx)
	if err != nil {
		return err
	}
	v.forgetBelow(newest)
	return nil
}

func (v *Vault) forgetBelow(epoch uint32) {
	v.ring.ForgetBelow(epoch)
	v.epochs.Range(func(e, _ any) bool {
		if e.(uint32) < epoch {
			v.epochs.Delete(e)
		}
		return true
	})
}

// down turns whatever kept the vault from answering into fault.ErrKeyStore.
// Only what is an answer passes: erased, changed by somebody, no room, and a
// caller who left.
func down(err error) error {
	if err == nil {
		return nil
	}
	for _, answer := range []error{fault.ErrErased, fault.ErrFull, fault.ErrKeyStore, ErrTampered, context.Canceled} {
		if errors.Is(err, answer) {
			return err
		}
	}
	return fault.ErrKeyStore.With(err).After(time.Second)
}

// Format prints nothing of what the vault holds.
func (v *Vault) Format(f fmt.State, _ rune) { fmt.Fprint(f, "[vault]") }
