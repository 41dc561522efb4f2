// Package remote is the authenticated HTTP client that the subcommands use
// against a running service.
//
// It sends a token to nobody else: redirects are not followed, and plain HTTP
// is for this machine only. Its errors say what the service said (RFC 9457:
// a code and a sentence) and never what was sent.
package remote

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// DefaultURL is where `customers serve` listens unless told otherwise.
const DefaultURL = "http://127.0.0.1:8080"

// Client calls one service as one caller. Its fields are not changed after
// the first call; it may then be used by several goroutines.
type Client struct {
	BaseURL string
	// Token gives the bearer token. It is asked before every attempt, so that
	// it may renew a short-lived one.
	Token func() (string, error)
	HTTP  *http.Client // nil: a client with the timeouts of DefaultHTTP
	Retry Retry
	// PlainHTTP allows http:// to another machine, where whoever is on the
	// way can read the token and the customers.
	PlainHTTP bool
}

// Check refuses an address that no token should be sent to.
func (c *Client) Check() error {
	u, err := url.Parse(c.BaseURL)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return errors.New("the service's address is not a URL like https://customers.example")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return errors.New("the service's address has a user, a query or a fragment; give these up")
	case u.Scheme == "http" && !c.PlainHTTP && !loopback(u.Hostname()):
		return errors.New("plain http:// to another machine shows the token and the customers to whoever is on the way; use https://")
	}
	return nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// DefaultHTTP is an http.Client that keeps enough connections for an import
// and follows no redirect. Attempts are bounded by Client itself.
func DefaultHTTP() *http.Client {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 32
	return &http.Client{Transport: t, CheckRedirect: stay}
}

func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

var defaultHTTP = DefaultHTTP()

func (c *Client) http() *http.Client {
	if c.HTTP == nil {
		return defaultHTTP
	}
	h := *c.HTTP
	h.CheckRedirect = stay
	return &h
}

// Call sends in as JSON (nil: no body) and reads the answer into out (nil:
// dropped), once. A refusal is a *Problem.
func (c *Client) Call(ctx context.Context, method, path string, in, out any) error {
	var body []byte
	header := http.Header{}
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return fmt.Errorf("encode the request: %T cannot be JSON", in) // not err: it may quote a value
		}
		header.Set("Content-Type", "application/json")
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	resp, err := c.Do(ctx, method, path, header, body)
	if err != nil {
		return err
	}
	defer drain(resp.Body)
	if out == nil {
		return nil
	}
	if err := json.NewDecoder(resp.Body).Decode(out); err != nil {
		return fmt.Errorf("%w: the answer is not the JSON that was expected", ErrContract)
	}
	return nil
}

// Do sends one authenticated request, once. A status other than 2xx is a
// *Problem; else the caller closes the body.
func (c *Client) Do(ctx context.Context, method, path string, header http.Header, body []byte) (*http.Response, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.BaseURL, "/")+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	for name, values := range header {
		req.Header[name] = values
	}
	if c.Token != nil {
		token, err := c.Token()
		if err != nil {
			return nil, fmt.Errorf("get a token: %w", err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := c.http().Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode/100 != 2 {
		defer drain(resp.Body)
		return nil, problemOf(resp)
	}
	return resp, nil
}

// drain reads a little of what is left, so that the connection can be used
// again, and closes.
func drain(body io.ReadCloser) {
	_, _ = io.CopyN(io.Discard, body, 64<<10)
	_ = body.Close()
}
