package reactor_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/index"
	"github.com/acme/customers/internal/reactor"
	"github.com/acme/customers/internal/roster"
	"github.com/acme/customers/internal/segment"
)

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
