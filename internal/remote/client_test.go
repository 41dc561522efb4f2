package remote

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestATokenGoesToNoOtherPlace(t *testing.T) {
	for address, ok := range map[string]bool{
		"http://127.0.0.1:8080": true, "http://[::1]:8080": true, "http://localhost:1": true, "https://customers.example/base": true,
		"http://customers.example": false, "http://127.0.0.1.evil.example": false, "http://10.0.0.1": false, "ftp://127.0.0.1": false,
		"127.0.0.1:8080": false, "": false, "https://u:p@customers.example": false, "https://customers.example?x=1": false,
	} {
		if err := (&Client{BaseURL: address}).Check(); (err == nil) != ok {
			t.Errorf("%q: %v", address, err)
		}
	}
	if err := (&Client{BaseURL: "http://customers.example", PlainHTTP: true}).Check(); err != nil {
		t.Errorf("although it was allowed: %v", err)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	var stolen string
	thief := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { stolen = r.Header.Get("Authorization") }))
	defer thief.Close()
	server := httptest.NewServer(http.RedirectHandler(thief.URL, http.StatusTemporaryRedirect))
	defer server.Close()
	token := func() (string, error) { return "secret", nil }

	err := (&Client{BaseURL: server.URL, Token: token, HTTP: &http.Client{}}).Call(t.Context(), "GET", "/", nil, nil)
	if p, ok := errors.AsType[*Problem](err); !ok || p.Status != 307 || stolen != "" {
		t.Errorf("got %v", err)
	}
	// The control: a plain client hands the token over (the thief is the same host to it).
	req, _ := http.NewRequest("GET", server.URL, nil)
	req.Header.Set("Authorization", "Bearer secret")
	if _, err := http.DefaultClient.Do(req); err != nil || stolen == "" {
		t.Errorf("the thief is blind: %v", err)
	}
}

func TestCallSpeaksJSON(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.URL.Path != "/base/v1/x" || r.Header.Get("Authorization") != "Bearer t" || string(body) != `{"a":1}` {
			t.Errorf("got %s %s", r.URL.Path, body)
		}
		_, _ = io.WriteString(w, `{"b":2}`)
	}))
	defer server.Close()
	c := &Client{BaseURL: server.URL + "/base/", Token: func() (string, error) { return "t", nil }}
	var out struct{ B int }
	if err := c.Call(t.Context(), "POST", "/v1/x", map[string]int{"a": 1}, &out); err != nil || out.B != 2 {
		t.Errorf("%v %v", out, err)
	}
}

func TestProblemsAreSafeForATerminal(t *testing.T) {
	p := &Problem{Status: 400, Code: "c\x1b[2J", Detail: "d\r\n\u202egnp"}
	if s := p.Error(); strings.ContainsAny(s, "\x1b\r\n\u202e") {
		t.Errorf("%q", s)
	}
}

func TestRetryAfterForms(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{"": 0, "3": 3 * time.Second, "-3": 0, "x": 0,
		"Mon, 23 Nov 2026 12:00:05 GMT": 5 * time.Second, "Mon, 23 Nov 2026 11:00:00 GMT": 0} {
		if got := retryAfter(value, now); got != want {
			t.Errorf("%q: %v", value, got)
		}
	}
}
