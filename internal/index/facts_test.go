package index

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/eventstore/memory"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/journal"
	"github.com/acme/customers/internal/vault"
	keymemory "github.com/acme/customers/internal/vault/memory"
)

// crowd changes customers at random.
type crowd struct {
	*service
	r   *rand.Rand
	ids []uuid.UUID // alive
}

// step registers, changes or erases somebody.
func (c *crowd) step(t testing.TB) {
	t.Helper()
	if len(c.ids) < 5 || c.r.IntN(4) == 0 {
		c.ids = append(c.ids, c.register(t))
		return
	}
	i := c.r.IntN(len(c.ids))
	id := c.ids[i]
	if c.r.IntN(12) == 0 {
		c.erase(t, id)
		c.ids = append(c.ids[:i], c.ids[i+1:]...)
		return
	}
	phone := fmt.Sprintf("+3161234%04d", c.r.IntN(10000))
	commands := []customer.Command{
		customer.Activate{Cause: customer.CauseRequest},
		customer.Deactivate{Cause: customer.CauseRequest},
		customer.ChangeContact{Phone: &phone},
		customer.RequestVerification{Channel: customer.ByEmail, DeliveryID: uuid.NewString(), At: time.Now(), Policy: customer.DefaultPolicy()},
		customer.ConfirmVerification{Channel: customer.ByEmail, Code: "1", Expected: func(string, string) string { return "1" }, At: time.Now(), Policy: customer.DefaultPolicy()},
		customer.Archive{Cause: customer.CauseRequest},
	}
	command := commands[min(c.r.IntN(20), 5)%6]
	if n := c.r.IntN(20); n < 19 { // archived is for good, so it is rare
		command = commands[n%5]
	}
	_, err := journal.Execute(t.Context(), c.journal, c.customers, journal.Command[customer.State, customer.Event]{
		ID: id, Meta: event.Meta{Actor: event.ActorSupport, Source: "api", At: time.Now()}, Decide: command.Decide})
	if fault.KindOf(err) == fault.Internal && err != nil || fault.KindOf(err) == fault.Unavailable {
		t.Fatal(err)
	}
}

// expected counts from what a plain reader of the log finds.
func (s *service) expected(t testing.TB, ids []uuid.UUID) Statistics {
	t.Helper()
	out := Statistics{ByStatus: map[string]int64{}, ByType: map[string]int64{}, Registrations: map[string]int64{},
		Completeness: Scores{Missing: map[string]int64{}}}
	stages := [4]int64{}
	score := 0
	for _, id := range ids {
		l, err := journal.Load(t.Context(), s.journal, s.customers, id)
		if err != nil {
			t.Fatal(err)
		}
		out.Total++
		out.ByStatus[string(l.State.Status)]++
		out.ByType[string(l.State.Type)]++
		out.Registrations[l.State.RegisteredAt.Format(time.DateOnly)]++
		n, missing := l.State.Completeness(customer.DefaultWeights(), customer.Everything)
		score += n
		out.Completeness.Histogram[min(n/10, 9)]++
		if n > 80 {
			out.Completeness.Above80++
		}
		for _, name := range missing {
			out.Completeness.Missing[name]++
		}
		// From the history, not from what the state remembers of it.
		seen := map[string]bool{}
		err = journal.Replay(t.Context(), s.journal, s.customers, id, func(st journal.Step[customer.State]) bool {
			seen[st.Type] = true
			return true
		})
		if err != nil {
			t.Fatal(err)
		}
		for i, reached := range []bool{true, seen["EmailVerificationRequested"] || seen["EmailVerified"], seen["EmailVerified"], seen["CustomerActivated"]} {
			if reached {
				stages[i]++
			}
		}
	}
	for i, name := range []string{"registered", "verification_requested", "email_verified", "activated"} {
		out.Funnel = append(out.Funnel, Stage{name, stages[i], float64(stages[i]) / float64(out.Total)})
	}
	out.Completeness.Average = float64(score) / float64(out.Total)
	out.Completeness.Above80 /= float64(out.Total)
	return out
}

func (s *service) loadedModel(t testing.TB) (*Model, func()) {
	t.Helper()
	m, stop := s.model(t)
	<-m.Loaded()
	if err := m.WaitHead(t.Context(), Freshness{}); err != nil {
		t.Fatal(err)
	}
	return m, stop
}

// TRUST: a model that followed the log while it was written, one that was
// loaded in the middle and one built from zero know the same, and what a plain
// reader of the log counts.
func TestALiveModelEqualsOneBuiltFromZero(t *testing.T) {
	c := &crowd{service: newService(t, nil), r: rand.New(rand.NewPCG(7, 7))}
	live, _ := c.model(t)
	for range 200 {
		c.step(t)
	}
	middle, _ := c.model(t) // loads while the rest is written
	for range 400 {
		c.step(t)
	}
	fresh, _ := c.loadedModel(t)
	want := fresh.Facts().Hash()
	for name, m := range map[string]*Model{"live": live, "loaded while written": middle} {
		<-m.Loaded()
		if err := m.WaitHead(t.Context(), Freshness{}); err != nil {
			t.Fatal(err)
		}
		if m.Facts().Hash() != want {
			t.Errorf("%s: differs from the one built from zero", name)
		}
	}
	got, err := live.Statistics(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	head, _ := c.store.Head(t.Context())
	expected := c.expected(t, c.ids)
	expected.Position = head
	if d := cmp.Diff(expected, got); d != "" {
		t.Error(d)
	}
}

// faulty is a projector with a bug.
type faulty struct {
	*tail
	facts *Facts
	skip  int64 // the record at this position is not applied
	twice int64 // the record at this position counts twice
}

func (f *faulty) Apply(ctx context.Context, records []eventstore.Record) error {
	var some []eventstore.Record
	for _, r := range records {
		if r.Position != f.skip {
			some = append(some, r)
		}
		if r.Position == f.twice {
			facts := f.facts
			facts.mu.Lock()
			facts.sum.add(facts, int(facts.ordinals[r.Stream.ID]), 1)
			facts.mu.Unlock()
		}
	}
	if len(some) == 0 {
		return nil
	}
	return f.tail.Apply(ctx, some)
}

// project feeds a model by hand, in batches that overlap as after a crash, and
// sometimes starts again with an empty model, which a killed process is.
func project(t *testing.T, s *service, r *rand.Rand, kills int, spoil func(*Model) applier, grow func()) *Model {
	t.Helper()
	var m *Model
	var handler applier
	position := int64(0)
	begin := func() {
		m = New(s.config())
		var err error
		if position, err = m.tail.start(t.Context()); err != nil {
			t.Fatal(err)
		}
		handler = spoil(m)
		m.customers.run(t.Context(), m.tail.applied.Load)
	}
	begin()
	for kill := 0; ; {
		grow()
		from := position
		if kills > 0 { // delivered before, delivered again
			from = max(0, position-int64(r.IntN(5)))
		}
		records, err := s.store.Feed(t.Context(), from, 1+r.IntN(30))
		if err != nil {
			t.Fatal(err)
		}
		if len(records) > 0 {
			if err := handler.Apply(t.Context(), records); err != nil {
				t.Fatal(err)
			}
			position = max(position, records[len(records)-1].Position)
		}
		head, _ := s.store.Head(t.Context())
		if kill < kills && r.IntN(3) == 0 {
			kill++
			begin()
		} else if kill == kills && position == head {
			return m
		}
	}
}

type applier interface {
	Apply(ctx context.Context, records []eventstore.Record) error
}

func soak(n, long int) int {
	if os.Getenv("SOAK") != "" {
		return long
	}
	return n
}

// TRUST: killed at any point, any number of times, the projector ends with the
// same facts.
func TestAKilledProjectorEndsTheSame(t *testing.T) {
	c := &crowd{service: newService(t, nil), r: rand.New(rand.NewPCG(8, 8))}
	left := 400
	grow := func() {
		for range min(left, c.r.IntN(8)) {
			c.step(t)
			left--
		}
	}
	killed := project(t, c.service, c.r, soak(40, 400), func(m *Model) applier { return m.tail }, grow)
	for ; left > 0; left-- {
		c.step(t)
	}
	records, err := c.store.Feed(t.Context(), 0, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if err := killed.tail.Apply(t.Context(), records); err != nil { // all of it once more
		t.Fatal(err)
	}
	fresh, _ := c.loadedModel(t)
	if killed.Facts().Hash() != fresh.Facts().Hash() {
		t.Error("the facts differ from those of a model built from zero")
	}
}

func TestControlAFaultyProjectorIsNoticed(t *testing.T) {
	for name, spoil := range map[string]func(*Model, int64) applier{
		"skips a record":        func(m *Model, at int64) applier { return &faulty{tail: m.tail, facts: m.Facts(), skip: at} },
		"counts a record twice": func(m *Model, at int64) applier { return &faulty{tail: m.tail, facts: m.Facts(), twice: at} },
	} {
		t.Run(name, func(t *testing.T) {
			c := &crowd{service: newService(t, nil), r: rand.New(rand.NewPCG(9, 9))}
			for range 20 {
				c.step(t)
			}
			id := c.register(t)
			head, _ := c.store.Head(t.Context())
			once := sync.OnceFunc(func() {
				c.execute(t, id, false, customer.Archive{Cause: customer.CauseRequest}) // its last record
				for range 20 {
					c.step(t)
				}
			})
			m := project(t, c.service, c.r, 0, func(m *Model) applier { return spoil(m, head+1) }, once)
			fresh, _ := c.loadedModel(t)
			if m.Facts().Hash() == fresh.Facts().Hash() {
				t.Error("the hashes are the same")
			}
		})
	}
}

// A reader sees each batch as a whole: the parts always add up.
func TestAReaderNeverSeesHalfAnUpdate(t *testing.T) {
	c := &crowd{service: newService(t, nil), r: rand.New(rand.NewPCG(10, 10))}
	m, _ := c.loadedModel(t)
	var done atomic.Bool
	var wg sync.WaitGroup
	wg.Go(func() {
		for !done.Load() {
			s, err := m.Statistics(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			if d := uneven(s); d != "" {
				t.Error(d)
				return
			}
		}
	})
	for range 300 {
		c.step(t)
	}
	done.Store(true)
	wg.Wait()
	s, _ := m.Statistics(t.Context())
	s.ByStatus["pending"]++
	if uneven(s) == "" {
		t.Error("control: the sums are not compared")
	}
}

func uneven(s Statistics) string {
	add := func(m map[string]int64) (n int64) {
		for _, v := range m {
			n += v
		}
		return n
	}
	histogram := int64(0)
	for _, n := range s.Completeness.Histogram {
		histogram += n
	}
	for name, n := range map[string]int64{"status": add(s.ByStatus), "type": add(s.ByType), "days": add(s.Registrations),
		"histogram": histogram, "funnel": s.Funnel[0].Count} {
		if n != s.Total {
			return fmt.Sprintf("%s adds up to %d of %d", name, n, s.Total)
		}
	}
	return ""
}

// spoilt shows one customer's snapshot other than it was written.
type spoilt struct {
	eventstore.Store
	spoil func(*eventstore.Loaded)
}

func (s *spoilt) each(found []eventstore.Loaded, err error) ([]eventstore.Loaded, error) {
	for i := range found {
		s.spoil(&found[i])
	}
	return found, err
}

func (s *spoilt) Load(ctx context.Context, streams ...event.Stream) ([]eventstore.Loaded, error) {
	return s.each(s.Store.Load(ctx, streams...))
}

func (s *spoilt) Scan(ctx context.Context, streamType string, after uuid.UUID, limit int) ([]eventstore.Loaded, error) {
	return s.each(s.Store.Scan(ctx, streamType, after, limit))
}

// spoiltKeys shows one subject's wrapped keys other than they were written.
type spoiltKeys struct {
	vault.KeyStore
	bad uuid.UUID
}

func (s *spoiltKeys) each(rows []vault.Row, err error) ([]vault.Row, error) {
	for i := range rows {
		if rows[i].Subject == s.bad {
			rows[i].Wrapped = bytes.Clone(rows[i].Wrapped)
			rows[i].Wrapped[20] ^= 1
		}
	}
	return rows, err
}

func (s *spoiltKeys) Get(ctx context.Context, ids []uuid.UUID) ([]vault.Row, error) {
	return s.each(s.KeyStore.Get(ctx, ids))
}

func (s *spoiltKeys) Scan(ctx context.Context, q vault.Query) ([]vault.Row, error) {
	return s.each(s.KeyStore.Scan(ctx, q))
}

func TestOneBrokenCustomerIsCountedAndInNobodysWay(t *testing.T) {
	for _, what := range []string{"snapshot", "keys"} {
		t.Run(what, func(t *testing.T) {
			store, keys := &spoilt{Store: memory.Open(), spoil: func(*eventstore.Loaded) {}}, &spoiltKeys{KeyStore: keymemory.New()}
			s := newServiceWith(t, store, keys)
			bad, good := s.register(t), s.register(t)
			live, _ := s.loadedModel(t)
			if what == "keys" {
				keys.bad = bad
				s.vault.Forget(bad)
			} else {
				store.spoil = func(l *eventstore.Loaded) {
					if l.Stream.ID == bad {
						l.Sealed[len(l.Sealed)/2] ^= 1
					}
				}
			}
			loaded, _ := s.loadedModel(t)
			s.execute(t, good, false, customer.Activate{Cause: customer.CauseRequest})
			if _, err := s.store.Commit(t.Context(), touch(t, store.Store, bad)); err != nil { // the tail reads it again
				t.Fatal(err)
			}
			for name, m := range map[string]*Model{"live": live, "loaded": loaded} {
				if err := m.WaitHead(t.Context(), Freshness{}); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				got, err := m.Statistics(t.Context())
				if err != nil || got.Total != 1 || got.Unreadable != 1 || got.ByStatus["active"] != 1 {
					t.Errorf("%s: %+v, %v", name, got, err)
				}
			}
			if live.Facts().Hash() != loaded.Facts().Hash() {
				t.Error("the two differ")
			}
		})
	}
}

// touch appends to a customer's stream without changing its snapshot.
func touch(t *testing.T, store eventstore.Store, id uuid.UUID) eventstore.Commit {
	t.Helper()
	stream := event.Stream{Type: customer.Stream, ID: id}
	found, err := store.Load(t.Context(), stream)
	if err != nil || len(found) != 1 {
		t.Fatal(err)
	}
	v := found[0].Version
	return eventstore.Commit{Appends: []eventstore.Append{{Stream: stream, Subject: id, Expected: v, Records: []eventstore.Record{
		{Envelope: event.Envelope{Stream: stream, Subject: id, Version: v + 1, Type: "CustomerActivated", OccurredAt: time.Now()}}}}}}
}

// After an update of the program all snapshots have another fingerprint.
func TestSnapshotsOfAnotherProgramAreFoldedAgain(t *testing.T) {
	store := &spoilt{Store: memory.Open(), spoil: func(*eventstore.Loaded) {}}
	c := &crowd{service: newService(t, store), r: rand.New(rand.NewPCG(11, 11))}
	for range 60 {
		c.step(t)
	}
	before, _ := c.loadedModel(t)
	store.spoil = func(l *eventstore.Loaded) { l.Fingerprint++ }
	after, _ := c.loadedModel(t)
	if before.Facts().Hash() != after.Facts().Hash() {
		t.Error("the facts differ")
	}
}

// failing is a store that cannot load now and then.
type failing struct {
	eventstore.Store
	down atomic.Bool
}

func (s *failing) Load(ctx context.Context, streams ...event.Stream) ([]eventstore.Loaded, error) {
	if s.down.Load() {
		return nil, fault.ErrUnavailable
	}
	return s.Store.Load(ctx, streams...)
}

func TestADependencyThatIsDownIsBehindAndNotEmpty(t *testing.T) {
	store := &failing{Store: memory.Open()}
	s := newService(t, store)
	id := s.register(t)
	m, _ := s.loadedModel(t)
	l := s.execute(t, id, false, customer.Activate{Cause: customer.CauseRequest})
	if err := m.WaitHead(t.Context(), Freshness{}); err != nil {
		t.Fatal(err)
	}
	before := m.Facts().Hash()
	store.down.Store(true)
	_, err := store.Commit(t.Context(), touch(t, store.Store, id))
	if err != nil {
		t.Fatal(err)
	}
	if err := m.WaitHead(t.Context(), Freshness{}); !errors.Is(err, fault.ErrBehind) {
		t.Errorf("got %v", err)
	}
	if m.Facts().Hash() != before {
		t.Errorf("the facts changed; the customer was at version %d", l.Version)
	}
	store.down.Store(false)
	for m.WaitHead(t.Context(), Freshness{}) != nil { // the runner tries again
	}
}
