package reactor_test

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/activity"
	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/consent"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/eventstore/postgres"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/index"
	"github.com/acme/customers/internal/journal"
	"github.com/acme/customers/internal/membership"
	"github.com/acme/customers/internal/reactor"
	"github.com/acme/customers/internal/roster"
	"github.com/acme/customers/internal/segment"
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

// person is what the streams say of a customer, read from the log and not from
// what is derived.
type person struct {
	id         uuid.UUID
	customer   *customer.State
	consents   *consent.State
	activities *activity.State
	in         *membership.State
}

func streamed[S any](d *decade, l journal.Loaded[S], err error) *S {
	d.Helper()
	if fault.CodeOf(err) == fault.ErrNotFound.Code {
		return new(S)
	}
	d.must(err)
	return l.State
}

func (f *fleet) person(id uuid.UUID) person {
	f.Helper()
	a, ctx := f.members[len(f.members)-1], f.Context()
	c, err := journal.Load(ctx, a.Journal, a.Streams.Customers, id)
	f.must(err)
	p := person{id: id, customer: c.State}
	consents, err := journal.Load(ctx, a.Journal, a.Streams.Consents, id)
	p.consents = streamed(f.decade, consents, err)
	activities, err := journal.Load(ctx, a.Journal, a.Streams.Activities, id)
	p.activities = streamed(f.decade, activities, err)
	in, err := journal.Load(ctx, a.Journal, a.Streams.Memberships, id)
	p.in = streamed(f.decade, in, err)
	return p
}

// plain are rules with what they say, written by hand.
var plain = map[string]func(p *person, now time.Time, in map[string]bool) bool{
	`"vip" in customer.tags`: func(p *person, _ time.Time, _ map[string]bool) bool { return slices.Contains(p.customer.Tags, "vip") },
	`!("vip" in customer.tags) || customer.orders.count >= 2`: func(p *person, _ time.Time, _ map[string]bool) bool {
		return !slices.Contains(p.customer.Tags, "vip") || p.activities.Orders >= 2
	},
	`customer.orders.count >= 1 && customer.consents["marketing"] == "granted"`: func(p *person, _ time.Time, _ map[string]bool) bool {
		// As of the clock on the wall: that a consent ended is an event, and nobody records it here.
		return p.activities.Orders >= 1 && p.consents.At("marketing", time.Now()).Status == consent.Granted
	},
	`now - customer.registeredAt < duration("240h")`: func(p *person, now time.Time, _ map[string]bool) bool {
		return now.Sub(p.customer.RegisteredAt) < 240*time.Hour
	},
	`now - customer.orders.lastAt >= duration("48h") && "tags" in customer.segments`: func(p *person, now time.Time, in map[string]bool) bool {
		return !p.activities.LastPurchaseAt.IsZero() && now.Sub(p.activities.LastPurchaseAt) >= 48*time.Hour && in["tags"]
	},
	`"hand" in customer.segments && !("window" in customer.segments)`: func(_ *person, _ time.Time, in map[string]bool) bool { return in["hand"] && !in["window"] },
}

// population makes segments and people.
func (f *fleet) population(n int) (ids []uuid.UUID) {
	f.Helper()
	a := f.members[0]
	for _, s := range []segment.Create{{Key: "hand", Type: segment.Static}, {Key: "tags", Criteria: `"vip" in customer.tags`}, {Key: "bought", Criteria: `customer.orders.count >= 1 && customer.consents["marketing"] == "granted"`},
		{Key: "window", Criteria: `now - customer.registeredAt < duration("240h")`}, {Key: "lapsed", Criteria: `now - customer.orders.lastAt >= duration("48h") && "tags" in customer.segments`},
		{Key: "others", Criteria: `"hand" in customer.segments && !("window" in customer.segments)`}, {Key: "gone", Criteria: `"vip" in customer.tags`}} {
		s.Name = s.Key
		if s.Type == "" {
			s.Type = segment.Dynamic
		}
		_, err := a.CreateSegment(f.Context(), grown, s)
		f.must(err)
	}
	for range n {
		ids = append(ids, f.join())
	}
	return ids
}

func (f *fleet) join() uuid.UUID {
	f.Helper()
	tags := []string{"vip"}[:rand.IntN(2)]
	v, err := f.any().Register(f.Context(), grown, customer.Register{Email: uuid.NewString() + "@example.test", Tags: tags})
	f.must(err)
	return v.ID
}

// happens does something to somebody, to a rule or to the clock, at any instance.
func (f *fleet) happens(id uuid.UUID) {
	f.Helper()
	a, ctx := f.any(), f.Context()
	var err error
	switch rand.IntN(8) {
	case 0, 1:
		tags := []string{"vip"}[:rand.IntN(2)]
		_, err = a.Patch(ctx, grown, id, app.Details{Tags: &tags})
	case 2, 3:
		did := app.Did{Source: "orders", Customer: id, Record: activity.Record{ID: uuid.NewString(), Type: activity.OrderCompleted, At: f.clock().Add(-time.Duration(rand.IntN(72)) * time.Hour)}}
		app.Tell(&did, fmt.Appendf(nil, `{"orderId":%q,"total":{"amount":"1.00","currency":"EUR"}}`, did.Record.ID))
		err = a.RecordActivity(ctx, grown, did)
	case 4:
		kind := map[bool]consent.Status{true: consent.Granted, false: consent.Revoked}[rand.IntN(2) == 0]
		action := map[consent.Status]authz.Action{consent.Granted: authz.GrantConsent, consent.Revoked: authz.RevokeConsent}[kind]
		_, err = a.RecordConsent(ctx, grown, action, id, consent.Record{Kind: kind, Source: "web", Evidence: consent.Evidence{Purpose: "marketing"}})
	case 5:
		err = a.ChangeMember(ctx, grown, "hand", id, rand.IntN(2) == 0)
	case 6:
		rule := []string{`"vip" in customer.tags`, `!("vip" in customer.tags) || customer.orders.count >= 2`}[rand.IntN(2)]
		_, err = a.PatchSegment(ctx, grown, "tags", app.SegmentChange{Criteria: &rule})
	default:
		f.setClock(f.clock().Add(time.Duration(rand.IntN(48)) * time.Hour))
	}
	if code := fault.CodeOf(err); err != nil && code != fault.ErrTransition.Code && code != fault.ErrSegmentBusy.Code {
		f.must(err)
	}
}

// wrong lists what is not as a naive look at the streams gives it: members at any
// instance, the word of the last events, and the order of events.
func (f *fleet) wrong(ids []uuid.UUID) (out []string) {
	f.Helper()
	a, ctx, now := f.members[len(f.members)-1], f.Context(), f.clock()
	f.must(a.model.WaitHead(ctx, index.Freshness{}))
	defined, keys := map[string]index.Defined{}, map[string]string{}
	for _, d := range a.model.Segments().All(true) {
		defined[d.State.Key], keys[d.ID.String()] = d, d.State.Key
		if d.State.Calculating() && !d.State.Deleted {
			out = append(out, d.State.Key+" is being calculated")
		}
	}
	want := map[string]map[uuid.UUID]bool{}
	for key := range defined {
		want[key] = map[uuid.UUID]bool{}
	}
	for _, id := range ids {
		p := f.person(id)
		in := map[string]bool{}
		if d := defined["hand"]; d.State != nil {
			in["hand"] = p.in.Member(d.ID)
		}
		for _, key := range []string{"tags", "window", "bought", "lapsed", "others"} { // each after those that it asks for
			d := defined[key]
			in[key] = plain[d.State.Latest().Criteria](&p, now, in)
		}
		for key, d := range defined {
			if in[key] != p.in.Member(d.ID) {
				out = append(out, fmt.Sprintf("%s: by its streams a customer is in it: %v, by its events: %v", key, in[key], p.in.Member(d.ID)))
			}
			if in[key] {
				want[key][id] = true
			}
		}
		out = append(out, disorder(f.comings(id))...)
	}
	for _, i := range f.members {
		for key := range defined {
			got := map[uuid.UUID]bool{}
			if defined[key].State.Exists() {
				page, err := i.SegmentMembers(ctx, grown, key, time.Time{}, 0, 1<<20)
				f.must(err)
				for _, id := range page.IDs {
					got[id] = true
				}
			}
			if !maps.Equal(got, want[key]) {
				out = append(out, fmt.Sprintf("%s: an instance has %d members, they are %d", key, len(got), len(want[key])))
			}
		}
	}
	return out
}

// coming is an event of a customer's memberships: into a segment, or out.
type coming struct {
	segment string
	in      bool
	version int
}

func (f *fleet) comings(id uuid.UUID) (all []coming) {
	f.Helper()
	a := f.members[len(f.members)-1]
	if l, err := journal.Load(f.Context(), a.Journal, a.Streams.Memberships, id); err != nil || l.Version == 0 {
		return nil
	}
	f.must(journal.Replay(f.Context(), a.Journal, a.Streams.Memberships, id, func(s journal.Step[membership.State]) bool {
		switch e := s.Event.(type) {
		case *membership.Assigned:
			all = append(all, coming{e.SegmentID, true, e.Version})
		case *membership.Removed:
			all = append(all, coming{e.SegmentID, false, e.Version})
		}
		return true
	}))
	return all
}

// disorder lists comings that follow comings, goings that follow goings, and what
// an older version said after a newer.
func disorder(all []coming) (out []string) {
	last := map[string]coming{}
	for _, c := range all {
		if before := last[c.segment]; before.in == c.in {
			out = append(out, fmt.Sprintf("%s: twice %v", c.segment, c.in))
		} else if c.version < before.version {
			out = append(out, fmt.Sprintf("%s: version %d after %d", c.segment, c.version, before.version))
		}
		last[c.segment] = c
	}
	return out
}

// settled waits until nothing is wrong, and gives what is left when that never
// comes.
func (f *fleet) settled(ids []uuid.UUID) (wrong []string) {
	f.until(func() bool { wrong = f.wrong(ids); return len(wrong) == 0 })
	return wrong
}

// Whoever keeps segments may die at any time, and several may take themselves
// for the one who does: in the end every customer is in what its rules select,
// on every instance, and came and left in turn.
func TestSegmentsOutliveWhoKeepsThem(t *testing.T) {
	steps, lives := 25, 3
	if os.Getenv("SOAK") != "" {
		steps, lives = 200, 50
	}
	always := func(k *reactor.Segmenter) { k.Mine = func(context.Context) (bool, error) { return true, nil } }
	for name, spoil := range map[string]func(*reactor.Segmenter){"one leads": nil, "all take themselves for the one": always} {
		t.Run(name, func(t *testing.T) {
			fleets(t, func(t *testing.T, f *fleet) {
				f.start(spoil)
				f.start(spoil)
				ids := f.population(30)
				happen := func() {
					for range steps {
						f.happens(ids[rand.IntN(len(ids))])
					}
					ids = append(ids, f.join())
				}
				for life := range lives {
					happen()
					f.start(spoil)
					dead := f.members[0]
					if led := slices.IndexFunc(f.members, func(i *instance) bool { return i.led.Load() }); led >= 0 {
						dead = f.members[led]
					}
					f.members = slices.DeleteFunc(f.members, func(i *instance) bool { return i == dead })
					dead.die()
					if life == lives/2 {
						f.must(f.any().DeleteSegment(t.Context(), grown, "gone"))
					}
				}
				happen()
				if wrong := f.settled(ids); len(wrong) > 0 {
					t.Fatalf("%d wrong, such as %s", len(wrong), strings.Join(wrong[:min(len(wrong), 5)], "\n"))
				}
				if spoil != nil {
					return
				}
				led := 0
				for _, i := range f.members {
					if i.led.Load() {
						led++
					}
				}
				if led == 0 {
					t.Error("nobody of those who live leads")
				}
				f.controls(ids)
			})
		})
	}
}

// controls spoil what happened, in every way that must be noticed.
func (f *fleet) controls(ids []uuid.UUID) {
	f.Helper()
	longest := []coming{}
	for _, id := range ids {
		if all := f.comings(id); len(all) > len(longest) {
			longest = all
		}
	}
	if len(longest) < 4 {
		f.Fatalf("nothing to spoil: %v", longest)
	}
	for n := range longest {
		if len(disorder(slices.Insert(slices.Clone(longest), n, longest[n]))) == 0 {
			f.Errorf("control: event %d twice goes unseen", n)
		}
		followed := slices.ContainsFunc(longest[n+1:], func(c coming) bool { return c.segment == longest[n].segment })
		if followed && len(disorder(slices.Delete(slices.Clone(longest), n, n+1))) == 0 {
			f.Errorf("control: a lost event %d goes unseen", n)
		}
	}
	for _, i := range f.members {
		i.die()
	}
	f.start(func(k *reactor.Segmenter) { k.Mine = func(context.Context) (bool, error) { return false, nil } })
	f.members = f.members[len(f.members)-1:]
	f.setClock(f.clock().Add(300 * 24 * time.Hour)) // the windows pass, and nobody sees to them
	if len(f.wrong(ids)) == 0 {
		f.Error("control: nobody keeps the segments, and nobody notices")
	}
}

// losing is an instance that forgets one of five customers of whom rules say
// something.
type losing struct{ *app.App }

func (l losing) Resegment(ctx context.Context, customers []app.Resegmented) error {
	return l.App.Resegment(ctx, slices.DeleteFunc(customers, func(c app.Resegmented) bool { return c.ID[15]%5 == 0 }))
}

func TestASegmenterThatLosesSomebodyIsSeen(t *testing.T) {
	d := newDecade(t)
	f := &fleet{decade: d, open: func() eventstore.Store { return d.store }}
	i := f.start(func(k *reactor.Segmenter) { k.Record = losing{k.Record.(*app.App)} })
	ids := f.population(60)
	f.until(func() bool { // it believes that it is done
		f.must(i.model.WaitHead(t.Context(), index.Freshness{}))
		return !slices.ContainsFunc(i.model.Segments().All(false), func(d index.Defined) bool { return d.State.Calculating() })
	})
	if len(f.wrong(ids)) == 0 {
		t.Error("nobody notices")
	}
}

// late lets pass what says that an instance is behind: it is no answer.
func late(err error) error {
	if fault.CodeOf(err) == fault.ErrBehind.Code {
		return nil
	}
	return err
}

// sight is what a reader saw of a segment whose rule changes.
type sight struct {
	turn atomic.Int64 // the latest version that anybody saw
	half atomic.Int64 // how often a reader saw neither the old nor the new
	back atomic.Int64 // how often one saw the old after the new was seen
	seen atomic.Int64
}

// see notes a reading by version, 0 for neither; before is the turn when it began.
func (s *sight) see(version, before int64) {
	s.seen.Add(1)
	switch {
	case version == 0:
		s.half.Add(1)
	case version < before:
		s.back.Add(1)
	}
	for now := s.turn.Load(); version > now && !s.turn.CompareAndSwap(now, version); now = s.turn.Load() {
	}
}

// While a rule changes, every reader on every instance sees those of the old one
// or those of the new, and never again the old when one has seen the new: also
// when two calculate at a time, and one of them dies.
func TestReadersSeeARuleOrTheNextAndNeverHalf(t *testing.T) {
	size, turns := 300, 6
	if os.Getenv("SOAK") != "" {
		size, turns = 5000, 40
	}
	fleets(t, func(t *testing.T, f *fleet) {
		always := func(k *reactor.Segmenter) { k.Mine = func(context.Context) (bool, error) { return true, nil } }
		one, other := f.start(nil), f.start(always)
		var groups [2][]uuid.UUID // a third has one tag, the rest the other
		var mu sync.Mutex
		var wg sync.WaitGroup
		for w := range 30 {
			wg.Go(func() {
				for n := w; n < size; n += 30 {
					which := min(n%3, 1)
					v, err := one.Register(t.Context(), grown, customer.Register{Email: uuid.NewString() + "@example.test", Tags: []string{[]string{"x", "y"}[which]}})
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					groups[which] = append(groups[which], v.ID)
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		for i := range groups {
			slices.SortFunc(groups[i], func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
		}
		rule := func(version int64) string { return fmt.Sprintf("%q in customer.tags", []string{"y", "x"}[version%2]) } // version 1: x
		_, err := one.CreateSegment(t.Context(), grown, segment.Create{Key: "turning", Name: "Turning", Type: segment.Dynamic, Criteria: rule(1)})
		f.must(err)
		applied := func(version int) bool {
			v, err := other.GetSegment(t.Context(), grown, "turning")
			f.must(late(err))
			return err == nil && v.State.Applied >= version
		}
		if !f.until(func() bool { return applied(1) }) {
			t.Fatal("never calculated")
		}
		var of sight
		var naive sight // of who reads what events say, whatever version is applied
		of.turn.Store(1)
		over := make(chan struct{})
		stop := sync.OnceFunc(func() { close(over); wg.Wait() })
		defer stop()
		id := one.model.Segments().All(false)[0].ID
		// of which version a count or a set is, near the turn at which it was read
		version := func(latest int64, is func(group []uuid.UUID) bool) int64 {
			for v := latest; v <= latest+1; v++ {
				if is(groups[(v+1)%2]) {
					return v
				}
			}
			return 0
		}
		read := func(what string, do func(before int64) int64, s *sight) {
			wg.Go(func() {
				for {
					select {
					case <-over:
						return
					default:
						before := of.turn.Load()
						got := do(before)
						if s == &of && got < before {
							t.Errorf("%s: version %d is seen after version %d; 0 is half of one", what, got, before)
						}
						s.see(got, before)
					}
				}
			})
		}
		fail := func(err error) bool {
			if late(err) != nil {
				t.Error(err)
			}
			return err != nil
		}
		for _, i := range []*instance{one, other} {
			read("members", func(before int64) int64 {
				page, err := i.SegmentMembers(t.Context(), grown, "turning", time.Time{}, 0, 1<<20)
				if fail(err) {
					return before
				}
				slices.SortFunc(page.IDs, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
				return version(before, func(group []uuid.UUID) bool { return int(page.Total) == len(page.IDs) && slices.Equal(group, page.IDs) })
			}, &of)
			read("search", func(before int64) int64 {
				found, err := i.SearchCustomers(t.Context(), grown, app.CustomerQuery{Filter: `"turning" in customer.segments`, Facets: []string{"segments", "tags"}, Limit: 1})
				if fail(err) {
					return before
				}
				tags := found.Facets["tags"]
				return version(before, func(group []uuid.UUID) bool {
					return found.Total == int64(len(group)) && len(tags) == 1 && tags[0].Count == found.Total && found.Facets["segments"][0].Count == found.Total
				})
			}, &of)
			read("segment", func(before int64) int64 {
				v, err := i.GetSegment(t.Context(), grown, "turning")
				if fail(err) {
					return before
				}
				if v.Members != int64(len(groups[(v.State.Applied+1)%2])) {
					return 0
				}
				return int64(v.State.Applied)
			}, &of)
			read("latest", func(before int64) int64 {
				if fail(i.model.WaitHead(t.Context(), index.Freshness{})) {
					return before
				}
				got := i.model.Roster().Members(id, roster.Latest)
				return version(before, func(group []uuid.UUID) bool { return got.GetCardinality() == uint64(len(group)) })
			}, &naive)
		}
		for turn := 2; turn <= turns; turn++ {
			source := rule(int64(turn))
			patched := func() bool {
				_, err := []*instance{one, other}[turn%2].PatchSegment(t.Context(), grown, "turning", app.SegmentChange{Criteria: &source})
				f.must(late(err))
				return err == nil
			}
			if !f.until(patched) || !f.until(func() bool { return applied(turn) }) {
				t.Fatalf("version %d is never calculated", turn)
			}
		}
		stop()
		t.Logf("%d readings of %d turns", of.seen.Load(), of.turn.Load())
		if of.half.Load() > 0 || of.back.Load() > 0 || of.turn.Load() != int64(turns) {
			t.Errorf("of %d readings %d saw half a change, %d saw the old after the new", of.seen.Load(), of.half.Load(), of.back.Load())
		}
		if naive.half.Load() == 0 {
			t.Error("control: who reads what the last events say is not seen to see half")
		}
	})
}

// What is noted of a size is what happened since the one before: an hour in
// which nobody came or left leaves nothing to note.
func TestSizesCountWhoCameAndLeft(t *testing.T) {
	s := newSegmented(t)
	tagged := func(tags ...string) uuid.UUID {
		v, err := s.Register(t.Context(), grown, customer.Register{Email: uuid.NewString() + "@example.test", Tags: tags})
		s.must(err)
		return v.ID
	}
	for range 3 {
		tagged("x")
		tagged("y")
	}
	last := tagged("y")
	s.create("turning", `"x" in customer.tags`)
	s.settle()
	hour := func() {
		s.setClock(s.clock().Add(2 * time.Hour))
		s.settle()
	}
	sizes := func(want ...string) {
		t.Helper()
		var got []string
		for _, z := range s.model.Segments().All(false)[0].State.Sizes {
			got = append(got, fmt.Sprintf("%d: %d +%d -%d", z.Version, z.Members, z.Entered, z.Left))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%v, not %v", got, want)
		}
	}
	sizes("1: 3 +3 -0")
	hour()
	sizes("1: 3 +3 -0")
	source := `"y" in customer.tags`
	_, err := s.PatchSegment(t.Context(), grown, "turning", app.SegmentChange{Criteria: &source})
	s.must(err)
	s.settle()
	hour()
	sizes("1: 3 +3 -0", "2: 4 +4 -3")
	none := []string{}
	_, err = s.Patch(t.Context(), grown, last, app.Details{Tags: &none})
	s.must(err)
	s.settle()
	hour()
	hour()
	sizes("1: 3 +3 -0", "2: 4 +4 -3", "2: 3 +0 -1")
}
