package service

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"
)

// Client calls the API as one caller. It never repeats a request by itself:
// what a test sends is what the service gets.
type Client struct {
	Base  func() string // asked for every request: a restarted service has another address
	Token string
	HTTP  *http.Client
}

// Client gives one that follows the service across restarts.
func (s *Service) Client(t testing.TB) *Client {
	t.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: 256, MaxConnsPerHost: 256}
	t.Cleanup(transport.CloseIdleConnections)
	return &Client{Base: s.URL, Token: s.Token(t), HTTP: &http.Client{Transport: transport, Timeout: 30 * time.Second}}
}

// As gives the same client with another token.
func (c *Client) As(token string) *Client { return &Client{c.Base, token, c.HTTP} }

// Answer is what came back, whole.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// OK tells a success.
func (a Answer) OK() bool { return a.Status >= 200 && a.Status < 300 }

// Code is the problem's code, "" for a success.
func (a Answer) Code() string {
	var p struct{ Code string }
	_ = json.Unmarshal(a.Body, &p)
	return p.Code
}

// Customer reads the body as a customer.
func (a Answer) Customer() (c Customer, err error) {
	return c, json.Unmarshal(a.Body, &c)
}

// Address reads the body as an address.
func (a Answer) Address() (one Address, err error) {
	return one, json.Unmarshal(a.Body, &one)
}

func (a Answer) String() string { return fmt.Sprintf("%d %s", a.Status, a.Body) }

// Do sends a request. body is marshalled, or sent as it is when it is bytes;
// headers are pairs. The error says that there was no whole answer: whether
// the request took effect is unknown.
func (c *Client) Do(method, path string, body any, headers ...string) (Answer, error) {
	var in io.Reader
	switch b := body.(type) {
	case nil:
	case []byte:
		in = bytes.NewReader(b)
	default:
		raw, err := json.Marshal(body)
		if err != nil {
			return Answer{}, err
		}
		in = bytes.NewReader(raw)
	}
	req, err := http.NewRequest(method, c.Base()+path, in)
	if err != nil {
		return Answer{}, err
	}
	req.GetBody = nil // with it, the transport may send again on its own
	req.Header.Set("Authorization", "Bearer "+c.Token)
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := c.HTTP.Do(req)
	if err != nil {
		return Answer{}, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	return Answer{resp.StatusCode, resp.Header, raw}, err
}

// Customer is the resource, as far as tests look at it.
type Customer struct {
	ID          string            `json:"id,omitempty"`
	Number      string            `json:"number,omitempty"`
	Version     int64             `json:"version,omitempty"`
	UserID      string            `json:"userId,omitempty"`
	ExternalIDs map[string]string `json:"externalIds,omitempty"`
	Status      string            `json:"status,omitempty"`
	Name        Name              `json:"name,omitzero"`
	Email       struct {
		Address  string
		Verified bool
	} `json:"email,omitzero"`
	Phone struct {
		Number   string
		Verified bool
	} `json:"phone,omitzero"`
	Profile  Profile  `json:"profile,omitzero"`
	Tags     []string `json:"tags,omitempty"`
	Withheld []string `json:"withheld,omitempty"`
}

// Name is a person's name.
type Name struct {
	Given     string `json:"given,omitempty"`
	Family    string `json:"family,omitempty"`
	Preferred string `json:"preferred,omitempty"`
}

// Profile is who a customer is beyond the name.
type Profile struct {
	DateOfBirth string         `json:"dateOfBirth,omitempty"`
	Gender      string         `json:"gender,omitempty"`
	Locale      string         `json:"locale,omitempty"`
	Attributes  map[string]any `json:"attributes,omitempty"`
}

// Registration is the body of a registration.
type Registration struct {
	Name        Name              `json:"name"`
	Email       string            `json:"email,omitempty"`
	Phone       string            `json:"phone,omitempty"`
	UserID      string            `json:"userId,omitempty"`
	ExternalIDs map[string]string `json:"externalIds,omitempty"`
	Profile     Profile           `json:"profile,omitzero"`
	Tags        []string          `json:"tags,omitempty"`
	Addresses   []Address         `json:"addresses,omitempty"`
}

// Address is the body of a new address, and what tests look at in one.
type Address struct {
	ID                string   `json:"id,omitempty"`
	Type              string   `json:"type,omitempty"`
	Label             string   `json:"label,omitempty"`
	Recipient         string   `json:"recipient,omitempty"`
	Company           string   `json:"company,omitempty"`
	Street            []string `json:"street,omitempty"`
	DependentLocality string   `json:"dependentLocality,omitempty"`
	City              string   `json:"city,omitempty"`
	State             string   `json:"state,omitempty"`
	PostalCode        string   `json:"postalCode,omitempty"`
	Country           string   `json:"country,omitempty"`
	Phone             string   `json:"phone,omitempty"`
	IsDefault         bool     `json:"isDefault,omitempty"`
}
