package receipt

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/consent"
)

var (
	purpose = &consent.Purpose{Name: "marketing", Basis: consent.ByConsent, Retention: "until withdrawn", Recipients: []string{"newsletter service"},
		Notices: []consent.Notice{{Version: "2026-01", Language: "en", Hash: strings.Repeat("0f", 32)}}}
	acted = time.Date(2026, 5, 4, 3, 2, 1, 123_000, time.UTC)
	state = &consent.State{Acts: map[string][]consent.Act{"marketing": {
		{Kind: consent.Pending, At: acted, Notice: "2026-01", Source: "web", Version: 1},
		{Kind: consent.Granted, At: acted, Notice: "2026-01", Method: "checkbox", Surface: "checkout", Source: "web", Actor: "customer", ExpiresAt: acted.AddDate(1, 0, 0), Version: 2},
	}}}
	issued = acted.AddDate(0, 1, 0)
	who    = uuid.MustParse("0191d2a8-0000-7000-8000-000000000001")
)

func signer(t testing.TB, secret byte) *Signer {
	t.Helper()
	s, err := NewSigner(bytes.Repeat([]byte{secret}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAReceiptIsCheckedWithoutUs(t *testing.T) {
	s := signer(t, 1)
	for _, at := range []time.Time{issued, acted, acted.AddDate(2, 0, 0)} {
		want := New("https://customers.example", who, purpose, state, at)
		compact, err := s.Sign(want)
		if err != nil {
			t.Fatal(err)
		}
		public, err := json.Marshal(s.Keys()) // as it is published
		if err != nil || bytes.Contains(public, []byte(`"d"`)) {
			t.Fatalf("%v %s", err, public)
		}
		var keys jose.JSONWebKeySet
		if err := json.Unmarshal(public, &keys); err != nil {
			t.Fatal(err)
		}
		got, err := Verify(compact, keys, at)
		if err != nil || got.Status != want.Status || len(got.Events) != 2 || got.Events[1].Method != "checkbox" || got.PrincipalID != who {
			t.Errorf("%v: %+v", err, got)
		}
	}
	again := &consent.State{Acts: map[string][]consent.Act{"marketing": append(state.Acts["marketing"][:2:2], consent.Act{Kind: consent.Pending, At: acted.Add(time.Hour), Notice: "2026-01", Version: 3})}}
	compact, err := s.Sign(New("x", who, purpose, again, issued)) // asked again: takes nothing away
	if got, bad := Verify(compact, s.Keys(), issued); err != nil || bad != nil || got.Status != "granted" {
		t.Errorf("%v %v: %+v", err, bad, got)
	}
	if r := New("x", who, purpose, state, acted.AddDate(2, 0, 0)); r.Status != "expired" {
		t.Errorf("after its end a consent is %s", r.Status)
	}
}

// forgery is a receipt with something wrong, and what it is made of.
type forgery struct {
	header  map[string]any
	payload []byte
	secret  byte
	raw     string // instead
}

// compact signs by hand: no library would sign some of them.
func (f *forgery) compact(t *testing.T) string {
	t.Helper()
	if f.raw != "" {
		return f.raw
	}
	head, err := json.Marshal(f.header)
	if err != nil {
		t.Fatal(err)
	}
	signing := base64.RawURLEncoding.EncodeToString(head) + "." + base64.RawURLEncoding.EncodeToString(f.payload)
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{f.secret}, 32))
	return signing + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(key, []byte(signing)))
}

func TestForgeriesAreRefused(t *testing.T) {
	ours, strangers := signer(t, 1), signer(t, 2)
	genuine, err := ours.Sign(New("https://customers.example", who, purpose, state, issued))
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(genuine, ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	header := map[string]any{"alg": "EdDSA", "kid": ours.key.KeyID, "typ": Type}
	with := func(name string, value any) map[string]any {
		h := maps.Clone(header)
		if h[name] = value; value == nil {
			delete(h, name)
		}
		return h
	}
	says := func(old, new string) []byte {
		out := bytes.Replace(payload, []byte(old), []byte(new), 1)
		if bytes.Equal(out, payload) {
			t.Fatalf("nothing says %s", old)
		}
		return out
	}
	b64 := base64.RawURLEncoding.EncodeToString
	cases := map[string]forgery{
		// the signature
		"changed after it was signed":       {raw: parts[0] + "." + b64(says(`"granted"`, `"revoked"`)) + "." + parts[2]},
		"of somebody else, under our key":   {header: header, payload: payload, secret: 2},
		"of somebody else, under their key": {header: with("kid", strangers.key.KeyID), payload: payload, secret: 2},
		"without a signature":               {raw: parts[0] + "." + parts[1] + "."},
		"a signature cut short":             {raw: parts[0] + "." + parts[1] + "." + parts[2][:40]},
		"the signature written otherwise":   {raw: genuine[:len(genuine)-1] + string(sibling(genuine[len(genuine)-1]))},
		"two signatures":                    {raw: genuine + "." + parts[2]},
		// the header
		"alg none":                 {raw: b64([]byte(`{"alg":"none","typ":"consent-receipt+jws"}`)) + "." + parts[1] + "."},
		"HMAC with our public key": {header: with("alg", "HS256"), payload: payload, secret: 1},
		"another type of token":    {header: with("typ", "JWT"), payload: payload, secret: 1},
		"without a type":           {header: with("typ", nil), payload: payload, secret: 1},
		"without a key's name":     {header: with("kid", nil), payload: payload, secret: 1},
		"a key that it brings":     {header: with("jwk", strangers.key), payload: payload, secret: 2},
		"a key behind a URL":       {header: with("jku", "https://example.test/keys"), payload: payload, secret: 1},
		"a critical extension":     {header: with("crit", []string{"b64"}), payload: payload, secret: 1},
		"an unencoded payload":     {header: with("b64", "false"), payload: payload, secret: 1},
		// what is said, under our own key
		"of another kind":                  {header: header, payload: []byte(`{"sub":"x"}`), secret: 1},
		"no JSON":                          {header: header, payload: []byte(`receipt`), secret: 1},
		"a member twice":                   {header: header, payload: says(`"consentStatus":"granted"`, `"consentStatus":"granted","consentStatus":"granted"`), secret: 1},
		"a member more":                    {header: header, payload: says(`"issuer"`, `"note":"x","issuer"`), secret: 1},
		"a member less":                    {header: header, payload: says(`"issuer":"https://customers.example",`, ``), secret: 1},
		"a state that there is not":        {header: header, payload: says(`"eventState":"granted"`, `"eventState":"maybe"`), secret: 1},
		"about somebody else":              {header: header, payload: says(`"piiPrincipalId":"0191`, `"piiPrincipalId":"0192`), secret: 1},
		"for something else":               {header: header, payload: says(`"purpose":"marketing"`, `"purpose":"profiling"`), secret: 1},
		"a status that nothing bears out":  {header: header, payload: says(`"consentStatus":"granted"`, `"consentStatus":"revoked"`), secret: 1},
		"from the future":                  {header: header, payload: says(`"issuedAt":"2026`, `"issuedAt":"2027`), secret: 1},
		"acts after it was issued":         {header: header, payload: says(`"issuedAt":"2026`, `"issuedAt":"2025`), secret: 1},
		"an end before the beginning":      {header: header, payload: says(`"validUntil":"2027`, `"validUntil":"2020`), secret: 1},
		"under a notice that is not named": {header: header, payload: says(`"noticeVersion":"2026-01"`, `"noticeVersion":"2025-01"`), secret: 1},
		"by local time":                    {header: header, payload: says(`Z","issuer"`, `+00:00","issuer"`), secret: 1},
		"no text":                          {raw: "x"},
	}
	for name, f := range cases {
		if r, err := Verify(f.compact(t), ours.Keys(), issued); !errors.Is(err, ErrForged) {
			t.Errorf("%s: %v %+v", name, err, r)
		} else {
			t.Logf("%s: %s", name, err)
		}
	}
	// The control: by hand, nothing wrong.
	if _, err := Verify((&forgery{header: header, payload: payload, secret: 1}).compact(t), ours.Keys(), issued); err != nil {
		t.Errorf("a genuine one is refused: %s", err)
	}
	if len(cases) < 20 {
		t.Errorf("only %d forgeries", len(cases))
	}
}

// sibling is another last character that decodes to the same bytes, where
// padding bits are not looked at.
func sibling(c byte) byte {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return alphabet[strings.IndexByte(alphabet, c)^1]
}
