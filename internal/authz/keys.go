package authz

import (
	"context"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"sync/atomic"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"golang.org/x/sync/singleflight"
	"golang.org/x/time/rate"
)

const (
	// keysFresh is how old the issuer's keys may be when a token is verified.
	// With cacheLife it bounds how long a withdrawn key still works: 60 s.
	keysFresh = 30 * time.Second
	// keysUsable is how long known keys stand in for an issuer that does not
	// answer. After that its tokens are not refused but not verifiable either.
	keysUsable = time.Hour
	// fetchTime bounds one fetch; patience is how long a request waits for it
	// while there are usable keys to go on with.
	fetchTime = 5 * time.Second
	patience  = time.Second
)

// keyring is one state of the issuer's keys. It does not change and does no
// input or output: it is an oidc.KeySet over what was fetched before.
type keyring struct {
	keys      []jose.JSONWebKey
	print     [sha256.Size]byte // of the keys
	version   uint64            // counts changes of the keys
	confirmed time.Time         // when the issuer last said so
}

// VerifySignature gives the payload if one of the keys signed it. A key counts
// if it has the token's kid; a token without kid is accepted only where there is
// a single key. A key that names an algorithm verifies that one alone.
func (r *keyring) VerifySignature(_ context.Context, raw string) ([]byte, error) {
	jws, err := jose.ParseSignedCompact(raw, algorithms)
	if err != nil {
		return nil, refusal("not a JWS")
	}
	head := jws.Signatures[0].Protected
	for _, key := range r.keys {
		if key.KeyID != head.KeyID && (head.KeyID != "" || len(r.keys) != 1) {
			continue
		}
		if key.Algorithm != "" && key.Algorithm != head.Algorithm {
			continue
		}
		if payload, err := jws.Verify(key.Key); err == nil {
			return payload, nil
		}
	}
	return nil, refusal("signature")
}

func (r *keyring) has(kid string) bool {
	for _, key := range r.keys {
		if key.KeyID == kid {
			return true
		}
	}
	return kid == ""
}

// keySet keeps the keyring up to date. Nothing runs in the background: who needs
// keys that are too old fetches them, once for all who wait.
type keySet struct {
	current atomic.Pointer[keyring]
	fetch   func(context.Context) ([]jose.JSONWebKey, error) // nil: the keys never change
	clock   func() time.Time
	base    context.Context // bounds every fetch: one fetch serves many requests
	flight  singleflight.Group
	limit   *rate.Limiter
	failure atomic.Pointer[error] // of the last fetch, nil if it succeeded
}

// newKeySet starts without keys. The limit holds for failures and for tokens
// with a kid that we do not know: strangers can make those, and must not be able
// to make us flood the issuer.
func newKeySet(ctx context.Context, clock func() time.Time, fetch func(context.Context) ([]jose.JSONWebKey, error)) *keySet {
	return &keySet{fetch: fetch, clock: clock, base: ctx, limit: rate.NewLimiter(rate.Every(5*time.Second), 3)}
}

// newFixedKeys never fetches.
func newFixedKeys(keys []jose.JSONWebKey) *keySet {
	k := &keySet{}
	k.current.Store(&keyring{keys: usableKeys(keys)})
	return k
}

// version changes when the keys do. Before there are any it is 0.
func (k *keySet) version() uint64 {
	if ring := k.current.Load(); ring != nil {
		return ring.version
	}
	return 0
}

// ring is the keyring to verify a token of that kid with. It is an error only
// if there are no keys that may be used; a kid that nobody knows is not.
func (k *keySet) ring(ctx context.Context, kid string) (*keyring, error) {
	seen := k.current.Load()
	if k.fetch == nil {
		return seen, nil
	}
	if seen == nil || k.clock().Sub(seen.confirmed) >= keysFresh || !seen.has(kid) {
		k.refresh(ctx, seen)
	}
	ring := k.current.Load()
	if ring == nil || k.clock().Sub(ring.confirmed) >= keysUsable {
		return nil, k.why()
	}
	return ring, nil
}

func (k *keySet) why() error {
	if failure := k.failure.Load(); failure != nil {
		return *failure
	}
	return errors.New("authz: no keys of the issuer yet")
}

// refresh waits for one fetch that started after seen was loaded, or until it
// is not worth waiting for any more.
func (k *keySet) refresh(ctx context.Context, seen *keyring) {
	if seen != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, patience)
		defer cancel()
	}
	done := k.flight.DoChan("", func() (any, error) {
		if k.current.Load() == seen && k.limit.AllowN(k.clock(), 1) {
			k.renew()
		}
		return nil, nil
	})
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// renew replaces the keyring by what the issuer says now. An issuer that
// publishes no key has withdrawn them all. renew never runs twice at once.
func (k *keySet) renew() {
	ctx, cancel := context.WithTimeout(k.base, fetchTime)
	defer cancel()
	now := k.clock() // before the fetch: the answer is at least that new
	keys, err := k.fetch(ctx)
	if err != nil {
		k.failure.Store(&err)
		return
	}
	k.failure.Store(nil)
	next := &keyring{keys: usableKeys(keys), confirmed: now, version: 1}
	next.print = fingerprint(next.keys)
	if last := k.current.Load(); last != nil {
		next.version = last.version
		if last.print != next.print {
			next.version++
		}
	}
	k.current.Store(next)
}

// usableKeys leaves out keys that are no public signing keys, and RSA keys below
// 2048 bits (RFC 7518, 3.3).
func usableKeys(keys []jose.JSONWebKey) []jose.JSONWebKey {
	var out []jose.JSONWebKey
	for _, key := range keys {
		if !key.Valid() || !key.IsPublic() || (key.Use != "" && key.Use != "sig") {
			continue
		}
		if pub, ok := key.Key.(*rsa.PublicKey); ok && pub.N.BitLen() < 2048 {
			continue
		}
		out = append(out, key)
	}
	return out
}

func fingerprint(keys []jose.JSONWebKey) [sha256.Size]byte {
	var all []byte
	for _, key := range keys {
		text, err := key.MarshalJSON()
		if err != nil {
			continue // a valid public key always marshals
		}
		all = append(append(all, text...), '\n')
	}
	return sha256.Sum256(all)
}
