package authz

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/acme/customers/internal/fault"
)

func blinded(subject string) [32]byte { return sha256.Sum256([]byte(subject)) }
func is(subject string) func() [32]byte {
	return func() [32]byte { return blinded(subject) }
}

func TestALostRoleIsLostAtOnce(t *testing.T) {
	c := newClock()
	v := newTestVerifier(t, c)
	d := sound(c.Now())
	raw := d.raw()
	other := sound(c.Now())
	other.claims["sub"], other.claims["jti"] = "s-2", "t-2"

	for range 2 { // verified, then cached
		if _, err := v.Verify(t.Context(), raw); err != nil {
			t.Fatal(err) // control: without a revocation it passes
		}
	}
	v.RevokeSubject("s-1")
	if _, err := v.Verify(t.Context(), raw); !errors.Is(err, fault.ErrUnauthenticated) {
		t.Errorf("a cached token of a revoked subject: %v", err)
	}
	c.Advance(cacheLife)
	if _, err := v.Verify(t.Context(), raw); !errors.Is(err, fault.ErrUnauthenticated) {
		t.Errorf("verified again: %v", err)
	}
	if _, err := v.Verify(t.Context(), other.raw()); err != nil {
		t.Errorf("another subject: %v", err)
	}

	// Whoever signs in again has the roles of now, from 30 s after the revocation.
	if _, err := v.Verify(t.Context(), sound(c.Now()).raw()); !errors.Is(err, fault.ErrUnauthenticated) {
		t.Errorf("a token that the issuer may have made before: %v", err)
	}
	c.Advance(time.Second)
	if _, err := v.Verify(t.Context(), sound(c.Now()).raw()); err != nil {
		t.Errorf("a token issued after the revocation: %v", err)
	}
	// A clock that steps back does not weaken a revocation.
	c.Advance(-time.Minute)
	v.RevokeSubject("s-1")
	if _, err := v.Verify(t.Context(), raw); !errors.Is(err, fault.ErrUnauthenticated) {
		t.Errorf("the old token: %v", err)
	}
}

func TestARevokedTokenIsRefusedAndNoOther(t *testing.T) {
	c := newClock()
	v := newTestVerifier(t, c)
	one, two, nameless := sound(c.Now()), sound(c.Now()), sound(c.Now())
	two.claims["jti"] = "t-2"
	delete(nameless.claims, "jti")
	v.RevokeToken("t-1")
	v.RevokeToken("") // must not hit every token without an id
	if _, err := v.Verify(t.Context(), one.raw()); !errors.Is(err, fault.ErrUnauthenticated) {
		t.Errorf("the revoked one: %v", err)
	}
	for _, d := range []*draft{two, nameless} {
		if _, err := v.Verify(t.Context(), d.raw()); err != nil {
			t.Errorf("another one: %v", err)
		}
	}
}

// The list forgets, but never while a token that it must refuse could live.
func TestTheRevocationListForgetsOnlyWhatCannotMatter(t *testing.T) {
	// early runs random revocations against tokens, and says whether the list let
	// one through that a list which never forgets would have refused.
	early := func(t *rapid.T, life time.Duration) bool {
		now := newClock().Now()
		list := newRevocations(now)
		list.lifetime = life
		type token struct {
			subject, id string
			issued      time.Time
			expires     time.Time
		}
		var live []token
		always := map[string]time.Time{}
		gone := map[string]bool{}
		for n := range rapid.IntRange(1, 60).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 4*3600).Draw(t, "pause")) * time.Second)
			subject := fmt.Sprint("s-", rapid.IntRange(0, 3).Draw(t, "subject"))
			switch rapid.IntRange(0, 2).Draw(t, "what") {
			case 0:
				skew := time.Duration(rapid.IntRange(-30, 30).Draw(t, "skew")) * time.Second
				issued := now.Add(skew)
				live = append(live, token{subject, fmt.Sprint("t-", n), issued, issued.Add(MaxLife)})
			case 1:
				list.subject(blinded(subject), now, now.Add(leeway))
				always[subject] = now.Add(leeway)
			case 2:
				if len(live) > 0 {
					id := live[rapid.IntRange(0, len(live)-1).Draw(t, "token")].id
					list.token(id, now)
					gone[id] = true
				}
			}
			for _, k := range live {
				void := gone[k.id] || !k.issued.After(always[k.subject])
				if now.Before(k.expires) && void && !list.hit(is(k.subject), k.id, k.issued) {
					return true
				}
				if !void && list.hit(is(k.subject), k.id, k.issued) {
					t.Fatal("a token that nobody revoked is refused")
				}
			}
		}
		return false
	}
	rapid.Check(t, func(r *rapid.T) {
		if early(r, MaxLife+2*leeway) {
			r.Fatal("a revoked token passes")
		}
	})

	// Control: a list that forgets after an hour is found out.
	found := false
	rapid.Check(t, func(r *rapid.T) { found = early(r, time.Hour) || found })
	if !found {
		t.Error("control: the check does not notice a list that forgets early")
	}
}

// The worst case for a list of two generations: an entry made just before a new
// one begins, and others all the time after.
func TestTheRevocationListKeepsWhatCameJustBeforeATurn(t *testing.T) {
	forgets := func(life time.Duration) bool {
		start := newClock().Now()
		for before := range 3 {
			list := newRevocations(start)
			list.lifetime = life
			issued := start.Add(life - time.Duration(before)*time.Minute)
			list.subject(blinded("s"), issued, issued.Add(leeway))
			end := issued.Add(leeway + MaxLife)
			for now := issued; now.Before(end); now = now.Add(time.Minute) {
				list.token("other", now)
				if !list.hit(is("s"), "", issued.Add(leeway)) {
					return true
				}
			}
		}
		return false
	}
	if forgets(newRevocations(newClock().Now()).lifetime) {
		t.Error("forgotten while a token of it could live")
	}
	if !forgets(MaxLife - time.Hour) {
		t.Error("control: the check does not notice a shorter memory")
	}
}

func TestAnEarlierRevocationDoesNotWeakenALaterOne(t *testing.T) {
	now := newClock().Now()
	list := newRevocations(now)
	list.subject(blinded("s"), now, now.Add(time.Hour))
	list.subject(blinded("s"), now, now)
	if !list.hit(is("s"), "", now.Add(time.Minute)) {
		t.Error("weakened")
	}
	if list.hit(is("s"), "", now.Add(time.Hour+time.Second)) {
		t.Error("control: everything is refused")
	}
}

func TestTheRevocationListIsBoundedByTime(t *testing.T) {
	now := newClock().Now()
	list := newRevocations(now)
	for day := range 100 {
		for n := range 100 {
			list.subject(blinded(fmt.Sprint(day, "-", n)), now, now)
			list.token(fmt.Sprint(day, "-", n), now)
		}
		now = now.Add(MaxLife)
	}
	if n := len(list.younger.subjects) + len(list.older.subjects); n > 400 {
		t.Errorf("%d of 10,000 subjects remembered", n)
	}
	if n := len(list.younger.tokens) + len(list.older.tokens); n > 400 {
		t.Errorf("%d of 10,000 tokens remembered", n)
	}
}

// What one instance revoked holds on another that takes it over, for the same
// tokens, and only there where both blind alike.
func TestARevocationHoldsWhereItIsTakenOver(t *testing.T) {
	c := newClock()
	one, two, stranger := newTestVerifier(t, c), newTestVerifier(t, c), newTestVerifier(t, c)
	stranger.cfg.Blind = func(s string) [32]byte { return blinded("another key" + s) }
	raw := sound(c.Now()).raw()
	revoked := one.RevokeSubject("s-1")
	if _, err := two.Verify(t.Context(), raw); err != nil {
		t.Fatalf("control: before it is taken over: %v", err)
	}
	two.Revoke(revoked)
	stranger.Revoke(revoked)
	if _, err := two.Verify(t.Context(), raw); !errors.Is(err, fault.ErrUnauthenticated) {
		t.Errorf("taken over: %v", err)
	}
	if _, err := stranger.Verify(t.Context(), raw); err != nil {
		t.Errorf("control: under another key: %v", err)
	}
	c.Advance(leeway + time.Second)
	if _, err := two.Verify(t.Context(), sound(c.Now()).raw()); err != nil {
		t.Errorf("a token issued later: %v", err)
	}
}

// A request pays for the hash when somebody is revoked, and a token once.
func TestTheSubjectIsBlindedOnceAndOnlyIfNeeded(t *testing.T) {
	c := newClock()
	v := newTestVerifier(t, c)
	count := 0
	v.cfg.Blind = func(s string) [32]byte { count++; return blinded(s) }
	raw := sound(c.Now()).raw()
	ask := func() {
		for range 3 {
			if _, err := v.Verify(t.Context(), raw); err != nil {
				t.Fatal(err)
			}
		}
	}
	ask()
	if count != 0 {
		t.Errorf("%d hashes while nobody is revoked", count)
	}
	v.Revoke(Revocation{Subject: blinded("s-2"), Issued: c.Now()})
	ask()
	if count != 1 {
		t.Errorf("%d hashes of one token", count)
	}
	c.Advance(cacheLife) // control: verified again, it is counted again
	ask()
	if count != 2 {
		t.Errorf("control: %d hashes of a token that was verified twice", count)
	}
}
