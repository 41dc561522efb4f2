package authz

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/uuid"
)

const (
	devIssuer   = "urn:acme:customers:development"
	devAudience = "customers"
	devKeyFile  = "development-issuer.key"
	devLife     = 12 * time.Hour
)

// DevIssuer signs tokens with a key in the data folder, so that the service can
// be tried without an identity provider. Its tokens go through the same checks
// as any other.
//
// Whoever reads the key file is every role at once. The service therefore must
// not be reachable from elsewhere with it: `customers serve` refuses a
// non-loopback --http unless a real issuer is configured, and `customers token`
// refuses to sign when one is.
type DevIssuer struct {
	key   ed25519.PrivateKey
	kid   string
	clock func() time.Time
}

// OpenDevIssuer reads the key in the folder, or makes one. It refuses a key that
// other users of the machine can read.
func OpenDevIssuer(dir string) (*DevIssuer, error) {
	path := filepath.Join(dir, devKeyFile)
	key, err := readKey(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err = makeKey(path); err == nil {
			key, err = readKey(path)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("authz: development key: %w", err)
	}
	sum := sha256.Sum256(key.Public().(ed25519.PublicKey))
	return &DevIssuer{key: key, kid: base64.RawURLEncoding.EncodeToString(sum[:12]), clock: time.Now}, nil
}

func readKey(path string) (ed25519.PrivateKey, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Mode().Perm()&0o077 != 0 {
		return nil, errors.New("not a file of mode 0600")
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("not PEM")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("not PKCS #8")
	}
	key, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return nil, errors.New("not an Ed25519 key")
	}
	return key, nil
}

// makeKey writes the key to a file of its own and links it into place: a link
// never replaces a file, so of two that start at once one wins, and neither can
// read half a key.
func makeKey(path string) error {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	draft := path + "." + rand.Text()
	file, err := os.OpenFile(draft, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer os.Remove(draft)
	err = pem.Encode(file, &pem.Block{Type: "PRIVATE KEY", Bytes: der})
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := os.Link(draft, path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// Config is what a Verifier needs to accept the tokens of this issuer.
func (d *DevIssuer) Config() Config {
	return Config{Issuer: devIssuer, Audience: devAudience, Keys: []jose.JSONWebKey{{
		Key: d.key.Public(), KeyID: d.kid, Algorithm: string(jose.EdDSA), Use: "sig",
	}}}
}

// TokenOptions say more about the caller of a development token.
type TokenOptions struct {
	Customer uuid.UUID     // for a customer: its id
	UserID   string        // for a customer: its userId; it or Customer is required
	Scopes   []string      // must be among Scopes()
	Life     time.Duration // 12 h if zero; at most MaxLife
}

// Token signs a token for the role.
func (d *DevIssuer) Token(role Role, o TokenOptions) (string, error) {
	if o.Life == 0 {
		o.Life = devLife
	}
	if err := o.check(role); err != nil {
		return "", fmt.Errorf("authz: development token: %w", err)
	}
	signer, err := jose.NewSigner(
		jose.SigningKey{Algorithm: jose.EdDSA, Key: jose.JSONWebKey{Key: d.key, KeyID: d.kid}},
		(&jose.SignerOptions{}).WithType("at+jwt"))
	if err != nil {
		return "", fmt.Errorf("authz: development token: %w", err)
	}
	now := d.clock()
	claims := map[string]any{
		"iss": devIssuer, "aud": devAudience, "sub": "development:" + string(role),
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(o.Life).Unix(),
		"jti": rand.Text(), "roles": []Role{role}, "scope": strings.Join(o.Scopes, " "),
	}
	if role == RoleCustomer {
		claims["sub"] = orDefault(o.UserID, "development:"+o.Customer.String())
		if o.Customer != uuid.Nil {
			claims["customer_id"] = o.Customer.String()
		}
	}
	return jwt.Signed(signer).Claims(claims).Serialize()
}

func (o TokenOptions) check(role Role) error {
	switch named := o.Customer != uuid.Nil || o.UserID != ""; {
	case !slices.Contains(roles, role):
		return errors.New("unknown role")
	case role == RoleCustomer && !named:
		return errors.New("a customer needs a customer id or a userId")
	case role != RoleCustomer && named:
		return errors.New("only a customer has a customer id or a userId")
	case o.Life < time.Second || o.Life > MaxLife:
		return errors.New("a token lives from one second to 24 hours")
	}
	for _, scope := range o.Scopes {
		if !slices.Contains(scopes, scope) {
			return errors.New("unknown scope; known are " + strings.Join(scopes, ", "))
		}
	}
	return nil
}
