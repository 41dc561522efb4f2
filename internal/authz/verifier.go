package authz

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	jose "github.com/go-jose/go-jose/v4"
	"github.com/maypok86/otter/v2"

	"github.com/acme/customers/internal/fault"
)

const (
	// cacheLife is how long a verified token is not verified again. A revocation
	// and a change of the issuer's keys end it at once.
	cacheLife = 30 * time.Second
	cacheSize = 10_000 // tokens; each takes about a kilobyte
)

// Config says whose tokens are accepted.
type Config struct {
	Issuer   string // the exact "iss"; an https URL unless Keys are given
	Audience string // what "aud" must name
	// RolesClaim is where the roles are, "roles" if empty: a claim's name, or a
	// JSON pointer for a nested one ("/realm_access/roles").
	RolesClaim string
	// CustomerClaim is where a customer's id is, "customer_id" if empty. A
	// customer's token without it is known by its subject, the userId.
	CustomerClaim string

	// Blind stands for a subject in revocations without holding it, the same on
	// every instance. SHA-256 if nil.
	Blind func(subject string) [32]byte

	Keys   []jose.JSONWebKey // the issuer's keys, if they are known; else they are discovered
	Client *http.Client      // to reach the issuer; http.DefaultClient if nil
	Clock  func() time.Time  // time.Now if nil
}

// Verifier verifies bearer tokens. Safe for concurrent use.
type Verifier struct {
	cfg     Config
	keys    *keySet
	seen    *otter.Cache[[sha256.Size]byte, *verified]
	revoked *revocations
}

// verified is a token that passed. It stays good until an instant, while the
// keys are those it was verified with.
type verified struct {
	principal Principal
	blind     func() [32]byte // Config.Blind of the subject, counted once
	issued    time.Time
	until     time.Time
	version   uint64 // of the keys
}

// NewVerifier does not call the issuer: an issuer that is down does not keep
// this service from starting, and is asked when the first token comes (or by
// Ready). Once ctx ends no more keys are fetched.
func NewVerifier(ctx context.Context, cfg Config) (*Verifier, error) {
	if cfg.Issuer == "" || cfg.Audience == "" {
		return nil, errors.New("authz: an issuer and an audience are required")
	}
	cfg.RolesClaim = orDefault(cfg.RolesClaim, "roles")
	cfg.CustomerClaim = orDefault(cfg.CustomerClaim, "customer_id")
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	if cfg.Blind == nil {
		cfg.Blind = func(subject string) [32]byte { return sha256.Sum256([]byte(subject)) }
	}
	keys, err := cfg.keySet(ctx)
	if err != nil {
		return nil, err
	}
	// No expiry in the cache itself: verified.until decides, by our clock, and
	// the size bounds the memory.
	seen, err := otter.New(&otter.Options[[sha256.Size]byte, *verified]{MaximumSize: cacheSize})
	if err != nil {
		return nil, fmt.Errorf("authz: %w", err)
	}
	return &Verifier{cfg: cfg, keys: keys, seen: seen, revoked: newRevocations(cfg.Clock())}, nil
}

func (c Config) keySet(ctx context.Context) (*keySet, error) {
	if c.Keys != nil {
		return newFixedKeys(c.Keys), nil
	}
	issuer, err := newDiscovery(c.Issuer, c.Client)
	if err != nil {
		return nil, err
	}
	return newKeySet(ctx, c.Clock, issuer.fetch), nil
}

func orDefault(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// Verify gives the caller that the token stands for. Whatever is wrong with a
// token, the error is fault.ErrUnauthenticated, with a cause that names the
// check and nothing of the token. It is fault.ErrUnavailable only if there are
// no keys to tell: then the token may well be good.
func (v *Verifier) Verify(ctx context.Context, raw string) (Principal, error) {
	if raw == "" || len(raw) > maxToken {
		return Principal{}, fault.ErrUnauthenticated.With(refusal("empty or too long"))
	}
	now := v.cfg.Clock()
	key := sha256.Sum256([]byte(raw))
	known, ok := v.seen.GetIfPresent(key)
	if !ok || !now.Before(known.until) || known.version != v.keys.version() {
		var err error
		if known, err = v.verify(ctx, raw, now); err != nil {
			return Principal{}, err
		}
		v.seen.Set(key, known)
	}
	if v.revoked.hit(known.blind, known.principal.TokenID, known.issued) {
		return Principal{}, fault.ErrUnauthenticated.With(refusal("revoked"))
	}
	return known.principal, nil
}

// verify does the whole work for one token. No claim is looked at before the
// signature holds, and claims are taken from what was signed.
func (v *Verifier) verify(ctx context.Context, raw string, now time.Time) (*verified, error) {
	head, err := readHeader(raw)
	if err != nil {
		return nil, fault.ErrUnauthenticated.With(err)
	}
	ring, err := v.keys.ring(ctx, head.Kid)
	if err != nil {
		return nil, fault.ErrUnavailable.With(err).After(fetchTime)
	}
	payload, err := v.signed(ctx, ring, raw)
	if err != nil {
		return nil, fault.ErrUnauthenticated.With(err)
	}
	c, err := readClaims(payload)
	if err != nil {
		return nil, fault.ErrUnauthenticated.With(err)
	}
	if err := c.check(v.cfg.Issuer, v.cfg.Audience, now); err != nil {
		return nil, fault.ErrUnauthenticated.With(err)
	}
	p, err := c.principal(v.cfg.RolesClaim, v.cfg.CustomerClaim)
	if err != nil {
		return nil, fault.ErrUnauthenticated.With(err)
	}
	until := now.Add(cacheLife)
	if p.Expires.Before(until) {
		until = p.Expires
	}
	blind := sync.OnceValue(func() [32]byte { return v.cfg.Blind(p.Subject) })
	return &verified{principal: p, blind: blind, issued: seconds(c.Issued), until: until, version: ring.version}, nil
}

// signed checks the signature, and has go-oidc judge issuer, audience and times
// as well: two parsers must agree before a token is accepted. Its errors quote
// claims, so none is passed on.
func (v *Verifier) signed(ctx context.Context, ring *keyring, raw string) ([]byte, error) {
	judge := oidc.NewVerifier(v.cfg.Issuer, ring, &oidc.Config{
		ClientID: v.cfg.Audience, SupportedSigningAlgs: algorithmNames, Now: v.cfg.Clock,
	})
	token, err := judge.Verify(ctx, raw)
	if err != nil {
		return nil, refusal("signature, issuer, audience or times")
	}
	var payload rawJSON
	if err := token.Claims(&payload); err != nil {
		return nil, refusal("claims unreadable")
	}
	return payload, nil
}

// rawJSON takes the verified payload as it was signed.
type rawJSON []byte

// UnmarshalJSON keeps a copy.
func (r *rawJSON) UnmarshalJSON(text []byte) error {
	*r = append((*r)[:0], text...)
	return nil
}

// Ready is nil if there are keys to verify tokens with. It asks the issuer if
// the known keys are too old, so it also warms a new instance up.
func (v *Verifier) Ready(ctx context.Context) error {
	if _, err := v.keys.ring(ctx, ""); err != nil {
		return fault.ErrUnavailable.With(err).After(fetchTime)
	}
	return nil
}

// Revocation voids the tokens of a subject that were issued up to an instant.
type Revocation struct {
	Subject [32]byte // Config.Blind of it
	Issued  time.Time
	Expires time.Time // no such token is accepted then, by any instance's clock
}

// RevokeSubject refuses, from now on, every token of the subject that was
// issued up to now: after a loss of a role, a lock or an erasure. A token issued
// later passes; for clocks that differ, "later" starts 30 s from now.
//
// The list is in memory and of this instance. Whoever calls must see to it that
// the other instances, and those that start before it expires, Revoke the same.
func (v *Verifier) RevokeSubject(subject string) Revocation {
	issued := v.cfg.Clock().Add(leeway)
	r := Revocation{Subject: v.cfg.Blind(subject), Issued: issued, Expires: issued.Add(MaxLife + leeway)}
	v.Revoke(r)
	return r
}

// Revoke takes over what another instance, or an earlier run, revoked.
func (v *Verifier) Revoke(r Revocation) { v.revoked.subject(r.Subject, v.cfg.Clock(), r.Issued) }

// RevokeToken refuses the token of that id ("jti") from now on, on this
// instance and until it ends.
func (v *Verifier) RevokeToken(id string) { v.revoked.token(id, v.cfg.Clock()) }
