package authz

import "testing"

// The three questions of every request, when the answer is known: Verify takes
// the hash of the token and two look-ups, the others one.

func BenchmarkVerifyCached(b *testing.B) {
	c := newClock()
	v := newTestVerifier(b, c)
	raw := sound(c.Now()).raw()
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Verify(ctx, raw); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerifyCold(b *testing.B) {
	c := newClock()
	v := newTestVerifier(b, c)
	raw := sound(c.Now()).raw()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.verify(b.Context(), raw, c.Now()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAllowCached(b *testing.B) {
	p := shipped(b)
	who := Principal{Role: RoleService, Scopes: []string{ScopeRead, ScopeWrite, "orders"}}
	b.ReportAllocs()
	for b.Loop() {
		if p.Allow(who, GetCustomer, Other) != nil {
			b.Fatal("denied")
		}
	}
}

func BenchmarkMaskCached(b *testing.B) {
	p := shipped(b)
	who := Principal{Role: RoleService, Scopes: []string{ScopeRead, ScopeWrite, "orders"}}
	b.ReportAllocs()
	for b.Loop() {
		if !p.Mask(who, GetCustomer, Other).Has(FieldName) {
			b.Fatal("masked")
		}
	}
}

// BenchmarkDecide is what the first request of a new set of scopes pays.
func BenchmarkDecide(b *testing.B) {
	p := shipped(b)
	for b.Loop() {
		p.decideAll(caller{RoleService, knownScopes(scopes)})
	}
}

func TestWhatIsKnownIsAnsweredWithoutAllocating(t *testing.T) {
	c, p := newClock(), shipped(t)
	v := newTestVerifier(t, c)
	raw := sound(c.Now()).raw()
	revoking := newTestVerifier(t, c)
	revoking.RevokeSubject("somebody else")
	who := Principal{Role: RoleService, Scopes: []string{ScopeRead, "orders"}}
	for _, c := range []struct {
		name string
		most float64
		call func()
	}{
		{"Verify", 1, func() { _, _ = v.Verify(t.Context(), raw) }}, // the bytes of the token, to hash them
		{"Verify, with a revocation", 1, func() { _, _ = revoking.Verify(t.Context(), raw) }},
		{"Allow", 0, func() { _ = p.Allow(who, GetCustomer, Other) }},
		{"Mask", 0, func() { _ = p.Mask(who, GetCustomer, Other) }},
	} {
		c.call()
		if n := testing.AllocsPerRun(1000, c.call); n > c.most {
			t.Errorf("%s allocates %v times", c.name, n)
		}
	}
	// Control: the counter counts.
	if n := testing.AllocsPerRun(100, func() { _, _ = v.verify(t.Context(), raw, c.Now()) }); n <= 1 {
		t.Error("control: verifying in full allocates no more")
	}
}
