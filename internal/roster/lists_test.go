package roster

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// Whatever becomes of them, the words of each are those that were set, every set
// is kept once, and none that nobody has.
func TestListsKeepEachSetOnce(t *testing.T) {
	l, want := newLists(), map[uint32][]string{}
	some := [][]string{nil, {"a"}, {"a", "b"}, {"a\x00b"}, {"ab"}, {"a", "b", "c"}}
	for range 3000 {
		o := uint32(rand.IntN(40))
		words := slices.Clone(some[rand.IntN(len(some))])
		l.set(o, words)
		want[o] = words
		had := map[string]bool{}
		for o, words := range want {
			if got := l.get(o); !slices.Equal(got, words) {
				t.Fatalf("%d has %q, not %q", o, got, words)
			}
			for _, word := range words {
				had[word] = true
				if !l.having(word).Contains(o) {
					t.Fatalf("%d is not among those who have %q", o, word)
				}
			}
		}
		if len(l.numbers) != len(l.sets)-1-len(l.spare) || len(l.sets) > len(some) || len(had) != len(l.who) {
			t.Fatalf("%d sets in %d places, %d of them spare; %d words of %d", len(l.numbers), len(l.sets), len(l.spare), len(l.who), len(had))
		}
	}
	for o := range want {
		l.set(o, nil)
	}
	if len(l.numbers) != 0 || len(l.who) != 0 || !l.any.IsEmpty() || slices.ContainsFunc(l.sets, func(s set) bool { return s.words != nil }) {
		t.Error("words are left that nobody has")
	}
	l.set(1, []string{"x"})
	if l.sets[l.of.Get(1)].times = 2; true { // the control: somebody else is said to have it
		l.set(1, nil)
		if len(l.numbers) == 0 {
			t.Error("a set is forgotten that somebody has")
		}
	}
}
