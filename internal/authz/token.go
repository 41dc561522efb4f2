package authz

import (
	"encoding/base64"
	"slices"
	"strings"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// maxToken bounds what is hashed, parsed and verified for a stranger, in bytes.
// Real access tokens have one or two kilobytes.
const maxToken = 8 << 10

// The accepted algorithms are all asymmetric. With a symmetric one among them,
// the issuer's public key could be used as the secret (RFC 8725, 2.1).
var algorithms = []jose.SignatureAlgorithm{
	jose.EdDSA, jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512,
	jose.ES256, jose.ES384, jose.ES512,
}

var algorithmNames = func() []string { // for go-oidc
	var names []string
	for _, alg := range algorithms {
		names = append(names, string(alg))
	}
	return names
}()

// refusal is why a token was refused, for the log. It never holds any part of
// the token.
type refusal string

func (r refusal) Error() string { return "authz: token refused: " + string(r) }

// header is what we read of a token before its signature is checked: enough to
// find the key, and to refuse what no token for us has.
type header struct {
	Alg string `json:"alg"`
	Typ string `json:"typ"`
	Kid string `json:"kid"`
}

// Header parameters that bring a key along, point to one, or change how the
// token is to be read (RFC 7515, 4.1; RFC 7516; RFC 7797). Honouring one of the
// first kind would let a token vouch for itself (RFC 8725, 2.7 and 3.10); none
// of them is in an honest token for us.
var refusedHeaders = []string{"jku", "jwk", "x5u", "x5c", "crit", "b64", "zip", "enc", "cty"}

// readHeader accepts the compact serialization alone: three parts, base64url
// without padding, white space or spare bits. Member names are case-sensitive
// and not repeated, so that no two parsers can read two different tokens.
func readHeader(raw string) (header, error) {
	if len(raw) > maxToken {
		return header{}, refusal("too long")
	}
	if strings.Count(raw, ".") != 2 || strings.ContainsAny(raw, "\r\n") {
		return header{}, refusal("not a compact JWS")
	}
	for part := range strings.SplitSeq(raw, ".") {
		if _, err := base64.RawURLEncoding.Strict().DecodeString(part); err != nil {
			return header{}, refusal("not base64url")
		}
	}
	first, _, _ := strings.Cut(raw, ".")
	text, err := base64.RawURLEncoding.Strict().DecodeString(first)
	if err != nil {
		return header{}, refusal("not base64url")
	}
	var all map[string]jsontext.Value
	var h header
	if json.Unmarshal(text, &all) != nil || json.Unmarshal(text, &h) != nil {
		return header{}, refusal("header unreadable")
	}
	for _, name := range refusedHeaders {
		if _, there := all[name]; there {
			return header{}, refusal("header " + name)
		}
	}
	return h, h.check()
}

func (h header) check() error {
	// Media types ignore case, and "application/" is left out (RFC 7515, 4.1.9).
	switch strings.TrimPrefix(strings.ToLower(h.Typ), "application/") {
	case "at+jwt", "jwt": // RFC 9068; the plain type for issuers older than that
	default:
		return refusal("typ")
	}
	if !slices.Contains(algorithmNames, h.Alg) {
		return refusal("alg")
	}
	return nil
}
