package search

import "github.com/RoaringBitmap/roaring/v2"

// gather collects documents as bits, the best first: what was met at one rank
// is not taken again at a lower one. It is used again and again, so that a
// search makes no garbage but what it finds.
type gather struct {
	met  []uint64 // what was taken, and what is not within
	now  []uint64 // what is found at this rank, met or not
	any  bool     // whether that is anything
	full []uint64 // for bitmaps on their way; empty in between
	buf  [256]uint32
}

func newGather(docs int) *gather {
	g := new(gather)
	g.resize(docs)
	return g
}

// resize makes room for so many documents. Between searches, full and now are
// empty.
func (g *gather) resize(docs int) {
	if n := (docs + 63) / 64; n <= cap(g.met) {
		g.met, g.now, g.full = g.met[:n], g.now[:n], g.full[:n]
	} else {
		n += n / 8
		g.met, g.now, g.full = make([]uint64, n), make([]uint64, n), make([]uint64, n)
		g.resize(docs)
	}
}

// begin makes it gather anew, of the documents within; nil is all.
func (g *gather) begin(within *roaring.Bitmap) {
	clear(g.met)
	if within == nil {
		return
	}
	if end := uint64(len(g.met) * 64); !within.IsEmpty() && uint64(within.Maximum()) >= end {
		within = within.Clone()
		within.RemoveRange(end, 1<<32)
	}
	within.WriteDenseTo(g.met)
	for i := range g.met {
		g.met[i] = ^g.met[i]
	}
}

// fresh leaves out terms of which it is easily told that they lead to nothing
// new. It hardly branches: whether they do is anybody's guess.
func (g *gather) fresh(f *field, terms []uint32) []uint32 {
	n, met, now := 0, g.met, g.now[:len(g.met)]
	for _, term := range terms {
		terms[n] = term
		if v := *f.ref(term); v&shared == 0 {
			n += int(^(met[v>>6] | now[v>>6]) >> (v & 63) & 1)
		} else if v != none {
			n++
		}
	}
	return terms[:n]
}

// terms takes the documents of terms.
func (g *gather) terms(f *field, terms ...uint32) {
	for _, term := range terms {
		g.ref(f.post, *f.ref(term))
	}
}

func (g *gather) ref(p *postings, v uint32) {
	g.any = true
	if v&shared == 0 {
		g.now[v>>6] |= 1 << (v & 63)
	} else if v != none {
		g.several(p, v)
	}
}

func (g *gather) several(p *postings, v uint32) {
	class, at := split(v)
	if class == bitsClass {
		g.bitmap(p.bits[at])
		return
	}
	for _, doc := range p.slot(class, at) {
		if doc == none {
			break
		}
		g.now[doc>>6] |= 1 << (doc & 63)
	}
}

func (g *gather) bitmap(bits *roaring.Bitmap) {
	g.any = true
	if bits.GetCardinality() < uint64(len(g.met)/4) {
		var some [256]uint32
		for it := bits.ManyIterator(); ; {
			n := it.NextMany(some[:])
			if n == 0 {
				return
			}
			for _, doc := range some[:n] {
				g.now[doc>>6] |= 1 << (doc & 63)
			}
		}
	}
	bits.WriteDenseTo(g.full)
	for i, w := range g.full {
		g.now[i] |= w
	}
	clear(g.full)
}

// take gives what was found since the last time and not met before, nil for
// nothing.
func (g *gather) take() (docs *roaring.Bitmap) {
	if !g.any {
		return nil
	}
	for i, w := range g.now {
		w &^= g.met[i]
		g.now[i] = w
		g.met[i] |= w
	}
	docs = roaring.FromDense(g.now, true)
	clear(g.now)
	if g.any = false; docs.IsEmpty() {
		return nil
	}
	return docs
}

// all gives everything that was taken.
func (g *gather) all(within *roaring.Bitmap) *roaring.Bitmap {
	docs := roaring.FromDense(g.met, true)
	if within != nil {
		docs.And(within)
	}
	return docs
}
