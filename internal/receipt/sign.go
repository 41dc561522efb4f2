package receipt

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	jsonv2 "github.com/go-json-experiment/json"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/acme/customers/internal/consent"
)

// Signer signs receipts with Ed25519.
type Signer struct {
	key  jose.JSONWebKey
	sign jose.Signer
}

// NewSigner makes the key of a secret of 32 bytes.
func NewSigner(secret []byte) (*Signer, error) {
	if len(secret) != ed25519.SeedSize {
		return nil, errors.New("receipt: a secret has 32 bytes")
	}
	private := ed25519.NewKeyFromSeed(secret)
	public := jose.JSONWebKey{Key: private.Public(), Algorithm: string(jose.EdDSA), Use: "sig"}
	sum, err := public.Thumbprint(hash)
	if err != nil {
		return nil, err
	}
	public.KeyID = base64.RawURLEncoding.EncodeToString(sum)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.EdDSA, Key: jose.JSONWebKey{Key: private, KeyID: public.KeyID}}, (&jose.SignerOptions{}).WithType(Type))
	return &Signer{public, signer}, err
}

// Keys is the JWK set (RFC 7517) that receipts are checked with.
func (s *Signer) Keys() jose.JSONWebKeySet {
	return jose.JSONWebKeySet{Keys: []jose.JSONWebKey{s.key}}
}

// Sign gives a compact JWS (RFC 7515).
func (s *Signer) Sign(r *Receipt) (string, error) {
	raw, err := json.Marshal(r)
	if err != nil {
		return "", err
	}
	signed, err := s.sign.Sign(raw)
	if err != nil {
		return "", err
	}
	return signed.CompactSerialize()
}

// ErrForged says that something is no receipt of ours. What follows it says why,
// and repeats nothing of the receipt.
var ErrForged = errors.New("this is no genuine receipt")

func forged(why string) error { return fmt.Errorf("%w: %s", ErrForged, why) }

// Verify checks a compact JWS against a set of keys, without asking anybody. now
// bounds when it can have been issued.
func Verify(compact string, keys jose.JSONWebKeySet, now time.Time) (*Receipt, error) {
	payload, err := opened(compact, keys)
	if err != nil {
		return nil, err
	}
	r := new(Receipt)
	if err := jsonv2.Unmarshal(payload, r, jsonv2.RejectUnknownMembers(true)); err != nil { // members twice and bad UTF-8, too
		return nil, forged("its content is no receipt")
	}
	if err := conforms(payload); err != nil {
		return nil, forged("its content does not conform to the schema")
	}
	return r, r.plausible(now)
}

// opened gives the payload of a genuine signature. What a header could talk us
// into is refused: another algorithm, a key that it brings along, an extension.
func opened(compact string, keys jose.JSONWebKeySet) ([]byte, error) {
	for part := range strings.SplitSeq(compact, ".") {
		if _, err := base64.RawURLEncoding.Strict().DecodeString(part); err != nil {
			return nil, forged("it is no compact JWS")
		}
	}
	signed, err := jose.ParseSignedCompact(compact, []jose.SignatureAlgorithm{jose.EdDSA})
	if err != nil {
		return nil, forged("it is no compact JWS of EdDSA")
	}
	var header map[string]string
	first, _, _ := strings.Cut(compact, ".")
	raw, _ := base64.RawURLEncoding.DecodeString(first)
	if err := jsonv2.Unmarshal(raw, &header); err != nil {
		return nil, forged("its header has more than words")
	}
	for name := range header {
		if !slices.Contains([]string{"alg", "kid", "typ"}, name) {
			return nil, forged("its header has more than alg, kid and typ")
		}
	}
	known := keys.Key(header["kid"])
	switch {
	case header["typ"] != Type:
		return nil, forged("it is signed for something else")
	case len(known) != 1:
		return nil, forged("its key is not among those given")
	}
	if _, ok := known[0].Key.(ed25519.PublicKey); !ok {
		return nil, forged("its key is no Ed25519 key")
	}
	payload, err := signed.Verify(known[0])
	if err != nil {
		return nil, forged("the signature does not fit")
	}
	return payload, nil
}

// plausible checks what a schema cannot say.
func (r *Receipt) plausible(now time.Time) error {
	if r.IssuedAt.After(now.Add(clockSkew)) {
		return forged("it was issued in the future")
	}
	p := r.Processing[0]
	if r.RecordID != recordID(r.PrincipalID, p.Purpose) {
		return forged("the record is of somebody or something else")
	}
	last := time.Time{}
	for _, e := range r.Events {
		known := slices.ContainsFunc(p.Notices, func(n Notice) bool { return n.Version == e.NoticeVersion })
		switch {
		case e.Time.Before(last) || e.Time.After(r.IssuedAt):
			return forged("its events are not in the order of time")
		case !e.ValidUntil.IsZero() && !e.ValidUntil.After(e.Time):
			return forged("a consent ended before it began")
		case e.NoticeVersion != "" && !known:
			return forged("a notice is named and not there")
		}
		last = e.Time
	}
	if r.Status != r.standing() {
		return forged("its status is not what its events say")
	}
	return nil
}

// standing is what the events say at the time of issue.
func (r *Receipt) standing() string {
	var e Event
	for _, next := range r.Events {
		asked := e.State == "" || e.State == string(consent.Pending)
		if next.State != string(consent.Expired) && (asked || next.State != string(consent.Pending)) { // to be asked again takes nothing away
			e = next
		}
	}
	if e.State == string(consent.Granted) && !e.ValidUntil.IsZero() && !e.ValidUntil.After(r.IssuedAt) {
		return string(consent.Expired)
	}
	return e.State
}

const clockSkew = 5 * time.Minute

func conforms(payload []byte) error {
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(payload)))
	if err != nil {
		return err
	}
	return schema().Validate(doc)
}
