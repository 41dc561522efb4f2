// Package keyring keeps the few keys that wrap or stand for all others, in a
// folder that is outside both stores and their backups:
//
//	ring.key       the keyring's identity; written last, so it says "complete"
//	claim.key      the key of blind indexes (claims, idempotency keys)
//	epoch-N.key    wraps the rows of the key store that are at epoch N
//	service-X.key  a named key of the service itself
//
// Each file is wrapped under the root key and bound to its purpose and to this
// keyring. Keys are made once and never replaced: of processes that race, the
// loser reads what the winner made. A key that is destroyed was overwritten
// before its file was removed; that the disk keeps no older copy of the block
// (flash, copy on write, snapshots) is not promised.
package keyring

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/vault/kms"
)

// The errors of this package.
var (
	// ErrWrongRoot: the root key does not open a file of the keyring.
	ErrWrongRoot = errors.New("keyring: the root key does not open this keyring; it is another root key, or a rotation of the root key was interrupted and must be run again")
	// ErrIncomplete: files are missing. New ones would open nothing that exists.
	ErrIncomplete = errors.New("keyring: files of the keyring are missing; restore them, nothing is made in their place")
	// ErrNoKey: there is no such key; it was destroyed or never made.
	ErrNoKey = errors.New("keyring: there is no such key")
	// ErrRootMoved: another process rotated the root key.
	ErrRootMoved = errors.New("keyring: the root key was rotated by another process; restart with the new one")
)

// The sizes of the secrets.
const (
	KeySize     = 32          // claim and epoch keys
	ServiceSize = 2 * KeySize // a service key has one key a class, like a customer
)

// Ring is an open keyring. Safe for concurrent use. It prints nothing.
type Ring struct {
	dir folder

	mu      sync.Mutex
	root    kms.Key
	mark    []byte // ring.key as it was when root opened it
	id      uuid.UUID
	keys    map[string]held // opened, by file
	current uint32
}

// held hides a secret from fmt, which with a verb that does not fit follows
// even unexported pointers and asks no Format method on the way.
type held func() []byte

func hold(secret []byte) held { return func() []byte { return secret } }

// ID is the keyring's identity. A key store is bound to one keyring.
func (r *Ring) ID() uuid.UUID { return r.id }

// Claim is the key of blind indexes. The caller must not change it.
func (r *Ring) Claim() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.keys[claimName]()
}

// Service gives the key of that name and makes it when there is none. Names
// are lower-case letters, digits, '.', '-' and '/'; they are readable on disk.
func (r *Ring) Service(ctx context.Context, name string) ([]byte, error) {
	file, err := serviceName(name)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	secret, err := r.load(ctx, file)
	if !errors.Is(err, ErrNoKey) {
		return secret, err
	}
	unlock, err := r.exclusive(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	return r.make(ctx, file, ServiceSize)
}

// Services lists the names of the service keys that exist, sorted.
func (r *Ring) Services() ([]string, error) {
	names, err := r.dir.names()
	if err != nil {
		return nil, err
	}
	var services []string
	for _, name := range names {
		if s, ok := strings.CutPrefix(name, "service-"); ok {
			services = append(services, strings.ReplaceAll(strings.TrimSuffix(s, suffix), "_", "/"))
		}
	}
	return services, nil
}

// DestroyService ends a service key: what it sealed opens never again. Another
// process that has it open keeps it until it ends.
func (r *Ring) DestroyService(ctx context.Context, name string) error {
	file, err := serviceName(name)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.destroy(ctx, file)
}

// exclusive locks the folder for making keys, and makes sure that they would
// be wrapped under the same root key as the others.
func (r *Ring) exclusive(ctx context.Context) (unlock func(), err error) {
	unlock, err = r.dir.lock(ctx)
	if err != nil {
		return nil, err
	}
	mark, err := r.dir.read(ringName)
	if err == nil && !bytes.Equal(mark, r.mark) {
		err = ErrRootMoved
	}
	if err != nil {
		unlock()
		return nil, err
	}
	return unlock, nil
}

// load opens a file once.
func (r *Ring) load(ctx context.Context, name string) ([]byte, error) {
	if secret, ok := r.keys[name]; ok {
		return secret(), nil
	}
	wrapped, err := r.dir.read(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNoKey
	}
	if err != nil {
		return nil, err
	}
	secret, err := unwrap(ctx, r.root, purpose(r.id, name), wrapped)
	if err != nil {
		return nil, err
	}
	r.keys[name] = hold(secret)
	return secret, nil
}

// make writes a new key, or loads the one that is there by now.
func (r *Ring) make(ctx context.Context, name string, size int) ([]byte, error) {
	secret := make([]byte, size)
	rand.Read(secret) // never fails: crypto/rand
	wrapped, err := r.root.Wrap(ctx, secret, []byte(purpose(r.id, name)))
	if err != nil {
		return nil, fmt.Errorf("keyring: wrap %s: %w", name, err)
	}
	if err := r.dir.publish(name, wrapped); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return r.load(ctx, name) // what is on the disk counts, whoever wrote it
}

func (r *Ring) destroy(ctx context.Context, name string) error {
	unlock, err := r.dir.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	delete(r.keys, name) // not cleared: a cipher may be in use
	return r.dir.destroy(name)
}

func unwrap(ctx context.Context, root kms.Key, purpose string, wrapped []byte) ([]byte, error) {
	secret, err := root.Unwrap(ctx, wrapped, []byte(purpose))
	if errors.Is(err, kms.ErrRefused) {
		return nil, ErrWrongRoot
	}
	if err != nil {
		return nil, fmt.Errorf("keyring: unwrap: %w", err)
	}
	return secret, nil
}

// Format prints the purposes of the open keys, never a key.
func (r *Ring) Format(f fmt.State, _ rune) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fmt.Fprintf(f, "keyring %s %v", r.id, slices.Sorted(maps.Keys(r.keys)))
}
