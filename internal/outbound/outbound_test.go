package outbound

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestWhatMayBeConfigured(t *testing.T) {
	for base, good := range map[string]bool{
		"https://addressvalidation.googleapis.com": true, "https://example.com:8443/a/b": true, "https://8.8.8.8": true,
		"https://[2606:4700::1111]": true, "http://localhost:1": true, "http://127.0.0.1:1": true, "https://127.0.0.2": true, "http://[::1]:1": true,
		"https://xn--mnchen-3ya.example": true, "https://EXAMPLE.com": true, "https://_svc.example.com": true,
		"http://example.com": false, "http://8.8.8.8": false, "ftp://example.com": false, "ftp://localhost": false, "https://": false, "": false,
		"https://user:pass@example.com": false, "https://example.com?key=1": false, "https://example.com#a": false, "https:example.com": false,
		"https://münchen.example": false, "https://127。0。0。1": false, "https://ⓛocalhost": false, "https://a..b": false, "https://example.com.": false,
		"https://sub.localhost": false, "https://example.0x": false, "https://example.7": false, "https://" + strings.Repeat("a", 300): false,
	} {
		u, err := url.Parse(base)
		if err != nil {
			t.Fatal(base, err)
		}
		c, err := New(u)
		if (err == nil) != good {
			t.Errorf("%s: %v", base, err)
		}
		if err == nil {
			c.Close()
		} else if u.Hostname() != "" && strings.Contains(err.Error(), u.Hostname()) {
			t.Errorf("%s: the error repeats it", base)
		}
	}
	if _, err := New(nil); err == nil {
		t.Error("nil was taken")
	}
}

func TestPostSendsJSONBelowTheBase(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Method != "POST" || r.Header.Get("Content-Type") != "application/json" || r.Header.Get("X-Key") != "k" || string(body) != `{"a":1}` {
			t.Errorf("%s %v", r.Method, r.Header)
		}
		w.Header().Set("Content-Type", "application/problem+json; charset=UTF-8")
		_, _ = w.Write([]byte(`"` + r.URL.Path + `"`))
	}))
	defer server.Close()
	c := must(t, server.URL+"/base")
	defer c.Close()
	header := http.Header{"X-Key": {"k"}}
	for path, want := range map[string]string{"": `"/base"`, "v1:do": `"/base/v1:do"`} {
		if got, err := c.Post(t.Context(), path, header, []byte(`{"a":1}`)); err != nil || string(got) != want {
			t.Errorf("%q: %s %v", path, got, err)
		}
	}
	if len(header) != 1 {
		t.Error("the caller's header was changed")
	}
}

// A small answer that becomes a large one is bounded by what it becomes.
func TestACompressedAnswerIsBounded(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = z.Write(bytes.Repeat([]byte(" "), 10<<20))
		_ = z.Close()
	}))
	defer server.Close()
	c := must(t, server.URL)
	defer c.Close()
	_, err := c.Post(t.Context(), "", nil, []byte("{}"))
	if e, ok := errors.AsType[*Error](err); !ok || e.Detail != "too_large" {
		t.Error(err)
	}
}

// Reading stops at the limit: the other side cannot send all it has.
func TestAnEndlessAnswerIsNotReadOn(t *testing.T) {
	stopped := make(chan error, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		chunk, err := bytes.Repeat([]byte(" "), 64<<10), error(nil)
		for sent := 0; sent < 128<<20 && err == nil; sent += len(chunk) {
			_, err = w.Write(chunk)
		}
		stopped <- err
	}))
	defer server.Close()
	c := must(t, server.URL)
	defer c.Close()
	_, err := c.Post(t.Context(), "", nil, []byte("{}"))
	if e, ok := errors.AsType[*Error](err); !ok || e.Detail != "too_large" {
		t.Error(err)
	}
	if <-stopped == nil {
		t.Error("128 MiB were read")
	}
}

func TestWhichErrorsAreWorthAnotherTry(t *testing.T) {
	for _, c := range []struct {
		err              Error
		again, ofRequest bool
	}{
		{Error{Reason: Transport}, true, false},
		{Error{Reason: Status, Status: 429}, true, false},
		{Error{Reason: Status, Status: 500}, true, false},
		{Error{Reason: Status, Status: 503}, true, false},
		{Error{Reason: Status, Status: 400}, false, true},
		{Error{Reason: Status, Status: 422}, false, true},
		{Error{Reason: Request}, false, true},
		{Error{Reason: Status, Status: 401}, false, false},
		{Error{Reason: Status, Status: 403}, false, false},
		{Error{Reason: Status, Status: 404}, false, false},
		{Error{Reason: Status, Status: 302}, false, false},
		{Error{Reason: Forbidden}, false, false},
		{Error{Reason: Answer}, false, false},
		{Error{Reason: Ended, Err: context.Canceled}, false, false},
	} {
		if c.err.Retryable() != c.again || c.err.OfRequest() != c.ofRequest {
			t.Errorf("%v: %t %t", &c.err, c.err.Retryable(), c.err.OfRequest())
		}
	}
}

func TestRetryAfterIsSecondsOrADate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // its clock starts at a full second
		for value, want := range map[string]time.Duration{
			"": 0, "7": 7 * time.Second, "-1": 0, "soon": 0, "999999999": time.Hour, "99999999999999999999": 0,
			time.Now().Add(9 * time.Second).UTC().Format(http.TimeFormat): 9 * time.Second,
			time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat):      0,
			time.Now().Add(24 * time.Hour).UTC().Format(http.TimeFormat):  time.Hour,
		} {
			if got := retryAfter(value); got != want {
				t.Errorf("%q: %v", value, got)
			}
		}
	})
}

func TestTextThatMayBeKept(t *testing.T) {
	for text, good := range map[string]bool{
		"Straße 1": true, "1号": true, "a\nb": true, "\u0646\u200c\u0627": true, "12345678901": false,
		"a\x00": false, "a\tb": false, "a\u202eb": false, "a\u2028b": false, "\xff": false, "\ufffd": false, "\ufeff": false,
	} {
		if Text(text, 10, true) != good {
			t.Errorf("%q", text)
		}
	}
	if Text("a\nb", 10, false) {
		t.Error("a line feed where there are no lines")
	}
}

// FuzzHost looks for a spelling of an inside address that is taken for a name.
func FuzzHost(f *testing.F) {
	for _, s := range append(inside, "localhost", "0x7f.1", "example.com", "1.2.3.4", "a.0", "2130706433") {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, host string) {
		host = strings.ToLower(host)
		own, err := checkHost(host)
		if err != nil {
			return
		}
		ip, ok := lenient(host)
		if strict, err := netip.ParseAddr(host); err == nil {
			ip, ok = strict, true
		}
		if ok && !public(ip) && (!own || !ip.IsLoopback()) {
			t.Errorf("%q is taken", host)
		}
	})
}
