package httpapi

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// follow reads server-sent events until it is told to stop.
type following struct {
	t      *testing.T
	lines  *bufio.Scanner
	last   string // the id of the last one
	cancel func()
	status int
}

func (s *scene) follow(t *testing.T, server *httptest.Server, who, id, last string) *following {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, "GET", server.URL+"/v1/customers/"+id+"/timeline/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+who)
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	resp, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	f := &following{t: t, lines: bufio.NewScanner(resp.Body), last: last, cancel: cancel, status: resp.StatusCode}
	if resp.StatusCode == 200 {
		for f.lines.Scan() && !strings.HasPrefix(f.lines.Text(), "id: ") { // it listens from here on
		}
	}
	return f
}

// next is the next entry.
func (f *following) next() (e TimelineEntry) {
	f.t.Helper()
	for f.lines.Scan() {
		if id, ok := strings.CutPrefix(f.lines.Text(), "id: "); ok {
			f.last = id
		}
		if data, ok := strings.CutPrefix(f.lines.Text(), "data: "); ok {
			if err := json.Unmarshal([]byte(data), &e); err != nil {
				f.t.Error(err)
			}
			return e
		}
	}
	f.t.Fatalf("the stream ended: %v", f.lines.Err())
	return e
}

// Whoever listens hears of everything in order, as far as it may see; and who
// comes again with the last id misses nothing.
func TestATimelineIsToldAsItHappens(t *testing.T) {
	s := newScene(t)
	handler, err := New(Config{App: s.app, CursorKey: []byte(strings.Repeat("k", 32)), Guard: Guard{Verifier: anybody{}, Log: slog.New(slog.DiscardHandler)}}) // the scene's ends at once
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	id, other := s.register(t, `{"email":"ada@example.test"}`).ID, s.register(t, `{"email":"b@example.test"}`).ID
	path := "/v1/customers/" + id
	support, customer := s.follow(t, server, "support", id, ""), s.follow(t, server, "customer;customer="+id, id, "")
	s.call("admin", "PATCH", "/v1/customers/"+other+"/preferences", `{"display":{"theme":"dark"}}`) // of somebody else
	s.call("admin", "PATCH", path+"/preferences", `{"display":{"theme":"dark"}}`)
	s.note(t, "compliance", id, `{"type":"compliance","content":"suspects"}`)
	s.note(t, "support", id, `{"type":"support","content":"called"}`)
	s.call("admin", "POST", path+"/consents/marketing/grant", `{"source":"web"}`)
	var heard []string
	for range 4 {
		heard = append(heard, support.next().Type)
	}
	if got := fmt.Sprint(heard); got != "[PreferencesUpdated NoteAdded ConsentRequested ConsentGranted]" {
		t.Errorf("support hears %s", got)
	}
	heard = nil
	for range 3 {
		heard = append(heard, customer.next().Type)
	}
	if got := fmt.Sprint(heard); got != "[PreferencesUpdated ConsentRequested ConsentGranted]" {
		t.Errorf("the customer hears %s", got)
	}
	support.cancel()
	for i := range 5 { // while nobody listens
		s.call("admin", "PATCH", path+"/preferences", fmt.Sprintf(`{"display":{"theme":%q}}`, []string{"light", "dark"}[i%2]))
	}
	again := s.follow(t, server, "support", id, support.last)
	s.call("admin", "POST", path+"/consents/marketing/revoke", `{"source":"web"}`)
	heard = nil
	for range 6 {
		heard = append(heard, again.next().Type)
	}
	if got := strings.Join(heard, " "); got != strings.Repeat("PreferencesUpdated ", 5)+"ConsentRevoked" {
		t.Errorf("who comes again hears %s", got)
	}
	for who, want := range map[string]int{"marketing": 403, "customer;customer=" + other: 404, "service;scope=customers:read": 403, "": 401} {
		if f := s.follow(t, server, who, id, ""); f.status != want {
			t.Errorf("%q: %d", who, f.status)
		}
	}
	if w := s.call("admin", "GET", path+"/access-log", ""); !strings.Contains(w.Body.String(), "streamTimeline") {
		t.Error("nobody can see that somebody listened")
	}
}

// Those who listen have room of their own.
func TestListenersKeepNobodyWaiting(t *testing.T) {
	release := make(chan struct{})
	g := Guard{Concurrency: 1, Listeners: 2}
	h := g.withDefaults().limitConcurrency(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, liveSuffix) {
			<-release
		}
	}))
	ask := func(path string) int {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("GET", path, nil)
		h.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), exchangeKey{}, &exchange{log: slog.New(slog.DiscardHandler)})))
		return w.Code
	}
	done := make(chan int, 3)
	for range 3 {
		go func() { done <- ask("/v1/customers/x" + liveSuffix) }()
	}
	if got := <-done; got != 503 { // one too many
		t.Errorf("a third listener: %d", got)
	}
	if got := ask("/v1/me"); got != 200 {
		t.Errorf("a request while all listen: %d", got)
	}
	close(release)
	<-done
	<-done
}
