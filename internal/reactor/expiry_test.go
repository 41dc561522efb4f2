package reactor_test

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/access"
	accessmemory "github.com/acme/customers/internal/access/memory"
	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/consent"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/eventstore/memory"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/index"
	"github.com/acme/customers/internal/journal"
	"github.com/acme/customers/internal/reactor"
	"github.com/acme/customers/internal/streams"
	"github.com/acme/customers/internal/vault"
	"github.com/acme/customers/internal/vault/kms"
	keymemory "github.com/acme/customers/internal/vault/memory"
)

// decade is an installation whose clock goes through ten years.
type decade struct {
	*testing.T
	store eventstore.Store
	keys  *vault.Vault
	mu    sync.Mutex
	now   time.Time
}

func newDecade(t *testing.T) *decade {
	d := &decade{T: t, store: memory.Open(), now: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}
	root, err := kms.Open(t.Context(), "file:"+t.TempDir()+"/root.key")
	d.must(err)
	d.keys, err = vault.Open(t.Context(), vault.Config{Store: keymemory.New(), Keyring: t.TempDir() + "/ring", Root: root})
	d.must(err)
	t.Cleanup(func() { d.store.Close(); d.keys.Close() })
	return d
}

func (d *decade) clock() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.now
}

func (d *decade) setClock(to time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now = to
}

// program is one instance.
type program struct {
	*app.App
	model *index.Model
	reactor.Expiry
	kill func()
}

func (d *decade) start(name string) *program {
	d.Helper()
	return d.startOn(d.store, name)
}

// startOn starts an instance with a connection of its own.
func (d *decade) startOn(store eventstore.Store, name string) *program {
	d.Helper()
	kinds, err := streams.New()
	d.must(err)
	rules, err := authz.LoadPolicies(authz.Embedded())
	d.must(err)
	j := journal.New(store, d.keys)
	m := index.New(index.Config{Store: store, Vault: d.keys, Journal: j, Streams: kinds, Weights: customer.DefaultWeights(), Clock: d.clock})
	reads := access.Open(accessmemory.Open(), d.keys, nil)
	a := app.New(app.Config{Store: store, Vault: d.keys, Journal: j, Streams: kinds, Model: m, Access: reads, Rules: rules, Clock: d.clock,
		Policy: customer.DefaultPolicy(), Weights: customer.DefaultWeights(), Preferred: customer.DefaultPreferences(), Purposes: consent.DefaultPurposes()})
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = m.Run(ctx) })
	p := &program{App: a, model: m, kill: sync.OnceFunc(func() { cancel(); running.Wait(); reads.Close() }), Expiry: reactor.Expiry{Ends: m.Ends(), End: a.EndConsents, Clock: d.clock, Log: slog.New(slog.DiscardHandler),
		Mine: func(ctx context.Context) (bool, error) { return store.Lease(ctx, "consents", name, time.Hour) }}}
	d.Cleanup(p.kill)
	<-m.Loaded()
	return p
}

func (d *decade) must(err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err, fault.From(err).Fields)
	}
}

var office = app.Call{Source: "api", Caller: authz.Principal{Subject: "test:admin", Role: authz.RoleAdmin}}

func (d *decade) grant(p *program, id uuid.UUID, until time.Time) {
	d.Helper()
	_, err := p.RecordConsent(d.Context(), office, authz.GrantConsent, id, consent.Record{Kind: consent.Granted, Source: "web", ExpiresAt: until, Evidence: consent.Evidence{Purpose: "marketing"}})
	d.must(err)
}

// instants are random ones of ten years, and those about the changes of clocks.
func instants(t *testing.T, from time.Time) (all []time.Time) {
	zone, err := time.LoadLocation("Europe/Zurich")
	if err != nil {
		t.Fatal(err)
	}
	for year := from.Year() + 1; year <= from.Year()+10; year++ {
		for _, month := range []time.Month{time.March, time.October} {
			last := time.Date(year, month, 31, 2, 30, 0, 0, zone)
			all = append(all, last.AddDate(0, 0, -int(last.Weekday())).UTC())
		}
		all = append(all, from.Add(time.Duration(rand.Int64N(int64(10*365*24*time.Hour)))).Truncate(time.Microsecond))
	}
	return all
}

// ends counts what is recorded of the end of a consent.
func (d *decade) ends(p *program, id uuid.UUID, until time.Time) (n int) {
	d.Helper()
	acts, _, err := p.ConsentHistory(d.Context(), office, id, "marketing")
	d.must(err)
	for _, a := range acts {
		if a.Type != "ConsentExpired" {
			continue
		}
		if n++; !a.OccurredAt.Equal(until) || a.Actor != event.ActorSystem {
			d.Errorf("a consent until %s was ended at %s by %s", until, a.OccurredAt, a.Actor)
		}
	}
	return n
}

// pass goes through the decade, from one end to the next, and counts the ends
// that are not recorded in their microsecond, once, and not before.
func (d *decade) pass(want map[uuid.UUID]time.Time, to time.Time, programs ...*program) (missed int) {
	d.Helper()
	for _, now := range slices.SortedFunc(maps.Values(want), time.Time.Compare) {
		if now.Before(d.clock()) || now.After(to) {
			continue
		}
		for _, p := range programs {
			d.must(p.model.WaitHead(d.Context(), index.Freshness{}))
		}
		d.setClock(now)
		for _, p := range programs {
			p.Round(d.Context())
		}
		for id, until := range want {
			due := 0
			if !until.After(now) {
				due = 1
			}
			if d.ends(programs[0], id, until) != due {
				missed++
			}
		}
	}
	return missed
}

// grants has people consent until some time in the decade.
func (d *decade) grants(p *program) map[uuid.UUID]time.Time {
	d.Helper()
	want := map[uuid.UUID]time.Time{}
	for i, until := range instants(d.T, d.now) {
		v, err := p.Register(d.Context(), office, customer.Register{Email: uuid.NewString() + "@example.test"})
		d.must(err)
		d.grant(p, v.ID, until)
		switch i % 4 {
		case 1: // put off: the first end never comes
			until = until.Add(365 * 24 * time.Hour)
			d.grant(p, v.ID, until)
		case 2: // withdrawn: none comes
			_, err := p.RecordConsent(d.Context(), office, authz.RevokeConsent, v.ID, consent.Record{Kind: consent.Revoked, Source: "web", Evidence: consent.Evidence{Purpose: "marketing"}})
			d.must(err)
			until = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
		}
		want[v.ID] = until
	}
	return want
}

func TestConsentsAreEndedWhenTheirTimeComes(t *testing.T) {
	d := newDecade(t)
	one, two := d.start("one"), d.start("two")
	want := d.grants(one)
	missed := d.pass(want, d.now.AddDate(4, 0, 0), one, two)
	one.kill() // it held the lease
	d.must(d.store.Release(t.Context(), "consents", "one"))
	two.kill()
	three, four := d.start("three"), d.start("four") // they have not heard of a single grant
	missed += d.pass(want, d.now.AddDate(12, 0, 0), three, four)
	if missed > 0 {
		t.Errorf("%d times an end was not recorded once, in its time", missed)
	}
	for _, p := range []*program{three, four} {
		d.must(p.model.WaitHead(t.Context(), index.Freshness{}))
		d.setClock(d.clock().Add(app.SeeAgain))
		p.Round(t.Context())
		if left := p.Ends.Len(); left > 0 {
			t.Errorf("%d ends are waited for when all have come", left)
		}
	}
	t.Run("control: nobody records", func(t *testing.T) {
		d := newDecade(t)
		idle := d.start("idle")
		idle.Mine = func(context.Context) (bool, error) { return false, nil }
		if d.pass(d.grants(idle), d.now.AddDate(12, 0, 0), idle) == 0 {
			t.Error("nobody notices")
		}
	})
}

// What cannot be recorded now is tried again, and does not turn in a circle.
func TestAnEndThatCannotBeRecordedComesAgain(t *testing.T) {
	d := newDecade(t)
	p := d.start("one")
	until := d.clock().Add(time.Hour)
	v, err := p.Register(t.Context(), office, customer.Register{Email: "ada@example.test"})
	d.must(err)
	d.grant(p, v.ID, until)
	d.must(p.model.WaitHead(t.Context(), index.Freshness{}))
	tries, record := 0, p.End
	p.End = func(context.Context, uuid.UUID, bool) (time.Time, error) {
		tries++
		return time.Time{}, errors.New("the store is down")
	}
	d.setClock(until)
	p.Round(t.Context())
	p.Round(t.Context())
	if tries != 1 || p.Ends.Len() != 1 {
		t.Errorf("tried %d times at once, %d are left", tries, p.Ends.Len())
	}
	p.End = record
	d.setClock(p.Ends.Next())
	p.Round(t.Context())
	if n := d.ends(p, v.ID, until); n != 1 {
		t.Errorf("%d ends were recorded once the store was back", n)
	}
}
