package authz

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"

	"github.com/coreos/go-oidc/v3/oidc"
	jose "github.com/go-jose/go-jose/v4"
)

const (
	maxAnswer = 1 << 20 // bytes of a document of the issuer
	maxKeys   = 64
)

// discovery fetches an issuer's keys: by OpenID Connect Discovery to the
// document that names them, then from there. The first is not repeated while
// the second succeeds. Not safe for concurrent use; keySet sees to that.
type discovery struct {
	issuer string
	client *http.Client
	jwks   string // where the keys are; empty until discovered
}

// newDiscovery refuses an issuer that is not https, loopback excepted: who can
// change the keys on their way can be anybody.
func newDiscovery(issuer string, client *http.Client) (*discovery, error) {
	if err := trustworthy(issuer, true); err != nil {
		return nil, fmt.Errorf("authz: issuer: %w", err)
	}
	if client == nil {
		client = http.DefaultClient
	}
	own := *client
	own.Transport = guard{own.Transport}
	return &discovery{issuer: issuer, client: &own}, nil
}

func (d *discovery) fetch(ctx context.Context) ([]jose.JSONWebKey, error) {
	if d.jwks == "" {
		if err := d.discover(ctx); err != nil {
			return nil, err
		}
	}
	keys, err := d.keys(ctx)
	if err != nil {
		d.jwks = "" // it may have moved
	}
	return keys, err
}

func (d *discovery) discover(ctx context.Context) error {
	provider, err := oidc.NewProvider(oidc.ClientContext(ctx, d.client), d.issuer)
	if err != nil {
		return fmt.Errorf("authz: discovery: %w", err)
	}
	var document struct {
		JWKS string `json:"jwks_uri"`
	}
	if err := provider.Claims(&document); err != nil {
		return fmt.Errorf("authz: discovery: %w", err)
	}
	if err := trustworthy(document.JWKS, trustworthy(d.issuer, false) != nil); err != nil {
		return fmt.Errorf("authz: jwks_uri: %w", err)
	}
	d.jwks = document.JWKS
	return nil
}

func (d *discovery) keys(ctx context.Context) ([]jose.JSONWebKey, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.jwks, nil)
	if err != nil {
		return nil, fmt.Errorf("authz: keys: %w", err)
	}
	req.Header.Set("Cache-Control", "no-cache")
	resp, err := d.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("authz: keys: %w", err)
	}
	defer resp.Body.Close()
	var document struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&document); err != nil {
		return nil, fmt.Errorf("authz: keys: %w", err)
	}
	if document.Keys == nil || len(document.Keys) > maxKeys {
		return nil, errors.New("authz: keys: not a usable key set")
	}
	var keys []jose.JSONWebKey
	for _, text := range document.Keys {
		var key jose.JSONWebKey
		if key.UnmarshalJSON(text) == nil { // kinds that we do not know are for others (RFC 7517, 5)
			keys = append(keys, key)
		}
	}
	return keys, nil
}

// trustworthy wants https, or where loopback is allowed also http to this host.
func trustworthy(address string, loopback bool) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil {
		return errors.New("not a plain URL")
	}
	if u.Scheme == "https" {
		return nil
	}
	ip, _ := netip.ParseAddr(u.Hostname())
	if loopback && u.Scheme == "http" && (u.Hostname() == "localhost" || ip.IsLoopback()) {
		return nil
	}
	return errors.New("not https")
}

// guard bounds what an issuer can answer, for go-oidc reads all of it and quotes
// it in errors.
type guard struct{ next http.RoundTripper }

// RoundTrip fails on every status but 200: a redirect is not followed.
func (g guard) RoundTrip(req *http.Request) (*http.Response, error) {
	next := g.next
	if next == nil {
		next = http.DefaultTransport
	}
	resp, err := next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		_ = resp.Body.Close()
		return nil, fmt.Errorf("the issuer answers %d", resp.StatusCode)
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(resp.Body, maxAnswer), resp.Body}
	return resp, nil
}
