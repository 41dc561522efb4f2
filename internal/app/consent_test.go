package app_test

import (
	"context"
	"errors"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/access"
	accessmemory "github.com/acme/customers/internal/access/memory"
	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/consent"
	"github.com/acme/customers/internal/contact"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/eventstore/memory"
	"github.com/acme/customers/internal/eventstore/postgres"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/index"
	"github.com/acme/customers/internal/journal"
	"github.com/acme/customers/internal/sqldb/pgtest"
	"github.com/acme/customers/internal/streams"
	"github.com/acme/customers/internal/vault"
	"github.com/acme/customers/internal/vault/kms"
	keymemory "github.com/acme/customers/internal/vault/memory"
)

// instance is one program of several on the same stores.
func instance(t testing.TB, store eventstore.Store, keys *vault.Vault, model func(app.Model) app.Model) *app.App {
	t.Helper()
	kinds, err := streams.New()
	check(t, err)
	rules, err := authz.LoadPolicies(authz.Embedded())
	check(t, err)
	j := journal.New(store, keys)
	m := index.New(index.Config{Store: store, Vault: keys, Journal: j, Streams: kinds, Weights: customer.DefaultWeights()})
	reads := access.Open(accessmemory.Open(), keys, nil)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = m.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done; reads.Close() })
	return app.New(app.Config{Store: store, Vault: keys, Journal: j, Streams: kinds, Model: model(m), Access: reads, Rules: rules,
		Policy: customer.DefaultPolicy(), Weights: customer.DefaultWeights(), Preferred: customer.DefaultPreferences(), Purposes: consent.DefaultPurposes()})
}

// stores are an event store and a vault in memory.
func stores(t testing.TB) (eventstore.Store, *vault.Vault) {
	t.Helper()
	store := memory.Open()
	t.Cleanup(func() { store.Close() })
	root, err := kms.Open(t.Context(), "file:"+t.TempDir()+"/root.key")
	check(t, err)
	keys, err := vault.Open(t.Context(), vault.Config{Store: keymemory.New(), Keyring: t.TempDir() + "/ring", Root: root})
	check(t, err)
	t.Cleanup(func() { keys.Close() })
	return store, keys
}

// pairs checks two instances on one store, for each kind of store that several
// may share.
func pairs(t *testing.T, hold func(t *testing.T, one, other *app.App)) {
	_, keys := stores(t)
	t.Run("memory", func(t *testing.T) {
		store := memory.Open()
		t.Cleanup(func() { store.Close() })
		hold(t, instance(t, store, keys, sameModel), instance(t, store, keys, sameModel))
	})
	t.Run("postgres", func(t *testing.T) {
		dsn := pgtest.Start(t)
		open := func() eventstore.Store {
			store, err := postgres.Open(t.Context(), dsn, postgres.Options{})
			check(t, err)
			t.Cleanup(func() { store.Close() })
			return store
		}
		hold(t, instance(t, open(), keys, sameModel), instance(t, open(), keys, sameModel))
	})
}

func sameModel(m app.Model) app.Model { return m }

// late is a model that gives consents as they were up to a second ago.
type late struct {
	app.Model
	mu   sync.Mutex
	kept map[uuid.UUID]index.LoadedConsents
	at   map[uuid.UUID]time.Time
}

func (l *late) Consents(ctx context.Context, id uuid.UUID) (index.LoadedConsents, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if kept, ok := l.kept[id]; ok && time.Since(l.at[id]) < time.Second {
		return kept, nil
	}
	fresh, err := l.Model.Consents(ctx, id)
	l.kept[id], l.at[id] = fresh, time.Now()
	return fresh, err
}

func lateModel(m app.Model) app.Model {
	return &late{Model: m, kept: map[uuid.UUID]index.LoadedConsents{}, at: map[uuid.UUID]time.Time{}}
}

// races counts how often one instance allows what another had revoked, with the
// answer of the revocation in hand.
func races(t *testing.T, one, other *app.App, rounds int) (allowed int) {
	t.Helper()
	var wg sync.WaitGroup
	var mu sync.Mutex
	for range 4 {
		wg.Go(func() {
			var v app.View
			act := func(action authz.Action, kind consent.Status) {
				if _, err := one.RecordConsent(t.Context(), admin(), action, v.ID, consent.Record{Kind: kind, Source: "web", Evidence: consent.Evidence{Purpose: "marketing"}}); err != nil {
					t.Error(err)
				}
			}
			decide := func(a *app.App) contact.Outcome {
				d, err := a.DecideContact(t.Context(), admin(), v.ID, contact.Question{Channel: "email", Topic: "newsletter"})
				if err != nil {
					t.Error(err)
				}
				return d.Outcome
			}
			for round := range rounds / 4 {
				if round%100 == 0 { // a customer has at most 1,000 acts
					var err error
					if v, err = one.Register(t.Context(), admin(), customer.Register{Email: uuid.NewString() + "@example.test"}); err != nil {
						t.Error(err)
						return
					}
				}
				act(authz.GrantConsent, consent.Granted)
				if got := decide(one); got != contact.Allow {
					t.Errorf("granted, and %s", got)
				}
				_ = decide(other)
				act(authz.RevokeConsent, consent.Revoked)
				for _, a := range []*app.App{one, other} {
					if decide(a) == contact.Allow {
						mu.Lock()
						allowed++
						mu.Unlock()
					}
				}
			}
		})
	}
	wg.Wait()
	return allowed
}

func TestAfterARevocationEveryInstanceDenies(t *testing.T) {
	rounds := 200
	if os.Getenv("SOAK") != "" {
		rounds = 10_000
	}
	pairs(t, func(t *testing.T, one, other *app.App) {
		if n := races(t, one, other, rounds); n > 0 {
			t.Errorf("%d times a contact was allowed that was revoked before", n)
		}
	})
	_, keys := stores(t)
	t.Run("control: a cache that is a second late", func(t *testing.T) {
		store := memory.Open()
		t.Cleanup(func() { store.Close() })
		if races(t, instance(t, store, keys, sameModel), instance(t, store, keys, lateModel), 40) == 0 {
			t.Error("nobody notices")
		}
	})
}

func TestNobodyConsentsForWhoIsNotThere(t *testing.T) {
	store, keys := stores(t)
	a := instance(t, store, keys, sameModel)
	_, err := a.RecordConsent(t.Context(), admin(), authz.GrantConsent, uuid.Must(uuid.NewV7()), consent.Record{Kind: consent.Granted, Source: "web", Evidence: consent.Evidence{Purpose: "marketing"}})
	if !errors.Is(err, fault.ErrNotFound) {
		t.Error(err)
	}
}
