package index

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/eventstore/memory"
	"github.com/acme/customers/internal/journal"
	"github.com/acme/customers/internal/streams"
	"github.com/acme/customers/internal/vault"
	"github.com/acme/customers/internal/vault/kms"
	keymemory "github.com/acme/customers/internal/vault/memory"
)

// service is everything below the read model.
type service struct {
	store     eventstore.Store
	vault     *vault.Vault
	journal   *journal.Journal
	customers *event.Aggregate[customer.State]
	kinds     streams.Kinds
	n         int
}

func newService(t testing.TB, store eventstore.Store) *service {
	t.Helper()
	return newServiceWith(t, store, keymemory.New())
}

func newServiceWith(t testing.TB, store eventstore.Store, keys vault.KeyStore) *service {
	t.Helper()
	if store == nil {
		store = memory.Open()
	}
	dir := t.TempDir()
	root, err := kms.Open(t.Context(), "file:"+filepath.Join(dir, "root.key"))
	if err != nil {
		t.Fatal(err)
	}
	v, err := vault.Open(t.Context(), vault.Config{Store: keys, Keyring: filepath.Join(dir, "keyring"), Root: root})
	if err != nil {
		t.Fatal(err)
	}
	kinds, err := streams.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := v.Close(); err != nil {
			t.Error(err)
		}
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return &service{store: store, vault: v, journal: journal.New(store, v), customers: kinds.Customers, kinds: kinds}
}

func (s *service) config() Config {
	return Config{Store: s.store, Vault: s.vault, Journal: s.journal, Streams: s.kinds, Weights: customer.DefaultWeights()}
}

// model runs a model until the test ends or stop is called.
func (s *service) model(t testing.TB) (m *Model, stop func()) {
	t.Helper()
	return s.run(t, New(s.config()))
}

// modelOf is one that is configured otherwise.
func (s *service) modelOf(t testing.TB, change func(*Config)) *Model {
	t.Helper()
	cfg := s.config()
	change(&cfg)
	m, _ := s.run(t, New(cfg))
	return m
}

func (s *service) run(t testing.TB, m *Model) (_ *Model, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := m.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	stop = func() {
		cancel()
		<-done
	}
	t.Cleanup(stop)
	return m, stop
}

func (s *service) execute(t testing.TB, id uuid.UUID, create bool, c customer.Command) Loaded {
	t.Helper()
	l, err := journal.Execute(t.Context(), s.journal, s.customers, journal.Command[customer.State, customer.Event]{
		ID: id, New: create, Meta: event.Meta{Actor: event.ActorCustomer, ActorID: "somebody", Source: "api", At: time.Now()}, Decide: c.Decide})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func (s *service) register(t testing.TB) uuid.UUID {
	t.Helper()
	s.n++
	id := uuid.Must(uuid.NewV7())
	s.execute(t, id, true, customer.Register{At: time.Now(), Email: fmt.Sprintf("customer%d@example.org", s.n),
		Name: customer.Name{Given: "Zoë", Family: "Ōtsuka"}, Policy: customer.DefaultPolicy()})
	return id
}

// erase does what the erasure command does, as far as the model can see.
func (s *service) erase(t testing.TB, id uuid.UUID) {
	t.Helper()
	if err := s.vault.Fence(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if err := s.store.Fence(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	stream := event.Stream{Type: erasure, ID: id}
	r := eventstore.Record{Envelope: event.Envelope{Stream: stream, Version: 1, Type: "CustomerErased", OccurredAt: time.Now()}}
	_, err := s.store.Commit(t.Context(), eventstore.Commit{Appends: []eventstore.Append{{Stream: stream, Records: []eventstore.Record{r}}}})
	if err != nil {
		t.Fatal(err)
	}
}
