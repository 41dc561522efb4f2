package reactor_test

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/eventstore/postgres"
	"github.com/acme/customers/internal/index"
	"github.com/acme/customers/internal/reactor"
	"github.com/acme/customers/internal/sqldb/pgtest"
)

// fleet is several instances on one store, each of which would keep segments.
type fleet struct {
	*decade
	open    func() eventstore.Store
	members []*instance
}

// instance is one program, with its segmenter at work until it dies.
type instance struct {
	*program
	name string
	die  func() // without a word: what it leased runs out
	led  atomic.Bool
}

// fleets checks a fleet on each kind of store that several may share.
func fleets(t *testing.T, hold func(t *testing.T, f *fleet)) {
	t.Run("memory", func(t *testing.T) {
		d := newDecade(t)
		hold(t, &fleet{decade: d, open: func() eventstore.Store { return d.store }})
	})
	t.Run("postgres", func(t *testing.T) {
		d := newDecade(t)
		dsn := pgtest.Start(t)
		hold(t, &fleet{decade: d, open: func() eventstore.Store {
			store, err := postgres.Open(context.WithoutCancel(t.Context()), dsn, postgres.Options{})
			d.must(err)
			t.Cleanup(func() { store.Close() })
			return store
		}})
	})
}

// leases is how long a dead instance holds what it leased. Short, so that the
// next one takes over soon, also from one that is only slow.
const leases = 200 * time.Millisecond

// start adds an instance. Leads nil asks for the lease.
func (f *fleet) start(spoil func(*reactor.Segmenter)) *instance {
	f.Helper()
	store := f.open()
	i := &instance{program: f.startOn(store, uuid.NewString()), name: uuid.NewString()}
	k := &reactor.Segmenter{Segments: i.model.Segments(), Roster: i.model.Roster, Compile: i.Language.Compile, Record: i.App, Ready: i.model.Loaded(),
		CaughtUp: func(ctx context.Context) error { return i.model.WaitHead(ctx, index.Freshness{}) },
		Mine: func(ctx context.Context) (bool, error) {
			mine, err := store.Lease(ctx, "segments", i.name, leases)
			if mine {
				i.led.Store(true)
			}
			return mine, err
		}, Clock: f.clock, Log: slog.New(slog.DiscardHandler)}
	if spoil != nil {
		spoil(k)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = k.Run(ctx) }()
	i.die = sync.OnceFunc(func() { cancel(); <-done; i.kill() })
	f.Cleanup(i.die)
	f.members = append(f.members, i)
	return i
}

func (f *fleet) any() *instance { return f.members[rand.IntN(len(f.members))] }

// until waits for what nobody announces; false: it never came.
func (f *fleet) until(so func() bool) bool {
	ctx, cancel := context.WithTimeout(f.Context(), 30*time.Second)
	defer cancel()
	for !so() {
		select {
		case <-time.After(5 * time.Millisecond):
		case <-ctx.Done():
			return false
		}
	}
	return true
}
