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

	buf   [256]uint32
	refs  [256]uint32
	asked uint32 // what is read ahead has to go somewhere
	first byte   // likewise
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

// terms takes the documents of terms. What is apart in memory is asked for in
// one go before it is used, so that the waits for it are not one by one.
func (g *gather) terms(f *field, terms ...uint32) {
	g.any = true
	for len(terms) > len(g.refs) {
		g.terms(f, terms[:len(g.refs)]...)
		terms = terms[len(g.refs):]
	}
	shares, first := 0, uint32(0)
	for _, term := range terms {
		v := *f.ref(term)
		switch {
		case v&shared == 0:
			g.now[v>>6] |= 1 << (v & 63)
			continue
		case v == none:
			continue
		case v&^shared>>slotBit != bitsClass:
			class, at := split(v)
			first |= f.post.slots[class][int(at)*room[class]]
		}
		g.refs[shares] = v
		shares++
	}
	g.asked = first
	for _, v := range g.refs[:shares] {
		g.several(f.post, v)
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

// bitmap takes documents. They are written among the others unless some of them
// would overwrite these.
func (g *gather) bitmap(bits *roaring.Bitmap) {
	g.any = true
	if bits.Stats().BitmapContainers == 0 {
		bits.WriteDenseTo(g.now)
		return
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
