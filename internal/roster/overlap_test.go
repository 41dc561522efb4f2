package roster

import (
	"math/rand/v2"
	"slices"
	"testing"

	diff "github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/membership"
	"github.com/acme/customers/internal/segment"
)

// maxAsked is how many segments are asked for at most: a bit each.
const maxAsked = 64

// mixed is a roster with customers, some of them erased, and members of whom
// nobody knows; the customers are in what in says.
func mixed(t *rapid.T) (r *Roster, ids []uuid.UUID, in []uint64) {
	r = newRoster()
	for i := range rapid.SampledFrom([]int{1, 2, 5, fewSets, fewSets + 1, 20, 63, maxAsked}).Draw(t, "segments") {
		ids = append(ids, uuid.UUID{1, byte(i)})
		r.PutSegments([]Defined{{ids[i], &segment.State{Key: ids[i].String(), Type: segment.Static, Applied: 1}}})
	}
	n := rapid.SampledFrom([]int{0, 1, 63, 64, 65, 300, 5000}).Draw(t, "customers")
	rnd := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	kinds := rapid.SliceOfN(rapid.OneOf(rapid.Just(uint64(0)), rapid.Uint64()), 1, 20).Draw(t, "kinds")
	own := rapid.Bool().Draw(t, "each its own")
	people, members := make([]Person, n), make([]Segmented, n+3) // nobody ever hears of three of them
	in = make([]uint64, n)
	for o := range members {
		mask := kinds[rnd.IntN(len(kinds))]
		if own {
			mask = rnd.Uint64()
		}
		if mask &= 1<<len(ids) - 1; o < n {
			in[o] = mask
			people[o] = Person{ID: uuid.UUID{2, byte(o), byte(o >> 8)}, Ordinal: uint32(o), Version: 1, State: new(customer.State)}
		}
		members[o] = Segmented{uint32(o), membersOf(ids, mask)}
	}
	members[n].Ordinal = 1 << 20
	r.Put(people)
	r.PutMemberships(members)
	for o := range in {
		if rnd.IntN(10) == 0 {
			in[o] = 0
			r.Put([]Person{{ID: people[o].ID, Ordinal: uint32(o), Gone: rnd.IntN(2) == 0}})
		}
	}
	return r, ids, in
}

func membersOf(ids []uuid.UUID, mask uint64) *membership.State {
	s := &membership.State{Segments: map[string]membership.Standing{}}
	for i, id := range ids {
		if mask&(1<<i) != 0 {
			s.Segments[id.String()] = membership.Standing{Version: 1, Member: true}
		}
	}
	return s
}

// naively counts one by one, and sorts all combinations.
func naively(in []uint64, most int) (out Overlap) {
	counts := map[uint64]int64{}
	for _, mask := range in {
		if mask != 0 {
			counts[mask]++
		}
	}
	all := []Combination{}
	for mask, n := range counts {
		all = append(all, Combination{mask, n})
	}
	slices.SortFunc(all, Combination.before)
	out.Combinations = all[:min(most, len(all))]
	for _, c := range all[len(out.Combinations):] {
		out.More, out.Others = out.More+1, out.Others+c.Count
	}
	return out
}

// Of any number of segments every combination is counted as counting one by one
// does, and what is left out is summed up.
func TestOverlapIsCountingOneByOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, ids, in := mixed(t)
		most := rapid.SampledFrom([]int{1, 3, 1000}).Draw(t, "most")
		got, want := r.Overlap(ids, most), naively(in, most)
		if len(want.Combinations) == 0 {
			want.Combinations = nil
		}
		if d := diff.Diff(want, got); d != "" {
			t.Fatalf("%d segments (-one by one +at once):\n%s", len(ids), d)
		}
		for i := range in { // the control: one customer elsewhere is noticed
			if in[i] != 0 {
				in[i] = 0
				if diff.Equal(naively(in, most), got) {
					t.Fatal("nobody is missed")
				}
				return
			}
		}
	})
}

// Both ways of counting give the same of as many sets as both can count.
func TestBothWaysOfCountingAgree(t *testing.T) {
	r, ids := halves(64*100, fewSets)
	counts := map[string]Overlap{}
	for name, count := range map[string]func(*dense, *tally){"all": (*dense).countAll, "each": (*dense).countEach} {
		d, tally := new(dense), newTally()
		d.begin(r.customers)
		for _, id := range ids {
			d.add(r.segments.of[id].seen)
		}
		count(d, tally)
		counts[name] = tally.most(1 << fewSets)
	}
	if d := diff.Diff(counts["all"], counts["each"]); d != "" || len(counts["all"].Combinations) != 1<<fewSets-1 {
		t.Errorf("%d combinations (-all +each):\n%s", len(counts["all"].Combinations), d)
	}
}
