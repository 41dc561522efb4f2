package authz

import (
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"
)

const (
	// Leeway for clocks that differ, on "not before" and "issued at" alone: an
	// expired token has expired.
	leeway = 30 * time.Second
	// MaxLife is the longest time from "issued at" to "expires" that a token may
	// have. It bounds how long a revocation must be remembered.
	MaxLife = 24 * time.Hour

	maxSubject = 255 // OpenID Connect Core, 2
	maxScopes  = 64
)

// claims are the registered claims that we use. The claims for the role and the
// customer have configurable names and are read from all.
type claims struct {
	Issuer    string         `json:"iss"`
	Subject   string         `json:"sub"`
	Audience  audience       `json:"aud"`
	Expires   float64        `json:"exp"` // seconds since 1970, RFC 7519, 2
	NotBefore float64        `json:"nbf"`
	Issued    float64        `json:"iat"`
	TokenID   string         `json:"jti"`
	Scope     string         `json:"scope"` // separated by spaces, RFC 8693, 4.2
	Confirms  jsontext.Value `json:"cnf"`

	all map[string]jsontext.Value
}

// audience is one string or several (RFC 7519, 4.1.3).
type audience []string

// UnmarshalJSON accepts both forms.
func (a *audience) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*a = audience{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(a))
}

func readClaims(text []byte) (claims, error) {
	var c claims
	if json.Unmarshal(text, &c) != nil || json.Unmarshal(text, &c.all) != nil {
		return claims{}, refusal("claims unreadable")
	}
	return c, nil
}

// check judges the registered claims against what this service is.
func (c *claims) check(issuer, aud string, now time.Time) error {
	expires, issued := seconds(c.Expires), seconds(c.Issued)
	switch {
	case c.Issuer != issuer:
		return refusal("iss")
	case !slices.Contains(c.Audience, aud):
		return refusal("aud")
	case c.Subject == "" || len(c.Subject) > maxSubject:
		return refusal("sub")
	case c.Expires <= 0 || !now.Before(expires):
		return refusal("exp")
	case now.Add(leeway).Before(seconds(c.NotBefore)):
		return refusal("nbf")
	case c.Issued <= 0 || now.Add(leeway).Before(issued):
		return refusal("iat")
	case expires.Sub(issued) > MaxLife:
		return refusal("lives too long")
	case c.Confirms != nil:
		// Bound to a key or certificate whose proof we do not check (RFC 7800).
		return refusal("cnf")
	}
	return nil
}

// seconds is the instant of a NumericDate. Out of the years that matter it is
// cut off, so that no conversion overflows.
func seconds(n float64) time.Time {
	const farAway = 1 << 40
	return time.UnixMicro(int64(min(max(n, 0), farAway) * 1e6)).UTC()
}

// lookup finds a claim: by name, or by JSON pointer (RFC 6901) if it starts
// with a slash, for issuers that nest roles: "/realm_access/roles".
func (c *claims) lookup(name string) jsontext.Value {
	if !strings.HasPrefix(name, "/") {
		return c.all[name]
	}
	at := c.all
	tokens := slices.Collect(jsontext.Pointer(name).Tokens())
	for i, token := range tokens {
		value, ok := at[token]
		if !ok || i == len(tokens)-1 {
			return value
		}
		at = nil
		if json.Unmarshal(value, &at) != nil {
			return nil
		}
	}
	return nil
}

// role is the one role of ours in the claim, a string or a list of strings.
// Issuers put roles for other services there too; those are not ours to judge.
// None or two of ours is a mistake, and guessing which was meant is not safe.
func (c *claims) role(claim string) (Role, error) {
	var names audience // the same two forms
	if value := c.lookup(claim); value == nil || json.Unmarshal(value, &names) != nil {
		return "", refusal("no role")
	}
	var found []Role
	for _, name := range names {
		if slices.Contains(roles, Role(name)) {
			found = append(found, Role(name))
		}
	}
	if len(found) != 1 {
		return "", refusal("not exactly one known role")
	}
	return found[0], nil
}

// principal is the caller that checked claims describe.
func (c *claims) principal(rolesClaim, customerClaim string) (Principal, error) {
	role, err := c.role(rolesClaim)
	if err != nil {
		return Principal{}, err
	}
	p := Principal{Subject: c.Subject, Role: role, TokenID: c.TokenID,
		Scopes: strings.Fields(c.Scope), Expires: seconds(c.Expires)}
	if len(p.Scopes) > maxScopes {
		return Principal{}, refusal("too many scopes")
	}
	if role != RoleCustomer {
		return p, nil
	}
	p.UserID = c.Subject
	if value := c.lookup(customerClaim); value != nil {
		if p.Customer, err = customerID(value); err != nil {
			return Principal{}, err
		}
	}
	return p, nil
}

// customerID accepts the one canonical form of an id that is not zero.
func customerID(value jsontext.Value) (uuid.UUID, error) {
	var text string
	if json.Unmarshal(value, &text) != nil {
		return uuid.Nil, refusal("customer id")
	}
	id, err := uuid.Parse(text)
	if err != nil || id == uuid.Nil || id.String() != text {
		return uuid.Nil, refusal("customer id")
	}
	return id, nil
}
