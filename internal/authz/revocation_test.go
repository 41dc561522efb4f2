package authz

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/acme/customers/internal/fault"
)

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
				list.subject(subject, now, now.Add(leeway))
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
				if now.Before(k.expires) && void && !list.hit(k.subject, k.id, k.issued) {
					return true
				}
				if !void && list.hit(k.subject, k.id, k.issued) {
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
			list.subject("s", issued, issued.Add(leeway))
			end := issued.Add(leeway + MaxLife)
			for now := issued; now.Before(end); now = now.Add(time.Minute) {
				list.token("other", now)
				if !list.hit("s", "", issued.Add(leeway)) {
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
	list.subject("s", now, now.Add(time.Hour))
	list.subject("s", now, now)
	if !list.hit("s", "", now.Add(time.Minute)) {
		t.Error("weakened")
	}
	if list.hit("s", "", now.Add(time.Hour+time.Second)) {
		t.Error("control: everything is refused")
	}
}

func TestTheRevocationListIsBoundedByTime(t *testing.T) {
	now := newClock().Now()
	list := newRevocations(now)
	for day := range 100 {
		for n := range 100 {
			list.subject(fmt.Sprint(day, "-", n), now, now)
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
