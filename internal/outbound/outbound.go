// Package outbound is how the service calls somebody else's HTTP: one
// configured host and no other, whatever a name resolves to, an answer redirects
// to or the environment says. It defends against server-side request forgery
// (OWASP "Server-Side Request Forgery Prevention"; CWE-918), not against the
// configured host itself: what that one answers is for the caller to check.
package outbound

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// Limit is the largest answer that is read, in bytes after decompression.
const Limit = 1 << 20

// The transport's own bounds. How long a call may take is its context's.
const (
	connecting = time.Second // to one address; a name may have a second that answers
	handshake  = 5 * time.Second
	idle       = 90 * time.Second
	maxIdle    = 32
	maxHeaders = 64 << 10 // bytes
)

// Client calls one host. Use New; safe for concurrent use.
type Client struct {
	base *url.URL
	host string // as dialled: "host:port"
	name string // the host alone, in lower case
	own  bool   // the host is written as this machine: localhost or a loopback literal
	http *http.Client
	h2   atomic.Bool // the host spoke HTTP/2 last time; see Post

	// The tests of this package simulate a resolver and count connections.
	resolve func(ctx context.Context, host string) ([]netip.Addr, error)
	dial    func(ctx context.Context, network, addr string) (net.Conn, error)
}

// New makes a client of base: https://HOST[:PORT][/PATH]. Plain http is for a
// host that is written as this machine ("localhost", 127.0.0.1, [::1]): tests
// and sidecars. An error names the rule that base breaks, never base.
func New(base *url.URL) (*Client, error) {
	if base == nil || base.Opaque != "" || base.User != nil || base.RawQuery != "" || base.ForceQuery || base.Fragment != "" {
		return nil, errors.New("outbound: want https://HOST[:PORT][/PATH], with no user, query or fragment")
	}
	name := strings.ToLower(base.Hostname())
	own, err := checkHost(name)
	if err != nil {
		return nil, err
	}
	port := base.Port()
	switch {
	case base.Scheme != "https" && (base.Scheme != "http" || !own):
		return nil, errors.New("outbound: only https, except to this machine")
	case port == "" && base.Scheme == "https":
		port = "443"
	case port == "":
		port = "80"
	}
	c := &Client{base: base.JoinPath(), host: net.JoinHostPort(name, port), name: name, own: own}
	c.resolve = func(ctx context.Context, host string) ([]netip.Addr, error) {
		return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	}
	c.dial = (&net.Dialer{Timeout: connecting, KeepAlive: 30 * time.Second}).DialContext
	c.http = &http.Client{Transport: c.transport(), CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse // to a host that nobody configured
	}}
	return c, nil
}

// transport is the standard one without what would reach another host: it asks
// no proxy of the environment, and every connection is dialled by connect.
func (c *Client) transport() *http.Transport {
	return &http.Transport{
		Proxy:                  nil,
		DialContext:            c.connect,
		ForceAttemptHTTP2:      true,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    handshake,
		MaxIdleConnsPerHost:    maxIdle,
		IdleConnTimeout:        idle,
		MaxResponseHeaderBytes: maxHeaders,
	}
}

// Close closes connections that wait for the next call.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// connect dials the configured host only, and only at an address that has been
// checked: the name is resolved here and the connection goes to the result, so
// that a second answer of the resolver (DNS rebinding) is never used unchecked.
func (c *Client) connect(ctx context.Context, network, addr string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil || !strings.EqualFold(addr, c.host) {
		return nil, errForbidden
	}
	ips, err := c.addresses(ctx, strings.ToLower(host))
	if err != nil {
		return nil, err
	}
	err = errForbidden // of a name with no address
	for _, ip := range ips {
		conn, dialErr := c.dial(ctx, network, net.JoinHostPort(ip.String(), port))
		if dialErr == nil {
			return conn, nil
		}
		err = dialErr
	}
	return nil, err
}

// addresses gives where the host is. One address that is not allowed refuses
// them all: a name that is partly ours is nobody's public name.
func (c *Client) addresses(ctx context.Context, host string) ([]netip.Addr, error) {
	ips := []netip.Addr{}
	if ip, err := netip.ParseAddr(host); err == nil {
		ips = append(ips, ip)
	} else if ips, err = c.resolve(ctx, host); err != nil {
		return nil, err
	}
	for i, ip := range ips {
		if !c.allowed(ip) {
			return nil, errForbidden
		}
		ips[i] = ip.Unmap() // resolvers give IPv4 in either form
	}
	return ips, nil
}

func (c *Client) allowed(ip netip.Addr) bool {
	if c.own {
		return ip.Zone() == "" && ip.Unmap().IsLoopback()
	}
	return public(ip)
}
