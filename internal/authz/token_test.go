package authz

import (
	"context"
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"maps"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	jose "github.com/go-jose/go-jose/v4"

	"github.com/acme/customers/internal/fault"
)

const (
	testIssuer   = "https://issuer.example"
	testAudience = "customers"
	testCustomer = "0198c6ee-3f6b-7cc3-98c5-1f5ae6e4a001"
)

// testKey is one RSA key for all tests: making one takes a while.
var testKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// clock is a time that only moves when told to.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// draft is a token before it is signed. Texts win over maps, for what no map can
// say, such as a member twice.
type draft struct {
	header, claims         map[string]any
	headerText, claimsText string
	sign                   func(input string) []byte
	finish                 func(raw string) string
}

// sound is a token that passes.
func sound(now time.Time) *draft {
	return &draft{
		header: map[string]any{"alg": "RS256", "typ": "at+jwt", "kid": "k1"},
		claims: map[string]any{"iss": testIssuer, "aud": []string{"other", testAudience}, "sub": "s-1", "jti": "t-1",
			"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(time.Hour).Unix(),
			"roles": []string{"offline_access", "support"}, "scope": "customers:read orders"},
		sign: signRS256, finish: func(raw string) string { return raw },
	}
}

func signRS256(input string) []byte {
	sum := sha256.Sum256([]byte(input))
	sig, err := rsa.SignPKCS1v15(rand.Reader, testKey(), crypto.SHA256, sum[:])
	if err != nil {
		panic(err)
	}
	return sig
}

func (d *draft) raw() string {
	text := func(text string, members map[string]any) string {
		if text == "" {
			b, err := json.Marshal(members)
			if err != nil {
				panic(err)
			}
			text = string(b)
		}
		return base64.RawURLEncoding.EncodeToString([]byte(text))
	}
	input := text(d.headerText, d.header) + "." + text(d.claimsText, d.claims)
	return d.finish(input + "." + base64.RawURLEncoding.EncodeToString(d.sign(input)))
}

// with puts members more into the text of the claims, after those that are there.
func (d *draft) with(text string) {
	b, err := json.Marshal(d.claims)
	if err != nil {
		panic(err)
	}
	d.claimsText = strings.TrimSuffix(string(b), "}") + "," + text + "}"
}

func testKeys() []jose.JSONWebKey {
	return []jose.JSONWebKey{{Key: testKey().Public(), KeyID: "k1", Algorithm: "RS256", Use: "sig"}}
}

func newTestVerifier(t testing.TB, c *clock) *Verifier {
	t.Helper()
	v, err := NewVerifier(t.Context(), Config{Issuer: testIssuer, Audience: testAudience, Keys: testKeys(), Clock: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// The careless verifiers: what a program accepts that leaves checks out. A
// token of the table below that one of them accepts is refused by us because of
// a check, and not because the test built it wrongly.

// unchecked verifies a signature with the right key and nothing else.
func unchecked(raw string) error {
	_, err := oidc.NewVerifier(testIssuer, &oidc.StaticKeySet{PublicKeys: []crypto.PublicKey{testKey().Public()}}, &oidc.Config{
		SkipClientIDCheck: true, SkipExpiryCheck: true, SkipIssuerCheck: true, SupportedSigningAlgs: algorithmNames,
	}).Verify(context.Background(), raw)
	return err
}

// unsigned does not even verify the signature.
func unsigned(raw string) error {
	_, err := oidc.NewVerifier(testIssuer, nil, &oidc.Config{
		SkipClientIDCheck: true, SkipExpiryCheck: true, SkipIssuerCheck: true, InsecureSkipSignatureCheck: true,
		SupportedSigningAlgs: append([]string{"HS256"}, algorithmNames...),
	}).Verify(context.Background(), raw)
	return err
}

// publicSecret takes the issuer's public key for a secret.
func publicSecret(raw string) error {
	jws, err := jose.ParseSigned(raw, []jose.SignatureAlgorithm{jose.HS256})
	if err == nil {
		_, err = jws.Verify(publicPEM())
	}
	return err
}

// ownKey believes the key that the token brings.
func ownKey(raw string) error {
	jws, err := jose.ParseSigned(raw, algorithms)
	if err == nil {
		_, err = jws.Verify(jws.Signatures[0].Header.JSONWebKey)
	}
	return err
}

// nobody accepts it: it cannot be read at all.
var nobody func(string) error

func publicPEM() []byte {
	der, err := x509.MarshalPKIXPublicKey(testKey().Public())
	if err != nil {
		panic(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

func certificate() string {
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, testKey().Public(), testKey())
	if err != nil {
		panic(err)
	}
	return base64.StdEncoding.EncodeToString(der)
}

func hs256(secret []byte) func(string) []byte {
	return func(input string) []byte {
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(input))
		return mac.Sum(nil)
	}
}

// strangersKey signs with a key that is not the issuer's.
var strangersKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func signStranger(input string) []byte {
	sum := sha256.Sum256([]byte(input))
	sig, err := rsa.SignPKCS1v15(rand.Reader, strangersKey(), crypto.SHA256, sum[:])
	if err != nil {
		panic(err)
	}
	return sig
}

func signPS256(input string) []byte {
	sum := sha256.Sum256([]byte(input))
	sig, err := rsa.SignPSS(rand.Reader, testKey(), crypto.SHA256, sum[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
	if err != nil {
		panic(err)
	}
	return sig
}

type bad struct {
	name    string
	accepts func(raw string) error // the careless verifier that takes it
	spoil   func(d *draft)
}

func head(name string, value any) func(*draft) {
	return func(d *draft) { d.header[name] = value }
}

func claim(name string, value any) func(*draft) {
	return func(d *draft) { d.claims[name] = value }
}

func without(name string) func(*draft) {
	return func(d *draft) { delete(d.claims, name) }
}

func also(text string) func(*draft) { return func(d *draft) { d.with(text) } }

func finish(f func(string) string) func(*draft) { return func(d *draft) { d.finish = f } }

func customer(change func(*draft)) func(*draft) {
	return func(d *draft) {
		d.claims["roles"], d.claims["customer_id"] = "customer", testCustomer
		change(d)
	}
}

func badTokens(now time.Time) []bad {
	at := func(d time.Duration) int64 { return now.Add(d).Unix() }
	none := func(d *draft) { d.sign = func(string) []byte { return nil } }
	return []bad{
		// Algorithms (RFC 8725, 2.1, 3.1, 3.2).
		{"alg none, no signature", unsigned, func(d *draft) { none(d); d.header["alg"] = "none" }},
		{"alg None, signed", nobody, head("alg", "None")},
		{"alg empty", nobody, head("alg", "")},
		{"no signature", unsigned, none},
		{"HS256 with the public key as secret", publicSecret, func(d *draft) { d.header["alg"] = "HS256"; d.sign = hs256(publicPEM()) }},
		{"RS256 header over an HMAC", unsigned, func(d *draft) { d.sign = hs256(publicPEM()) }},
		{"an algorithm that the key is not for", unchecked, func(d *draft) { d.header["alg"] = "PS256"; d.sign = signPS256 }},
		{"a stranger's key under our kid", unsigned, func(d *draft) { d.sign = signStranger }},

		// Headers that bring or point to keys, or change the reading (RFC 7515, 4.1).
		{"jwk that signed it", ownKey, func(d *draft) {
			d.header["jwk"], d.sign = jose.JSONWebKey{Key: strangersKey().Public(), Algorithm: "RS256"}, signStranger
		}},
		{"jwk of the issuer", unchecked, head("jwk", jose.JSONWebKey{Key: testKey().Public()})},
		{"jku", unchecked, head("jku", "https://issuer.example/jwks")},
		{"x5u", unchecked, head("x5u", "https://issuer.example/cert")},
		{"x5c", unchecked, head("x5c", []string{certificate()})},
		{"crit", unsigned, head("crit", []string{"exp"})},
		{"b64 false", unsigned, func(d *draft) { d.header["b64"], d.header["crit"] = false, []string{"b64"} }},
		{"zip", unchecked, head("zip", "DEF")},
		{"cty JWT", unchecked, head("cty", "JWT")},
		{"jku null", unchecked, head("jku", nil)},

		// The kind of token (RFC 8725, 3.11).
		{"no typ", unchecked, func(d *draft) { delete(d.header, "typ") }},
		{"a logout token", unchecked, head("typ", "logout+jwt")},
		{"a DPoP proof", unchecked, head("typ", "dpop+jwt")},
		{"typ twice", nobody, func(d *draft) { d.headerText = `{"alg":"RS256","kid":"k1","typ":"JWT","typ":"JWT"}` }},
		{"alg twice", nobody, func(d *draft) { d.headerText = `{"alg":"none","kid":"k1","typ":"JWT","alg":"RS256"}` }},

		// Key ids.
		{"unknown kid", unchecked, head("kid", "k2")},
		{"kid that climbs", unchecked, head("kid", "../../../../dev/null")},
		{"kid with SQL", unchecked, head("kid", "k1' OR '1'='1' --")},
		{"kid with NUL", unchecked, head("kid", "k1\x00")},
		{"kid in other case", unchecked, head("kid", "K1")},
		{"kid of 4 kB", unchecked, head("kid", strings.Repeat("k", 4<<10))},
		{"kid that is a URL", unchecked, head("kid", "http://127.0.0.1/key")},
		{"kid that is a number", nobody, head("kid", 1)},

		// Who issued it for whom.
		{"another issuer", unchecked, claim("iss", "https://evil.example")},
		{"issuer with a slash more", unchecked, claim("iss", testIssuer+"/")},
		{"no issuer", unchecked, without("iss")},
		{"issuer twice", unchecked, also(`"iss":"https://evil.example"`)},
		{"issuer twice, ours last", unchecked, func(d *draft) {
			d.claims["iss"] = "https://evil.example"
			d.with(`"iss":"` + testIssuer + `"`)
		}},
		{"another audience", unchecked, claim("aud", "orders")},
		{"audience that begins alike", unchecked, claim("aud", []string{"customers2", "customer"})},
		{"no audience", unchecked, without("aud")},
		{"audience under another case", unchecked, func(d *draft) { delete(d.claims, "aud"); d.claims["AUD"] = testAudience }},
		{"no subject", unchecked, without("sub")},
		{"subject of 256 bytes", unchecked, claim("sub", strings.Repeat("s", 256))},
		{"bound to a key", unchecked, claim("cnf", map[string]string{"jkt": "x"})},

		// Times.
		{"expired", unchecked, claim("exp", at(-time.Second))},
		{"expires now", unchecked, claim("exp", at(0))},
		{"no expiry", unchecked, without("exp")},
		{"expiry as text", nobody, claim("exp", "soon")},
		{"expiry twice", unchecked, also(`"exp":` + big.NewInt(at(2*time.Hour)).String())},
		{"expiry negative", unchecked, claim("exp", -1)},
		{"never expires", unchecked, claim("exp", 1e15)},
		{"not yet valid", unchecked, claim("nbf", at(31*time.Second))},
		{"issued in the future", unchecked, claim("iat", at(31*time.Second))},
		{"no issue time", unchecked, without("iat")},
		{"lives longer than a day", unchecked, claim("exp", at(MaxLife+time.Second))},

		// The caller.
		{"no role", unchecked, without("roles")},
		{"empty roles", unchecked, claim("roles", []string{})},
		{"two roles", unchecked, claim("roles", []string{"support", "admin"})},
		{"the same role twice", unchecked, claim("roles", []string{"admin", "admin"})},
		{"unknown role", unchecked, claim("roles", "root")},
		{"role in other case", unchecked, claim("roles", "Admin")},
		{"roles as a number", unchecked, claim("roles", 5)},
		{"roles twice", unchecked, also(`"roles":["admin"]`)},
		{"roles nested twice", unchecked, also(`"realm":{"roles":["support"],"roles":["admin"]}`)},
		{"scope as a list", unchecked, claim("scope", []string{"customers:read"})},
		{"customer without any id", unchecked, customer(func(d *draft) { delete(d.claims, "customer_id"); delete(d.claims, "sub") })},
		{"customer with an empty id", unchecked, customer(claim("customer_id", ""))},
		{"customer with the zero id", unchecked, customer(claim("customer_id", "00000000-0000-0000-0000-000000000000"))},
		{"customer id in upper case", unchecked, customer(claim("customer_id", strings.ToUpper(testCustomer)))},
		{"customer id as a URN", unchecked, customer(claim("customer_id", "urn:uuid:"+testCustomer))},
		{"customer id that is no id", unchecked, customer(claim("customer_id", "C-00000001"))},
		{"two customer ids", unchecked, customer(claim("customer_id", []string{testCustomer, testCustomer}))},

		// Form.
		{"empty", nobody, finish(func(string) string { return "" })},
		{"dots", nobody, finish(func(string) string { return ".." })},
		{"cut in the claims", nobody, finish(func(raw string) string { return raw[:strings.LastIndexByte(raw, '.')-9] })},
		{"cut in the signature", unsigned, finish(func(raw string) string { return raw[:len(raw)-8] })},
		{"a changed claim", unsigned, finish(func(raw string) string {
			parts := strings.Split(raw, ".")
			text, _ := base64.RawURLEncoding.DecodeString(parts[1])
			parts[1] = base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(text), "support", "service", 1)))
			return strings.Join(parts, ".")
		})},
		{"a part more", nobody, finish(func(raw string) string { return raw + ".e30" })},
		{"Bearer left on", nobody, finish(func(raw string) string { return "Bearer " + raw })},
		{"a space before", unchecked, finish(func(raw string) string { return " " + raw })},
		{"a line break after", unchecked, finish(func(raw string) string { return raw + "\n" })},
		{"a line break inside", unchecked, finish(func(raw string) string { return raw[:40] + "\r\n" + raw[40:] })},
		{"padding", nobody, finish(func(raw string) string { return raw + "==" })},
		{"spare bits set", unchecked, finish(func(raw string) string { // 256 bytes leave 4 spare bits in the last character
			const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
			last := strings.IndexByte(alphabet, raw[len(raw)-1])
			return raw[:len(raw)-1] + string(alphabet[last|1])
		})},
		{"JSON serialization", unchecked, finish(func(raw string) string {
			parts := strings.Split(raw, ".")
			return `{"protected":"` + parts[0] + `","payload":"` + parts[1] + `","signature":"` + parts[2] + `"}`
		})},
		{"oversize", unchecked, claim("pad", strings.Repeat("x", maxToken))},
		{"claims that are a list", nobody, func(d *draft) { d.claimsText = `[]` }},
		{"claims that are null", unchecked, func(d *draft) { d.claimsText = `null` }},
		{"claims in broken UTF-8", unchecked, also("\"name\":\"\xff\"")},
	}
}

func TestBadTokensAreRefused(t *testing.T) {
	c := newClock()
	v := newTestVerifier(t, c)
	for _, b := range badTokens(c.Now()) {
		t.Run(b.name, func(t *testing.T) {
			d := sound(c.Now())
			b.spoil(d)
			raw := d.raw()
			for range 2 { // the second time a cache could answer
				_, err := v.Verify(t.Context(), raw)
				if !errors.Is(err, fault.ErrUnauthenticated) {
					t.Fatalf("not refused: %v", err)
				}
				if strings.Contains(err.Error(), "s-1") || strings.Contains(err.Error(), "evil") || strings.Contains(err.Error(), "k1") {
					t.Errorf("the error quotes the token: %v", err)
				}
			}
			// Control: a verifier without the check accepts this very token.
			if b.accepts != nil {
				if err := b.accepts(raw); err != nil {
					t.Errorf("control: the careless verifier refuses it too: %v", err)
				}
			}
		})
	}
}

func TestNoSymmetricAlgorithmIsAccepted(t *testing.T) {
	// Behind the list the type of the key would refuse them too; the list is
	// what says so.
	for _, alg := range algorithmNames {
		if strings.HasPrefix(alg, "HS") || strings.EqualFold(alg, "none") {
			t.Errorf("%s is accepted", alg)
		}
	}
}

func TestGoodTokensPass(t *testing.T) {
	c := newClock()
	v := newTestVerifier(t, c)
	at := func(d time.Duration) int64 { return c.Now().Add(d).Unix() }
	good := map[string]func(*draft){
		"as it is":                   func(*draft) {},
		"typ JWT":                    head("typ", "JWT"),
		"typ as media type":          head("typ", "application/AT+jwt"),
		"no kid with a single key":   func(d *draft) { delete(d.header, "kid") },
		"thumbprint of the key":      head("x5t#S256", "abc"),
		"one audience":               claim("aud", testAudience),
		"not before, in the leeway":  claim("nbf", at(30*time.Second)),
		"no not before":              without("nbf"),
		"issued in the leeway":       claim("iat", at(30*time.Second)),
		"expires in a second":        claim("exp", at(time.Second)),
		"fractions of a second":      claim("exp", float64(at(time.Second))+0.5),
		"lives a day":                claim("exp", at(MaxLife)),
		"no token id":                without("jti"),
		"no scope":                   without("scope"),
		"subject of 255 bytes":       claim("sub", strings.Repeat("s", 255)),
		"role as text":               claim("roles", "support"),
		"customer id of another":     claim("customer_id", 7), // means nothing for support
		"unknown claims, a few deep": claim("x", map[string]any{"y": map[string]any{"z": []int{1}}}),
	}
	for name, change := range good {
		d := sound(c.Now())
		change(d)
		p, err := v.Verify(t.Context(), d.raw())
		if err != nil || p.Role != RoleSupport || p.Customer.String() != "00000000-0000-0000-0000-000000000000" {
			t.Errorf("%s: %v %v", name, p, err)
		}
	}
}

func TestThePrincipalIsWhatTheTokenSays(t *testing.T) {
	c := newClock()
	v := newTestVerifier(t, c)
	d := sound(c.Now())
	d.claims["roles"], d.claims["customer_id"] = []string{"customer"}, testCustomer
	p, err := v.Verify(t.Context(), d.raw())
	if err != nil {
		t.Fatal(err)
	}
	if p.Subject != "s-1" || p.UserID != "s-1" || p.Role != RoleCustomer || p.Customer.String() != testCustomer ||
		p.TokenID != "t-1" || !p.Expires.Equal(c.Now().Add(time.Hour)) || !p.Has(ScopeRead) || !p.Has("orders") || p.Has("admin") {
		t.Error("a claim went missing")
	}

	delete(d.claims, "customer_id")
	if p, err = v.Verify(t.Context(), d.raw()); err != nil || p.UserID != "s-1" || p.Customer != [16]byte{} {
		t.Errorf("a customer known by its userId alone: %v", err)
	}
}

func TestClaimsMayHaveOtherNames(t *testing.T) {
	c := newClock()
	v, err := NewVerifier(t.Context(), Config{Issuer: testIssuer, Audience: testAudience, Keys: testKeys(), Clock: c.Now,
		RolesClaim: "/realm_access/roles", CustomerClaim: "https://acme.example/customer"})
	if err != nil {
		t.Fatal(err)
	}
	d := sound(c.Now())
	d.claims["roles"] = "admin" // not where this issuer's roles are
	d.claims["realm_access"] = map[string]any{"roles": []string{"customer"}}
	d.claims["https://acme.example/customer"] = testCustomer
	p, err := v.Verify(t.Context(), d.raw())
	if err != nil || p.Role != RoleCustomer || p.Customer.String() != testCustomer {
		t.Errorf("%v %v", p, err)
	}
	for _, realm := range []any{nil, "customer", []string{"customer"}, map[string]any{"Roles": "customer"}} {
		d := sound(c.Now())
		d.claims["realm_access"] = realm
		if _, err := v.Verify(t.Context(), d.raw()); !errors.Is(err, fault.ErrUnauthenticated) {
			t.Errorf("%v: %v", realm, err)
		}
	}
}

func TestWithSeveralKeysATokenMustNameOne(t *testing.T) {
	c := newClock()
	keys := append(testKeys(), jose.JSONWebKey{Key: strangersKey().Public(), KeyID: "k2"})
	v, err := NewVerifier(t.Context(), Config{Issuer: testIssuer, Audience: testAudience, Keys: keys, Clock: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	d := sound(c.Now())
	if _, err := v.Verify(t.Context(), d.raw()); err != nil {
		t.Errorf("named: %v", err)
	}
	d.header = maps.Clone(d.header)
	delete(d.header, "kid")
	if _, err := v.Verify(t.Context(), d.raw()); !errors.Is(err, fault.ErrUnauthenticated) {
		t.Errorf("not named: %v", err)
	}
}
