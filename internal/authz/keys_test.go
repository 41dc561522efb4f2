package authz

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	jose "github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/acme/customers/internal/fault"
)

// issuer is an OpenID provider as far as we need one: discovery and keys.
type issuer struct {
	*httptest.Server
	mu      sync.Mutex
	keys    []any // JWKs, or whatever else is to be served
	down    bool
	fetches int
	jwks    string // where discovery says the keys are
}

func newIssuer(t *testing.T, keys ...any) *issuer {
	t.Helper()
	i := &issuer{keys: keys}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", i.up(func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"issuer": i.URL, "jwks_uri": i.jwks})
	}))
	mux.HandleFunc("GET /jwks", i.up(func(w http.ResponseWriter, _ *http.Request) {
		i.fetches++
		_ = json.NewEncoder(w).Encode(map[string]any{"keys": i.keys})
	}))
	mux.Handle("GET /moved", http.RedirectHandler("/jwks", http.StatusFound))
	i.Server = httptest.NewServer(mux)
	i.jwks = i.URL + "/jwks"
	t.Cleanup(i.Close)
	return i
}

// up answers 503 while the issuer is down.
func (i *issuer) up(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		i.mu.Lock()
		defer i.mu.Unlock()
		if i.down {
			http.Error(w, "down", http.StatusServiceUnavailable)
			return
		}
		next(w, r)
	}
}

func (i *issuer) set(change func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	change()
}

func (i *issuer) fetched() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.fetches
}

func (i *issuer) verifier(t *testing.T, c *clock) *Verifier {
	t.Helper()
	v, err := NewVerifier(t.Context(), Config{Issuer: i.URL, Audience: testAudience, Clock: c.Now, Client: i.Client()})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// pair is a signing key and its public half with a kid.
type pair struct {
	signer jose.Signer
	public jose.JSONWebKey
}

func newPair(t *testing.T, kid string) pair {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: kid}},
		(&jose.SignerOptions{}).WithType("at+jwt"))
	if err != nil {
		t.Fatal(err)
	}
	return pair{signer, jose.JSONWebKey{Key: key.Public(), KeyID: kid, Algorithm: "ES256", Use: "sig"}}
}

func (p pair) token(t *testing.T, iss string, now time.Time, change ...func(map[string]any)) string {
	t.Helper()
	claims := map[string]any{"iss": iss, "aud": testAudience, "sub": "s-1", "jti": rand.Text(), "roles": "support",
		"iat": now.Unix(), "exp": now.Add(12 * time.Hour).Unix()}
	for _, f := range change {
		f(claims)
	}
	raw, err := jwt.Signed(p.signer).Claims(claims).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestARotationOfTheKeysDropsWhatTheOldOnesSigned(t *testing.T) {
	c, old, young := newClock(), newPair(t, "old"), newPair(t, "young")
	iss := newIssuer(t, old.public)
	v := iss.verifier(t, c)
	oldToken, youngToken := old.token(t, iss.URL, c.Now()), young.token(t, iss.URL, c.Now())
	if _, err := v.Verify(t.Context(), oldToken); err != nil {
		t.Fatal(err)
	}
	iss.set(func() { iss.keys = []any{young.public} })

	// Control: until somebody asks the issuer, the cache still answers. It is
	// the change of the keys below that ends it, not the passing of time.
	if _, err := v.Verify(t.Context(), oldToken); err != nil {
		t.Fatalf("control: not cached: %v", err)
	}
	if _, err := v.Verify(t.Context(), youngToken); err != nil {
		t.Fatalf("a new key is not picked up: %v", err)
	}
	if _, err := v.Verify(t.Context(), oldToken); !errors.Is(err, fault.ErrUnauthenticated) {
		t.Errorf("a token of a withdrawn key passes: %v", err)
	}

	// Control: the version of the keys is what drops it.
	for _, known := range v.seen.All() {
		known.version = v.keys.version()
	}
	if _, err := v.Verify(t.Context(), oldToken); err != nil {
		t.Errorf("control: refused for another reason: %v", err)
	}
}

func TestAWithdrawnKeyWorksForAMinuteAtMost(t *testing.T) {
	c, key := newClock(), newPair(t, "k")
	iss := newIssuer(t, key.public)
	v := iss.verifier(t, c)
	careless := oidc.NewVerifier(iss.URL, oidc.NewRemoteKeySet(t.Context(), iss.URL+"/jwks"),
		&oidc.Config{ClientID: testAudience, Now: c.Now, SupportedSigningAlgs: algorithmNames})
	longest := 0
	for phase := range 45 { // seconds from the withdrawal to the first use of the token
		iss.set(func() { iss.keys = []any{key.public} })
		c.Advance(2 * time.Minute)
		if err := v.Ready(t.Context()); err != nil { // the keys are fetched now, and withdrawn right after
			t.Fatal(err)
		}
		raw := key.token(t, iss.URL, c.Now())
		if _, err := careless.Verify(t.Context(), raw); err != nil {
			t.Fatal(err)
		}
		iss.set(func() { iss.keys = []any{} })
		c.Advance(time.Duration(phase) * time.Second)
		for second := phase; second < 120; second++ {
			if _, err := v.Verify(t.Context(), raw); err == nil {
				longest = max(longest, second+1)
			}
			c.Advance(time.Second)
		}
		// Control: go-oidc's own key set goes on believing in it.
		if _, err := careless.Verify(t.Context(), raw); err != nil {
			t.Errorf("control: %v", err)
		}
	}
	if longest > 60 {
		t.Errorf("a withdrawn key worked for %d s", longest)
	}
	if longest < 55 { // control: the worst phase was among those tried
		t.Errorf("control: at most %d s were seen", longest)
	}
}

func TestAnIssuerThatIsDownKeepsNobodyFromStarting(t *testing.T) {
	c, key := newClock(), newPair(t, "k")
	iss := newIssuer(t, key.public)
	iss.set(func() { iss.down = true })
	v := iss.verifier(t, c)
	raw := key.token(t, iss.URL, c.Now())

	for range 10 { // the token may be good, so this is no 401
		if _, err := v.Verify(t.Context(), raw); !errors.Is(err, fault.ErrUnavailable) {
			t.Fatalf("down: %v", err)
		}
	}
	if v.Ready(t.Context()) == nil {
		t.Error("ready without keys")
	}
	iss.set(func() { iss.down = false })
	c.Advance(5 * time.Second)
	if _, err := v.Verify(t.Context(), raw); err != nil {
		t.Errorf("up again: %v", err)
	}
	if err := v.Ready(t.Context()); err != nil {
		t.Errorf("up again: %v", err)
	}
}

func TestKnownKeysOutliveTheIssuerForAnHour(t *testing.T) {
	c, key := newClock(), newPair(t, "k")
	iss := newIssuer(t, key.public)
	v := iss.verifier(t, c)
	raw := key.token(t, iss.URL, c.Now())
	if err := v.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	iss.set(func() { iss.down = true })
	c.Advance(keysUsable - time.Second)
	if _, err := v.Verify(t.Context(), raw); err != nil {
		t.Errorf("within the hour: %v", err)
	}
	c.Advance(cacheLife)
	if _, err := v.Verify(t.Context(), raw); !errors.Is(err, fault.ErrUnavailable) {
		t.Errorf("after the hour: %v", err)
	}
}

func TestAnIssuerThatHangsHoldsNobodyLongerThanTheRequest(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer server.Close()
	defer close(release)
	v, err := NewVerifier(t.Context(), Config{Issuer: server.URL, Audience: testAudience})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := v.Verify(ctx, newPair(t, "k").token(t, server.URL, time.Now())); !errors.Is(err, fault.ErrUnavailable) {
		t.Errorf("%v", err)
	}
}

func TestASlowIssuerIsWaitedForBriefly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := newPair(t, "k")
		hang := false
		k := newKeySet(t.Context(), time.Now, func(ctx context.Context) ([]jose.JSONWebKey, error) {
			if hang {
				<-ctx.Done()
				return nil, ctx.Err()
			}
			return []jose.JSONWebKey{key.public}, nil
		})
		wait := func() time.Duration {
			start := time.Now()
			_, _ = k.ring(t.Context(), "k")
			return time.Since(start)
		}

		hang = true
		if d := wait(); d != fetchTime { // without keys there is nothing to go on with
			t.Errorf("without keys: waited %v", d)
		}
		hang = false
		time.Sleep(time.Minute)
		if d := wait(); d != 0 {
			t.Errorf("an issuer that answers: waited %v", d)
		}
		hang = true
		time.Sleep(time.Minute)
		if d := wait(); d != patience {
			t.Errorf("with usable keys: waited %v", d)
		}
		if ring, err := k.ring(t.Context(), "k"); err != nil || !ring.has("k") {
			t.Errorf("with usable keys: %v", err)
		}
		time.Sleep(fetchTime) // the fetch ends by itself
	})
}

func TestKeysThatMovedAreFoundAgain(t *testing.T) {
	c, key := newClock(), newPair(t, "k")
	iss := newIssuer(t, key.public)
	iss.set(func() { iss.jwks = iss.URL + "/elsewhere" })
	v := iss.verifier(t, c)
	if v.Ready(t.Context()) == nil {
		t.Fatal("control: the first place has keys")
	}
	iss.set(func() { iss.jwks = iss.URL + "/jwks" })
	c.Advance(5 * time.Second)
	if err := v.Ready(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestStrangersCannotMakeUsFloodTheIssuer(t *testing.T) {
	c, key, stranger := newClock(), newPair(t, "k"), newPair(t, "x")
	iss := newIssuer(t, key.public)
	v := iss.verifier(t, c)
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for n := range 50 {
				raw := newPair(t, fmt.Sprintf("x-%d-%d", worker, n)).token(t, iss.URL, c.Now())
				if _, err := v.Verify(t.Context(), raw); !errors.Is(err, fault.ErrUnauthenticated) {
					t.Errorf("%v", err)
				}
			}
		})
	}
	wg.Wait()
	if n := iss.fetched(); n > 3 {
		t.Errorf("200 bad tokens made %d fetches", n)
	}
	if _, err := v.Verify(t.Context(), key.token(t, iss.URL, c.Now())); err != nil {
		t.Errorf("a good token suffers: %v", err)
	}

	// Control: go-oidc's own key set has no limit, and we would count it.
	careless := oidc.NewRemoteKeySet(t.Context(), iss.URL+"/jwks")
	before := iss.fetched()
	for range 200 {
		_, _ = careless.VerifySignature(t.Context(), stranger.token(t, iss.URL, c.Now()))
	}
	if n := iss.fetched() - before; n <= 3 {
		t.Errorf("control: only %d fetches seen", n)
	}
}

func TestManyFirstRequestsFetchOnce(t *testing.T) {
	c, key := newClock(), newPair(t, "k")
	iss := newIssuer(t, key.public)
	v := iss.verifier(t, c)
	raw := key.token(t, iss.URL, c.Now())
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if _, err := v.Verify(t.Context(), raw); err != nil {
				t.Errorf("%v", err)
			}
		})
	}
	wg.Wait()
	// One more that looked before the fetch and comes to it after.
	v.keys.refresh(t.Context(), nil)
	if n := iss.fetched(); n != 1 {
		t.Errorf("%d fetches", n)
	}
}

func TestKeysThatCannotBeTrustedAreLeftOut(t *testing.T) {
	c, key := newClock(), newPair(t, "k")
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	encrypting := key.public
	encrypting.Use = "enc"
	otherAlg := key.public
	otherAlg.Algorithm = "ES512"
	for name, served := range map[string]any{
		"RSA of 1024 bits":  jose.JSONWebKey{Key: weak.Public(), KeyID: "k"},
		"a secret":          jose.JSONWebKey{Key: []byte(strings.Repeat("s", 32)), KeyID: "k"},
		"for encryption":    encrypting,
		"another algorithm": otherAlg,
		"a kind of its own": map[string]any{"kty": "LMS", "kid": "k"},
		"nonsense":          7,
	} {
		iss := newIssuer(t, served)
		v := iss.verifier(t, c)
		if _, err := v.Verify(t.Context(), key.token(t, iss.URL, c.Now())); !errors.Is(err, fault.ErrUnauthenticated) {
			t.Errorf("%s: %v", name, err)
		}
		// Control: beside a sound key it does no harm.
		iss.set(func() { iss.keys = []any{served, key.public} })
		c.Advance(time.Minute)
		if _, err := v.Verify(t.Context(), key.token(t, iss.URL, c.Now())); err != nil {
			t.Errorf("control: %s beside a sound key: %v", name, err)
		}
	}
	if got := usableKeys([]jose.JSONWebKey{{Key: weak.Public()}, {Key: testKey()}, {}}); len(got) != 0 {
		t.Errorf("%d unusable keys are used", len(got))
	}
	if len(usableKeys(testKeys())) != 1 {
		t.Error("control: a sound RSA key is left out")
	}
}

func TestOnlyATrustworthyIssuerIsAsked(t *testing.T) {
	for _, address := range []string{"", "issuer", "http://issuer.example", "ftp://issuer.example", "https://user:secret@issuer.example",
		"http://127.0.0.1.example", "http://localhost.example", "http://[::2]", "http://169.254.169.254"} {
		if _, err := NewVerifier(t.Context(), Config{Issuer: address, Audience: testAudience}); err == nil {
			t.Errorf("%q is accepted", address)
		}
	}
	if _, err := NewVerifier(t.Context(), Config{Issuer: "https://issuer.example"}); err == nil {
		t.Error("no audience is accepted")
	}
	for _, address := range []string{"https://issuer.example/realms/acme", "http://127.0.0.1:9", "http://[::1]:9", "http://localhost:9"} {
		if _, err := NewVerifier(t.Context(), Config{Issuer: address, Audience: testAudience}); err != nil {
			t.Errorf("%q is refused: %v", address, err)
		}
	}
	if err := trustworthy("http://127.0.0.1/jwks", false); err == nil {
		t.Error("an https issuer may send us to plain http")
	}
}

func TestADishonestIssuerIsNotBelieved(t *testing.T) {
	c, key := newClock(), newPair(t, "k")
	for name, spoil := range map[string]func(*issuer){
		"keys elsewhere in clear": func(i *issuer) { i.jwks = "http://issuer.example/jwks" },
		"keys behind a redirect":  func(i *issuer) { i.jwks = i.URL + "/moved" },
		"keys in a file":          func(i *issuer) { i.jwks = "file:///etc/passwd" },
		"no place for the keys":   func(i *issuer) { i.jwks = "" },
		"too many keys": func(i *issuer) {
			for range maxKeys {
				i.keys = append(i.keys, key.public)
			}
		},
		"an endless answer": func(i *issuer) { i.keys = append(i.keys, strings.Repeat("x", maxAnswer)) },
	} {
		iss := newIssuer(t, key.public)
		iss.set(func() { spoil(iss) })
		if _, err := iss.verifier(t, c).Verify(t.Context(), key.token(t, iss.URL, c.Now())); !errors.Is(err, fault.ErrUnavailable) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// An issuer that calls itself something else.
	iss := newIssuer(t, key.public)
	v, err := NewVerifier(t.Context(), Config{Issuer: iss.URL + "/", Audience: testAudience, Clock: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Verify(t.Context(), key.token(t, iss.URL+"/", c.Now())); !errors.Is(err, fault.ErrUnavailable) {
		t.Errorf("another name: %v", err)
	}
}
