package search

import (
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"
)

// TestPostings: whatever was added and dropped, a term has the documents that a
// plain set would have, in slots of every size, in bitmaps and back.
func TestPostings(t *testing.T) {
	const terms, docs = 8, 700
	r := rand.New(rand.NewPCG(1, 1))
	p, refs, want := new(postings), slices.Repeat([]uint32{none}, terms), [terms]map[uint32]bool{}
	f := &field{post: p, pages: []page{{refs: refs}}}
	for i := range want {
		want[i] = map[uint32]bool{}
	}
	check := func() {
		for term, set := range want {
			g := newGather(docs)
			g.terms(f, uint32(term))
			got := g.take()
			if got == nil {
				got = p.bitmap(refs[term])
			}
			if int(got.GetCardinality()) != len(set) || !got.Equals(p.bitmap(refs[term])) {
				t.Fatalf("term %d has %d documents of %d", term, got.GetCardinality(), len(set))
			}
			for doc := range set {
				if !got.Contains(doc) {
					t.Fatalf("term %d lacks %d", term, doc)
				}
			}
		}
	}
	largest := 0
	for round := range 60 {
		adding := round%6 < 3 // in turn more and less
		for range 600 {
			term, doc := uint32(r.IntN(terms)), uint32(r.IntN(docs))
			if term > 5 {
				doc %= 20
			}
			if adding == (r.IntN(5) > 0) {
				p.add(&refs[term], doc)
				want[term][doc] = true
			} else {
				delete(want[term], doc)
				if p.drop(&refs[term], doc) != (len(want[term]) == 0) {
					t.Fatalf("term %d: whether it is empty", term)
				}
			}
		}
		largest = max(largest, len(want[0]))
		check()
	}
	if largest <= room[len(room)-1] {
		t.Errorf("no term had more than %d documents: no bitmap was tried", largest)
	}
	for term := range want {
		for doc := range want[term] {
			p.drop(&refs[term], doc)
		}
		clear(want[term])
	}
	check()
}

// TestGatherKeepsWhatItHas: bitmaps of every shape come together, whichever is
// first, and what was met is not taken again.
func TestGatherKeepsWhatItHas(t *testing.T) {
	const docs = 3 << 16
	few, many, run := roaring.New(), roaring.New(), roaring.New()
	for i := range uint32(docs / 100) {
		few.Add(i * 100)
	}
	for i := range uint32(docs / 3) {
		many.Add(i*3 + 1)
	}
	run.AddRange(70_000, 140_000)
	run.RunOptimize()
	all := []*roaring.Bitmap{few, many, run}
	for first := range all {
		g, want := newGather(docs), roaring.New()
		for i := range all {
			b := all[(first+i)%len(all)]
			g.bitmap(b)
			want.Or(b)
		}
		if got := g.take(); !got.Equals(want) || !g.all(nil).Equals(want) {
			t.Errorf("%d of %d", got.GetCardinality(), want.GetCardinality())
		}
		if g.bitmap(many); g.take() != nil {
			t.Error("what was met is taken again")
		}
	}
}

// TestDistance holds the bounded distance against the textbook's.
func TestDistance(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	word := func() []rune {
		w := make([]rune, r.IntN(9))
		for i := range w {
			w[i] = 'a' + rune(r.IntN(3))
		}
		return w
	}
	for range 50_000 {
		a, b := word(), word()
		want := textbook(a, b)
		for most := 1; most <= 2; most++ {
			if got := distance(a, b, most); got != min(want, most+1) {
				t.Fatalf("%q to %q: %d, not %d", string(a), string(b), got, want)
			}
			if want <= most && bits.OnesCount32(signature([]byte(string(a)))^signature([]byte(string(b)))) > differing(len(a)-len(b), most) {
				t.Fatalf("%q and %q are said to be far apart", string(a), string(b))
			}
		}
	}
}

func textbook(a, b []rune) int {
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		for j := range d[i] {
			switch {
			case i == 0 || j == 0:
				d[i][j] = i + j
			case a[i-1] == b[j-1]:
				d[i][j] = d[i-1][j-1]
			default:
				d[i][j] = 1 + min(d[i-1][j-1], d[i-1][j], d[i][j-1])
			}
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}
