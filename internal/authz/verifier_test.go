package authz

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/fault"
)

func TestACachedTokenExpiresOnTime(t *testing.T) {
	c := newClock()
	v := newTestVerifier(t, c)
	d := sound(c.Now())
	d.claims["exp"] = c.Now().Add(10 * time.Second).Unix()
	raw := d.raw()
	if _, err := v.Verify(t.Context(), raw); err != nil {
		t.Fatal(err)
	}
	c.Advance(9 * time.Second)
	if _, err := v.Verify(t.Context(), raw); err != nil {
		t.Errorf("a second before: %v", err)
	}
	c.Advance(time.Second)
	if _, err := v.Verify(t.Context(), raw); !errors.Is(err, fault.ErrUnauthenticated) {
		t.Errorf("at its expiry: %v", err)
	}
	// Control: it is the entry's own end that stops the cache.
	for _, known := range v.seen.All() {
		known.until = c.Now().Add(time.Hour)
	}
	if _, err := v.Verify(t.Context(), raw); err != nil {
		t.Errorf("control: refused for another reason: %v", err)
	}
}

func TestTheCacheAnswersForThirtySecondsAtMost(t *testing.T) {
	c := newClock()
	v := newTestVerifier(t, c)
	raw := sound(c.Now()).raw()
	if _, err := v.Verify(t.Context(), raw); err != nil {
		t.Fatal(err)
	}
	// The keys are gone, but the verifier was not told: only the cache can answer.
	v.keys.current.Store(&keyring{})
	c.Advance(cacheLife - time.Nanosecond)
	if _, err := v.Verify(t.Context(), raw); err != nil {
		t.Errorf("control: not cached: %v", err)
	}
	c.Advance(time.Nanosecond)
	if _, err := v.Verify(t.Context(), raw); !errors.Is(err, fault.ErrUnauthenticated) {
		t.Errorf("after 30 s: %v", err)
	}
}

func TestTheCacheIsBounded(t *testing.T) {
	v := newTestVerifier(t, newClock())
	for n := range uint64(3 * cacheSize) {
		var key [sha256.Size]byte
		binary.BigEndian.PutUint64(key[:], n)
		v.seen.Set(key, &verified{})
	}
	v.seen.CleanUp()
	if n := v.seen.EstimatedSize(); n > cacheSize {
		t.Errorf("%d tokens cached", n)
	}
}

func TestRefusedTokensAreNotCached(t *testing.T) {
	c := newClock()
	v := newTestVerifier(t, c)
	d := sound(c.Now())
	d.claims["nbf"] = c.Now().Add(time.Minute).Unix()
	raw := d.raw()
	if _, err := v.Verify(t.Context(), raw); !errors.Is(err, fault.ErrUnauthenticated) {
		t.Fatal(err)
	}
	c.Advance(time.Minute)
	if _, err := v.Verify(t.Context(), raw); err != nil {
		t.Errorf("valid by now: %v", err)
	}
}

func TestAPrincipalPrintsItsRoleAlone(t *testing.T) {
	id := uuid.MustParse(testCustomer)
	p := Principal{Subject: "subject-1", UserID: "user-1", Role: RoleCustomer, Scopes: []string{"scope-1"}, Customer: id, TokenID: "token-1"}
	type wrapper struct {
		P   Principal
		Ptr *Principal
	}
	outputs := func(v any) string {
		var b bytes.Buffer
		fmt.Fprintf(&b, "%v %+v %#v %s %q %x %d", v, v, v, v, v, v, v)
		slog.New(slog.NewJSONHandler(&b, nil)).Info("m", "v", v, slog.Any("w", v))
		slog.New(slog.NewTextHandler(&b, nil)).Info("m", "v", v)
		if text, err := json.Marshal(v); err == nil {
			b.Write(text)
		}
		return b.String()
	}
	leaks := func(text string) bool {
		for _, secret := range []string{"subject-1", "user-1", "scope-1", "token-1", testCustomer} {
			if strings.Contains(text, secret) || strings.Contains(text, fmt.Sprintf("%x", secret)) {
				return true
			}
		}
		return false
	}
	for _, v := range []any{p, &p, []Principal{p}, map[string]Principal{"a": p}, wrapper{P: p}, wrapper{Ptr: &p}} {
		got := outputs(v)
		if leaks(got) {
			t.Errorf("%T leaks: %s", v, got)
		}
		if _, pointer := v.(wrapper); !pointer && !strings.Contains(got, "customer") {
			t.Errorf("%T does not name its role: %s", v, got)
		}
	}
	// Control: the same fields without the methods are found.
	type bare Principal
	if !leaks(outputs(bare(p))) {
		t.Error("control: the check does not notice a leak")
	}
}

func TestOnlyACustomerIsItself(t *testing.T) {
	own, other := uuid.New(), uuid.New()
	for _, c := range []struct {
		who  Principal
		id   uuid.UUID
		want Relation
	}{
		{Principal{Role: RoleCustomer, Customer: own}, own, Self},
		{Principal{Role: RoleCustomer, Customer: own}, other, Other},
		{Principal{Role: RoleCustomer}, uuid.Nil, Other}, // an id not known is not everybody's
		{Principal{Role: RoleSupport, Customer: own}, own, Other},
		{Principal{Role: RoleService}, uuid.Nil, Other},
	} {
		if got := c.who.To(c.id); got != c.want {
			t.Errorf("%s: %s, want %s", c.who, got, c.want)
		}
	}
}

// FuzzVerify: whatever comes, no panic, and only what the issuer signed passes.
func FuzzVerify(f *testing.F) {
	c := newClock()
	v, err := NewVerifier(context.Background(), Config{Issuer: testIssuer, Audience: testAudience, Keys: testKeys(), Clock: c.Now})
	if err != nil {
		f.Fatal(err)
	}
	good := sound(c.Now()).raw()
	f.Add(good)
	for _, b := range badTokens(c.Now()) {
		d := sound(c.Now())
		b.spoil(d)
		f.Add(d.raw())
	}
	f.Fuzz(func(t *testing.T, raw string) {
		p, err := v.Verify(t.Context(), raw)
		if (err == nil) != (raw == good) {
			t.Errorf("accepted: %v", err == nil)
		}
		if err != nil && (!errors.Is(err, fault.ErrUnauthenticated) || p.Role != "") {
			t.Errorf("refused with %v", fault.CodeOf(err))
		}
	})
}

// FuzzClaims: claims are the issuer's word, but a strange issuer must not be
// able to crash us either, or to name two callers at once.
func FuzzClaims(f *testing.F) {
	now := newClock().Now()
	for _, b := range badTokens(now) {
		d := sound(now)
		b.spoil(d)
		if text, err := json.Marshal(d.claims); err == nil {
			f.Add(string(text), "roles")
		}
	}
	f.Add(`{"a":{"b":["admin"]}}`, "/a/b")
	f.Add(`{"a~b":{"":"admin"}}`, "/a~0b/")
	f.Fuzz(func(t *testing.T, text, rolesClaim string) {
		claims, err := readClaims([]byte(text))
		if err != nil {
			return
		}
		_ = claims.check(testIssuer, testAudience, now)
		p, err := claims.principal(rolesClaim, "customer_id")
		if err == nil && (p.Role == "" || (p.Role != RoleCustomer && p.Customer != uuid.Nil)) {
			t.Errorf("a principal of role %q", p.Role)
		}
	})
}
