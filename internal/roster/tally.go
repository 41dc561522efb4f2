package roster

import (
	"cmp"
	"container/heap"
	"slices"
)

// Overlap is how many customers are in which combinations of segments.
type Overlap struct {
	Combinations []Combination // the most frequent first
	// More combinations than these have somebody in them, Others in all.
	More, Others int64
}

// Combination is who is in all of some segments and in none of the others.
type Combination struct {
	In    uint64 // a bit a segment, in the order in which they were asked for
	Count int64
}

// before tells which of two comes first: the more frequent, else the one of
// earlier segments.
func (a Combination) before(b Combination) int {
	return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.In, b.In))
}

// tally counts by combination: a table with room for twice as many as it has,
// of which none is 0.
type tally struct {
	places []Combination
	shift  int // of a hash, for a place
	used   int
}

func newTally() *tally { return &tally{places: make([]Combination, 1<<8), shift: 64 - 8} }

func (t *tally) add(in uint64, n int64) {
	at := t.place(in)
	if t.places[at].In == 0 {
		if n == 0 {
			return
		}
		if t.used++; t.used > len(t.places)/2 {
			t.grow()
			at = t.place(in)
		}
		t.places[at].In = in
	}
	t.places[at].Count += n
}

// place finds where a combination is or has to be.
func (t *tally) place(in uint64) uint64 {
	at := in * 0x9E3779B97F4A7C15 >> t.shift // bits of any place tell
	for t.places[at].In != in && t.places[at].In != 0 {
		at = (at + 1) & uint64(len(t.places)-1)
	}
	return at
}

func (t *tally) grow() {
	before := t.places
	t.places, t.shift = make([]Combination, len(before)*4), t.shift-2
	for _, c := range before {
		if c.In != 0 {
			t.places[t.place(c.In)] = c
		}
	}
}

// most gives the most frequent, and sums up the others.
func (t *tally) most(n int) (out Overlap) {
	var first frequent
	for _, c := range t.places {
		switch {
		case c.In == 0:
			continue
		case len(first) < n:
			heap.Push(&first, c)
			continue
		case c.before(first[0]) < 0:
			c, first[0] = first[0], c
			heap.Fix(&first, 0)
		}
		out.More++
		out.Others += c.Count
	}
	slices.SortFunc(first, Combination.before)
	out.Combinations = first
	return out
}

// frequent are the most frequent, the least of them on top.
type frequent []Combination

func (f frequent) Len() int           { return len(f) }
func (f frequent) Less(i, j int) bool { return f[i].before(f[j]) > 0 }
func (f frequent) Swap(i, j int)      { f[i], f[j] = f[j], f[i] }
func (f *frequent) Push(x any)        { *f = append(*f, x.(Combination)) }
func (f *frequent) Pop() any          { panic("nobody leaves") }
