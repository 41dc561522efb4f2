package search

import (
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
)

// gather collects documents, the best first: one that was met is not taken
// again, nor looked at.
type gather struct {
	met   []uint64 // bits
	list  []uint32 // what was taken, while it is little,
	dense []uint64 // and as bits when it is not
	full  []uint64 // for bitmaps on their way
}

// longest list of single documents: more are better kept as bits.
const longest = 1024

func newGather(size int) *gather { return &gather{met: make([]uint64, (size+63)/64)} }

// begin makes it gather anew, of the documents within; nil is all.
func (g *gather) begin(within *roaring.Bitmap) {
	clear(g.met)
	g.list, g.dense = g.list[:0], nil
	if within != nil {
		within = within.Clone()
		within.RemoveRange(uint64(len(g.met)*64), 1<<32)
		within.WriteDenseTo(g.met)
		for i := range g.met {
			g.met[i] = ^g.met[i]
		}
	}
}

func (g *gather) add(doc uint32) {
	at, bit := doc>>6, uint64(1)<<(doc&63)
	if g.met[at]&bit != 0 {
		return
	}
	g.met[at] |= bit
	if g.dense != nil {
		g.dense[at] |= bit
		return
	}
	if g.list = append(g.list, doc); len(g.list) > longest {
		g.spill()
	}
}

func (g *gather) spill() {
	g.dense = make([]uint64, len(g.met))
	for _, doc := range g.list {
		g.dense[doc>>6] |= 1 << (doc & 63)
	}
	g.list = g.list[:0]
}

// done tells that a term leads to nothing new, if that is easily told.
func (g *gather) done(p *postings, term uint32) bool {
	v := p.one[term]
	return v == none || v&shared == 0 && g.met[v>>6]&(1<<(v&63)) != 0
}

// term takes the documents of a term.
func (g *gather) term(p *postings, term uint32) {
	v := p.one[term]
	switch {
	case v == none:
		return
	case v&shared == 0:
		g.add(v)
		return
	}
	class, at := split(v)
	if class == bitsClass {
		g.bitmap(p.bits[at])
		return
	}
	for _, doc := range p.slot(class, at) {
		if doc == none {
			break
		}
		g.add(doc)
	}
}

func (g *gather) bitmap(bits *roaring.Bitmap) {
	if bits.GetCardinality() < uint64(len(g.met)/4) {
		var some [256]uint32
		for it := bits.ManyIterator(); ; {
			n := it.NextMany(some[:])
			if n == 0 {
				return
			}
			for _, doc := range some[:n] {
				g.add(doc)
			}
		}
	}
	if g.dense == nil {
		g.spill()
	}
	if g.full == nil {
		g.full = make([]uint64, len(g.met))
	}
	clear(g.full)
	bits.WriteDenseTo(g.full)
	for i, w := range g.full {
		fresh := w &^ g.met[i]
		g.met[i] |= fresh
		g.dense[i] |= fresh
	}
}

// take gives what was taken since the last time, nil for nothing.
func (g *gather) take() (docs *roaring.Bitmap) {
	switch {
	case g.dense != nil:
		docs = roaring.FromDense(g.dense, false)
	case len(g.list) > 0:
		slices.Sort(g.list)
		docs = roaring.New()
		docs.AddMany(g.list)
	default:
		return nil
	}
	g.list, g.dense = g.list[:0], nil
	if docs.IsEmpty() {
		return nil
	}
	return docs
}
