package app_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/access"
	accessmemory "github.com/acme/customers/internal/access/memory"
	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/eventstore/memory"
	"github.com/acme/customers/internal/index"
	"github.com/acme/customers/internal/journal"
	"github.com/acme/customers/internal/streams"
	"github.com/acme/customers/internal/vault"
	"github.com/acme/customers/internal/vault/kms"
	keymemory "github.com/acme/customers/internal/vault/memory"
)

// scene is the use cases on the in-memory drivers, with a clock that stands.
type scene struct {
	*app.App
	log *access.Log
	now time.Time
}

func open(t testing.TB) *scene {
	t.Helper()
	s := &scene{now: time.Now().UTC().Truncate(time.Microsecond)}
	clock := func() time.Time { return s.now }
	root, err := kms.Open(t.Context(), "file:"+t.TempDir()+"/root.key")
	check(t, err)
	keys, err := vault.Open(t.Context(), vault.Config{Store: keymemory.New(), Keyring: t.TempDir() + "/ring", Root: root})
	check(t, err)
	kinds, err := streams.New()
	check(t, err)
	rules, err := authz.LoadPolicies(authz.Embedded())
	check(t, err)
	store := memory.Open()
	j := journal.New(store, keys)
	model := index.New(index.Config{Store: store, Vault: keys, Journal: j, Streams: kinds, Weights: customer.DefaultWeights(), Clock: clock})
	s.log = access.Open(accessmemory.Open(), keys, nil)
	s.App = app.New(app.Config{Store: store, Vault: keys, Journal: j, Streams: kinds, Model: model, Access: s.log, Rules: rules,
		Policy: customer.DefaultPolicy(), Weights: customer.DefaultWeights(), Clock: clock})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = model.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done; s.log.Close(); store.Close(); keys.Close() })
	return s
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// as is a call by a role, with scopes.
func as(role authz.Role, scopes ...string) app.Call {
	return app.Call{Caller: authz.Principal{Subject: "test:" + string(role), Role: role, Scopes: scopes}, Source: "api"}
}

func admin() app.Call { return as(authz.RoleAdmin) }

// self is a call by the customer itself.
func self(id uuid.UUID) app.Call {
	c := as(authz.RoleCustomer)
	c.Caller.Customer = id
	return c
}

func (s *scene) register(t testing.TB, in customer.Register) app.View {
	t.Helper()
	v, err := s.Register(t.Context(), admin(), in)
	check(t, err)
	return v
}

func (s *scene) reads(t testing.TB, v app.View) []access.Entry {
	t.Helper()
	entries, _, err := s.log.Of(t.Context(), v.ID, v.Customer.Row.Ordinal, "", 200)
	check(t, err)
	return entries
}
