package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/access"
	accessmemory "github.com/acme/customers/internal/access/memory"
	"github.com/acme/customers/internal/address"
	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/bus"
	busmemory "github.com/acme/customers/internal/bus/memory"
	"github.com/acme/customers/internal/consent"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/eventstore/memory"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/index"
	"github.com/acme/customers/internal/journal"
	"github.com/acme/customers/internal/link"
	"github.com/acme/customers/internal/receipt"
	"github.com/acme/customers/internal/segment"
	"github.com/acme/customers/internal/streams"
	"github.com/acme/customers/internal/vault"
	"github.com/acme/customers/internal/vault/kms"
	keymemory "github.com/acme/customers/internal/vault/memory"
)

// scene is the whole entrance over the real use cases on memory drivers.
type scene struct {
	handler http.Handler
	app     *app.App
	model   *index.Model
	keys    *vault.Vault
	store   eventstore.Store
	letters *bus.Quarantine
	log     *syncBuffer
	clock   *clock
}

// anybody is a verifier whose tokens say who they are:
// role[;sub=…][;customer=…][;scope=…]…
type anybody struct{}

func (anybody) Verify(_ context.Context, raw string) (authz.Principal, error) {
	parts := strings.Split(raw, ";")
	p := authz.Principal{Role: authz.Role(parts[0]), Subject: "test:" + parts[0]}
	for _, part := range parts[1:] {
		name, value, _ := strings.Cut(part, "=")
		switch name {
		case "sub":
			p.Subject = value
		case "customer":
			p.Customer = uuid.MustParse(value)
		case "scope":
			p.Scopes = append(p.Scopes, value)
		}
	}
	for _, role := range authz.Roles() {
		if role == p.Role {
			return p, nil
		}
	}
	return p, fault.ErrUnauthenticated
}

// plainSeal stands in for the vault in front of dead letters.
type plainSeal struct{ *vault.Vault }

func (plainSeal) Seal(_ context.Context, _ string, _, plain []byte) ([]byte, error) {
	return plain, nil
}
func (plainSeal) Open(_ context.Context, _ string, _, sealed []byte) ([]byte, error) {
	return sealed, nil
}
func (plainSeal) Destroy(context.Context, string) error { return nil }

// counting answers statistics without counting.
type counting struct{ *index.Model }

func (counting) Statistics(context.Context) (index.Statistics, error) {
	return index.Statistics{Total: 1}, nil
}

type noRelay struct{}

func (noRelay) Reset(context.Context) error { return nil }

func newScene(t testing.TB) *scene {
	t.Helper()
	s := &scene{log: &syncBuffer{}, clock: &clock{now: time.Now().UTC().Truncate(time.Microsecond)}}
	log := slog.New(slog.NewJSONHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	root, err := kms.Open(t.Context(), "file:"+t.TempDir()+"/root.key")
	must(err)
	keys, err := vault.Open(t.Context(), vault.Config{Store: keymemory.New(), Keyring: t.TempDir() + "/ring", Root: root})
	must(err)
	kinds, err := streams.New()
	must(err)
	rules, err := authz.LoadPolicies(authz.Embedded())
	must(err)
	store := memory.Open()
	j := journal.New(store, keys)
	model := index.New(index.Config{Store: store, Vault: keys, Journal: j, Streams: kinds, Weights: customer.DefaultWeights(), Logger: log, Clock: s.clock.Now})
	s.model, s.keys, s.store = model, keys, store
	reads := access.Open(accessmemory.Open(), keys, log)
	s.letters = bus.NewQuarantine(busmemory.NewDeadLetters(), plainSeal{keys}, 0, s.clock.Now)
	receipts, err := receipt.NewSigner(bytes.Repeat([]byte{7}, 32))
	must(err)
	s.app = app.New(app.Config{Receipts: receipts, Issuer: "customers", Store: store, Vault: keys, Journal: j, Streams: kinds, Model: counting{model}, Access: reads, Rules: rules, Letters: s.letters,
		Relay: noRelay{}, Preferred: customer.DefaultPreferences(), Purposes: consent.DefaultPurposes(), Addresses: &address.Validator{}, Strict: map[string]bool{"api": true},
		Inbound: func(context.Context, bus.InboundMessage) error { return nil },
		Policy:  customer.DefaultPolicy(), Weights: customer.DefaultWeights(), Clock: s.clock.Now})
	links, err := link.NewSealer(bytes.Repeat([]byte{8}, 32))
	must(err)
	s.app.Links = links
	unlimited := Bucket{1e9, 1e9}
	s.handler, err = New(Config{App: s.app, CursorKey: []byte(strings.Repeat("k", 32)), PublicURL: "https://prefs.example", LiveTime: time.Millisecond,
		Guard: Guard{Verifier: anybody{}, Log: log, Rate: Rate{People: unlimited, Services: unlimited, Failures: unlimited}}})
	must(err)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = model.Run(ctx) })
	t.Cleanup(func() { cancel(); running.Wait(); reads.Close(); _ = store.Close(); _ = keys.Close() })
	<-model.Loaded()
	return s
}

// call sends one request as a caller; headers are "Name: value".
func (s *scene) call(who, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(method, target, strings.NewReader(body))
	if body != "" {
		req.Header.Set("Content-Type", mediaJSON)
	} else {
		req.Body, req.ContentLength = http.NoBody, 0
	}
	if who != "" {
		req.Header.Set("Authorization", "Bearer "+who)
	}
	if strings.HasPrefix(who, "compliance") { // which says what for; headers may say otherwise
		req.Header.Set(purposeHeader, "audit")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, req)
	return w
}

// read decodes an answer loosely, as any client would.
func read[T any](t testing.TB, w *httptest.ResponseRecorder) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		t.Fatalf("%d %v: %s", w.Code, err, w.Body)
	}
	return v
}

// anAddress is a good one.
const anAddress = `{"type":"shipping","street":["Bundesplatz 3"],"city":"Bern","postalCode":"3011","country":"CH"}`

// on fills in a path for a customer and, where it names one, an address of it.
// Nobody's customer gets nobody's address.
func (s *scene) on(path, id string) string {
	if strings.Contains(path, "{addressId}") {
		var a Address
		_ = json.Unmarshal(s.call("admin", "POST", "/v1/customers/"+id+"/addresses", anAddress).Body.Bytes(), &a)
		if a.ID == "" {
			a.ID = uuid.NewString()
		}
		path = strings.NewReplacer("{addressId}", a.ID, "{version}", "1").Replace(path)
	}
	if strings.Contains(path, "{noteId}") { // one that support and admins may change
		var n Note
		_ = json.Unmarshal(s.call("admin", "POST", "/v1/customers/"+id+"/notes", bodyOf("addNote")).Body.Bytes(), &n)
		if n.ID == "" {
			n.ID = uuid.NewString()
		}
		path = strings.ReplaceAll(path, "{noteId}", n.ID)
	}
	if strings.HasPrefix(path, "/v1/segments") { // each its own, with the customer in it
		key := uuid.NewString()[:13]
		s.call("admin", "POST", "/v1/segments", `{"name":"One","type":"static","key":"`+key+`"}`)
		s.call("admin", "POST", "/v1/segments", `{"name":"Another","type":"static","key":"another"}`)
		s.call("admin", "PUT", "/v1/segments/"+key+"/members/"+id, "")
		if strings.HasSuffix(path, "/recompute") { // nobody calculates here
			var made Segment
			_ = json.Unmarshal(s.call("admin", "POST", "/v1/segments", `{"name":"By rule","type":"dynamic","criteria":"customer.status == \"archived\"","key":"r`+key+`"}`).Body.Bytes(), &made)
			_ = s.app.ApplySegment(context.Background(), uuid.MustParse(made.ID), segment.Apply{Version: 1})
			key = made.ID
		}
		return strings.NewReplacer("{id}", key, "{customerId}", id).Replace(path)
	}
	if strings.HasPrefix(path, "/v1/searches/") {
		var saved SavedSearch
		_ = json.Unmarshal(s.call("admin", "POST", "/v1/searches", `{"name":"Mine","shared":true}`).Body.Bytes(), &saved)
		return strings.Replace(path, "{id}", saved.ID, 1)
	}
	return strings.NewReplacer("{id}", id, "{country}", "CH", "{section}", "display", "{purpose}", "marketing", "{channel}", "email").Replace(path)
}

// bodyOf is a right body for an operation that takes more than {}.
func bodyOf(operation string) string {
	switch operation {
	case "addAddress":
		return anAddress
	case "patchTopicPreferences":
		return `{"topics":{}}`
	case "saveSearch", "replaceSavedSearch":
		return `{"name":"Somebody"}`
	case "createSegment":
		return `{"name":"Somebody","type":"static","key":"k` + uuid.NewString()[:8] + `"}`
	case "patchSegment":
		return `{"name":"Another"}`
	case "previewSegment":
		return `{"criteria":"customer.status == \"pending\""}`
	case "overlapSegments":
		return `{"segments":["another","another"]}`
	case "decideContact":
		return `{"channel":"email","topic":"newsletter"}`
	case "recordActivity":
		return `{"id":"1","source":"identity","type":"UserAuthenticated"}`
	case "addNote":
		return `{"type":"support","content":"called"}`
	case "deleteNote":
		return `{"reason":"a mistake"}`
	case "createPreferenceLink":
		return `{"kind":"preferences","channel":"email"}`
	case "reportMessage":
		return `{"event":"complained","channel":"email"}`
	case "setDefaultAddress":
		return `{"type":"shipping"}`
	case "confirmEmailVerification", "confirmPhoneVerification":
		return `{"code":"000000"}`
	}
	return "{}"
}

// register makes a customer as an admin and gives its id.
func (s *scene) register(t testing.TB, body string) Customer {
	t.Helper()
	w := s.call("admin", "POST", "/v1/customers", body)
	if w.Code != http.StatusCreated {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return read[Customer](t, w)
}
