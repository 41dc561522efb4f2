package client

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Client calls one service as one caller. It may be used by several goroutines.
type Client struct {
	base    string
	http    *http.Client
	token   TokenSource
	agent   string
	silence time.Duration
	retry   Retry
	plain   bool
}

// TokenSource gives a bearer token. It is asked before every attempt, so that
// it may renew a short-lived one; it should keep what still holds.
type TokenSource func(context.Context) (string, error)

// An Option sets up a Client.
type Option func(*Client)

// Token says who the caller is.
func Token(source TokenSource) Option { return func(c *Client) { c.token = source } }

// StaticToken is a token that never changes.
func StaticToken(token string) Option {
	return Token(func(context.Context) (string, error) { return token, nil })
}

// HTTP sends with another http.Client. Its redirects are not followed and its
// Timeout, which would end streams, should be zero.
func HTTP(h *http.Client) Option {
	return func(c *Client) {
		own := *h
		own.CheckRedirect = stay
		c.http = &own
	}
}

// UserAgent names the calling program; "customers-client" if left out.
func UserAgent(name string) Option { return func(c *Client) { c.agent = name } }

// Timeout is how long the service may be silent during an attempt: 30 seconds
// if left out, four times as much for batches. How long a call takes in all is
// its context's to say.
func Timeout(silence time.Duration) Option { return func(c *Client) { c.silence = silence } }

// Retries bounds how often a call is sent again.
func Retries(r Retry) Option { return func(c *Client) { c.retry = r } }

// PlainHTTP allows http:// to another machine, where whoever is on the way can
// read the token and the customers.
func PlainHTTP() Option { return func(c *Client) { c.plain = true } }

// New makes a Client of the service at an address like
// https://customers.example; it connects to nothing. An address that no token
// should be sent to is refused.
func New(baseURL string, options ...Option) (*Client, error) {
	c := &Client{base: strings.TrimSuffix(baseURL, "/"), agent: "customers-client", silence: 30 * time.Second}
	for _, set := range options {
		set(c)
	}
	if c.http == nil {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.MaxIdleConnsPerHost = 32
		c.http = &http.Client{Transport: transport, CheckRedirect: stay}
	}
	return c, c.check()
}

// stay keeps a redirect from taking the token elsewhere.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func (c *Client) check() error {
	u, err := url.Parse(c.base)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return errors.New("client: the address is not a URL like https://customers.example")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return errors.New("client: the address has a user, a query or a fragment")
	case u.Scheme == "http" && !c.plain && !loopback(u.Hostname()):
		return errors.New("client: plain http:// to another machine shows the token and the customers; use https://")
	}
	return nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
