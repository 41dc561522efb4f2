package httpapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/fault"
)

func TestAuthentication(t *testing.T) {
	tests := []struct {
		name, target, auth string
		status             int
		challenge          string
	}{
		{"a good token", "/v1/things/1", "Bearer support-ann", 200, ""},
		{"the scheme in another case", "/v1/things/1", "bearer support-ann", 200, ""},
		{"none", "/v1/things/1", "", 401, challenge},
		{"a bad token", "/v1/things/1", "Bearer nonsense", 401, challengeInvalid},
		{"another scheme", "/v1/things/1", "Basic YTpi", 401, challengeRequest},
		{"a scheme alone", "/v1/things/1", "Bearer", 401, challengeRequest},
		{"an empty token", "/v1/things/1", "Bearer ", 401, challengeRequest},
		{"in the URL", "/v1/things/1?access_token=support-ann", "", 400, challengeRequest},
		{"in the URL too", "/v1/things/1?access_token=x", "Bearer support-ann", 400, challengeRequest},
		{"in the URL, escaped", "/v1/things/1?access%5Ftoken=support-ann", "", 400, challengeRequest},
		{"the issuer is down", "/v1/things/1", "Bearer down", 503, ""},
		{"an unknown route without a token", "/v1/nothing", "", 401, challenge},
		{"a public path", "/livez", "", 200, ""},
		{"a public path with a bad token", "/livez", "Bearer nonsense", 200, ""},
		{"beside a public path", "/livez/x", "", 401, challenge},
		{"a public path in another case", "/Livez", "", 401, challenge},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newRig(t, nil).call("GET", tt.target, "", "Authorization: "+tt.auth)
			if w.Code != tt.status || w.Header().Get("WWW-Authenticate") != tt.challenge {
				t.Errorf("%d %q, want %d %q", w.Code, w.Header().Get("WWW-Authenticate"), tt.status, tt.challenge)
			}
			if w.Code >= 400 {
				checkProblem(t, w.Code, w.Header(), w.Body.Bytes())
			}
		})
	}
}

func TestTwoAuthorizationHeadersAreRefused(t *testing.T) {
	r := newRig(t, nil)
	req := httptest.NewRequest("GET", "/v1/things/1", nil)
	req.Header["Authorization"] = []string{"Bearer support-ann", "Bearer service-x"}
	w := httptest.NewRecorder()
	r.handler.ServeHTTP(w, req)
	if w.Code != 401 {
		t.Errorf("status %d", w.Code)
	}
}

func TestRateOfEachPrincipal(t *testing.T) {
	r := newRig(t, func(g *Guard) { g.Rate = Rate{People: Bucket{0.5, 3}, Services: Bucket{10, 20}} })
	ask := func(token string) *httptest.ResponseRecorder {
		return r.call("GET", "/v1/things/1", "", "Authorization: Bearer "+token)
	}
	for i := range 3 {
		if w := ask("customer-a"); w.Code != 200 {
			t.Fatalf("request %d of the burst: %d", i, w.Code)
		}
	}
	w := ask("customer-a")
	if w.Code != 429 || w.Header().Get("Retry-After") != "2" {
		t.Errorf("over the burst: %d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
	}
	checkProblem(t, w.Code, w.Header(), w.Body.Bytes())
	for _, other := range []string{"customer-b", "support-a", "service-a"} {
		if w := ask(other); w.Code != 200 {
			t.Errorf("%s pays for another: %d", other, w.Code)
		}
	}
	r.clock.pass(2 * time.Second) // what Retry-After promised
	if w := ask("customer-a"); w.Code != 200 {
		t.Errorf("after the wait: %d", w.Code)
	}
	if w := ask("customer-a"); w.Code != 429 {
		t.Errorf("a refused request was given back more than it took: %d", w.Code)
	}
}

func TestFailuresOfOneAddressAreSlowedDownAndHoldNobodyUp(t *testing.T) {
	r := newRig(t, func(g *Guard) { g.Rate.Failures = Bucket{1, 3} })
	from := func(addr, token string) int {
		req := httptest.NewRequest("GET", "/v1/things/1", nil)
		req.RemoteAddr = addr
		req.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		r.handler.ServeHTTP(w, req)
		if w.Code == 429 && w.Header().Get("Retry-After") == "" {
			t.Error("429 without Retry-After")
		}
		return w.Code
	}
	var got []int
	for range 5 {
		got = append(got, from("192.0.2.7:1000", "bad"))
	}
	got = append(got, from("192.0.2.7:2000", "bad"), from("192.0.2.7:1000", "support-ann"), from("192.0.2.8:1000", "bad"))
	for i := range 4 { // one subscriber, many addresses
		got = append(got, from(fmt.Sprintf("[2001:db8::%x]:1", i+1), "bad"))
	}
	if want := "[401 401 401 429 429 429 200 401 401 401 401 429]"; fmt.Sprint(got) != want {
		t.Errorf("got  %v\nwant %s", got, want)
	}
	r.clock.pass(time.Second)
	if c := from("192.0.2.7:1000", "bad"); c != 401 {
		t.Errorf("after a second: %d", c)
	}
}

func TestBucketsForgetTheLongestUnused(t *testing.T) {
	b := newBuckets(Bucket{0.001, 1}, 2)
	now := time.Unix(1, 0)
	b.take("a", now)
	b.take("b", now)
	if b.take("a", now) == 0 { // uses a, so b is the older
		t.Fatal("a was not limited")
	}
	b.take("c", now)
	if len(b.byKey) != 2 || b.used.Len() != 2 {
		t.Errorf("%d buckets, %d in order; want 2", len(b.byKey), b.used.Len())
	}
	if b.take("a", now) == 0 {
		t.Error("a was forgotten before b")
	}
	if b.take("b", now) != 0 {
		t.Error("b was kept over c")
	}
}

func TestTooManyAtOnceAreShedAndHealthIsNot(t *testing.T) {
	r := newRig(t, func(g *Guard) { g.Concurrency = 2 })
	var held sync.WaitGroup
	for range 2 {
		held.Go(func() { r.call("GET", "/v1/fail/block", "") })
		<-r.entered
	}
	w := r.call("GET", "/v1/things/1", "")
	if w.Code != 503 || w.Header().Get("Retry-After") != "1" {
		t.Errorf("%d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
	}
	if w := r.call("GET", "/livez", ""); w.Code != 200 {
		t.Errorf("a busy process is called dead: %d", w.Code)
	}
	close(r.blocked)
	held.Wait()
	if w := r.call("GET", "/v1/things/1", ""); w.Code != 200 {
		t.Errorf("slots are not given back: %d", w.Code)
	}
}

// /metrics needs no token and is work: too many at once are refused, like
// everything, with a problem document.
func TestTooManyScrapesAreShed(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	h, err := New(Config{Guard: Guard{Verifier: tokens{}, Log: slog.New(slog.DiscardHandler)},
		Metrics: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { entered <- struct{}{}; <-release })})
	if err != nil {
		t.Fatal(err)
	}
	scrape := func() *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
		return w
	}
	var held sync.WaitGroup
	for range scrapesAtOnce {
		held.Go(func() { scrape() })
		<-entered
	}
	w := scrape()
	if w.Code != 503 || w.Header().Get("Retry-After") != "1" {
		t.Errorf("%d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
	}
	checkProblem(t, w.Code, w.Header(), w.Body.Bytes())
	close(release)
	held.Wait()
}

func TestRequestsRunOutOfTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		begun := time.Now()
		w := r.call("GET", "/v1/fail/late", "")
		if took := time.Since(begun); w.Code != 503 || took != 30*time.Second {
			t.Errorf("%d after %v", w.Code, took)
		}
	})
}

func TestAPanicInTheMiddleCutsTheAnswer(t *testing.T) {
	g := Guard{Verifier: tokens{}, Log: slog.New(slog.DiscardHandler)}
	srv := httptest.NewServer(g.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(strings.Repeat("half", 4096)))
		panic(secret)
	})))
	defer srv.Close()
	req, _ := http.NewRequest("GET", srv.URL+"/", nil)
	req.Header.Set("Authorization", "Bearer support-ann")
	res, err := http.DefaultClient.Do(req)
	if err == nil {
		defer res.Body.Close()
		if err = readAll(res); err == nil {
			t.Error("half an answer looks whole")
		}
	}
}

func TestRemote(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	for _, tt := range []struct{ peer, forwarded, want string }{
		{"192.0.2.7:1", "", "192.0.2.7/32"},
		{"[::ffff:192.0.2.7]:1", "", "192.0.2.7/32"},
		{"[2001:db8:1:2:3::4]:1", "", "2001:db8:1:2::/64"},
		{"[fe80::1%eth0]:1", "", "fe80::/64"},
		{"@", "", "invalid Prefix"},
		{"192.0.2.7:1", "198.51.100.1", "192.0.2.7/32"}, // not a proxy of ours: not believed
		{"10.0.0.1:1", "198.51.100.1", "198.51.100.1/32"},
		{"10.0.0.1:1", "203.0.113.9, 198.51.100.1, 10.0.0.2", "198.51.100.1/32"}, // the client wrote the first
		{"10.0.0.1:1", "198.51.100.1, nonsense", "10.0.0.1/32"},
		{"10.0.0.1:1", "", "10.0.0.1/32"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = tt.peer
		r.Header.Set("X-Forwarded-For", tt.forwarded)
		if got := remote(r, proxies).String(); got != tt.want {
			t.Errorf("%s via %q: %s, want %s", tt.peer, tt.forwarded, got, tt.want)
		}
	}
}

func TestOneFlightAKeyAndCaller(t *testing.T) {
	f := newInFlight(3)
	ann, bob := authz.Principal{Role: authz.RoleSupport, Subject: "ann"}, authz.Principal{Role: authz.RoleSupport, Subject: "bob"}
	leave, err := f.enter(ann, "k")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.enter(ann, "k"); !errors.Is(err, fault.ErrInFlight) {
		t.Errorf("the same key twice: %v", err)
	}
	if _, err := f.enter(bob, "k"); err != nil {
		t.Errorf("another caller's key hits: %v", err)
	}
	if _, err := f.enter(ann, "l"); err != nil {
		t.Errorf("another key: %v", err)
	}
	if _, err := f.enter(ann, "m"); !errors.Is(err, fault.ErrUnavailable) {
		t.Errorf("over the room: %v", err)
	}
	leave()
	if _, err := f.enter(ann, "k"); err != nil {
		t.Errorf("after leaving: %v", err)
	}
}

func TestOneOfManyFlightsWins(t *testing.T) {
	f := newInFlight(1000)
	won := make(chan func(), 100)
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			if leave, err := f.enter(authz.Principal{}, "k"); err == nil {
				won <- leave
			}
		})
	}
	all.Wait()
	if len(won) != 1 {
		t.Errorf("%d requests with one key are handled at once", len(won))
	}
	(<-won)()
	if len(f.keys) != 0 {
		t.Error("the key is still held")
	}
}

func TestExchangeOutsideARequest(t *testing.T) {
	if exchangeOf(context.Background()) != nil {
		t.Error("an exchange from nowhere")
	}
	if p := problemOf(context.Background(), fault.ErrNotFound); p.Status != 404 || p.Instance != "" {
		t.Errorf("%+v", p)
	}
}
