package search

import (
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
)

// postings hold the documents of terms. Most terms have one document, which
// stands in place; a few have more, in a list; common ones have a bitmap.
type postings struct {
	one  []uint32 // by term: a document, none, or shared with the number of a set
	sets []set
	free []uint32 // sets that are of no term
	// heap is what lists take, bytes.
	heap int
}

const (
	none   = ^uint32(0)
	shared = uint32(1) << 31
	// longest list: beyond it a bitmap takes less.
	longest = 256
)

type set struct {
	list []uint32 // sorted
	bits *roaring.Bitmap
}

// add is idempotent.
func (p *postings) add(term, doc uint32) {
	switch v := p.one[term]; {
	case v == none:
		p.one[term] = doc
	case v&shared != 0:
		p.into(&p.sets[v&^shared], doc)
	case v != doc:
		p.one[term] = shared | p.newSet()
		s := &p.sets[p.one[term]&^shared]
		s.list = []uint32{min(v, doc), max(v, doc)}
		p.heap += cap(s.list) * 4
	}
}

func (p *postings) newSet() uint32 {
	if n := len(p.free); n > 0 {
		last := p.free[n-1]
		p.free = p.free[:n-1]
		return last
	}
	p.sets = append(p.sets, set{})
	return uint32(len(p.sets) - 1)
}

func (p *postings) into(s *set, doc uint32) {
	if s.bits != nil {
		s.bits.Add(doc)
		return
	}
	i := len(s.list)
	if last := s.list[i-1]; last >= doc {
		var found bool
		if i, found = slices.BinarySearch(s.list, doc); found {
			return
		}
	}
	was := cap(s.list)
	if len(s.list) == was { // by a quarter, for there are many
		s.list = append(make([]uint32, 0, was+max(was/4, 2)), s.list...)
	}
	s.list = slices.Insert(s.list, i, doc)
	p.heap += (cap(s.list) - was) * 4
	if len(s.list) > longest {
		p.heap -= cap(s.list) * 4
		s.bits, s.list = roaring.BitmapOf(s.list...), nil
	}
}

// drop takes a document away and tells whether the term has no more.
func (p *postings) drop(term, doc uint32) (empty bool) {
	v := p.one[term]
	if v&shared == 0 || v == none {
		if v == doc {
			p.one[term] = none
		}
		return p.one[term] == none
	}
	s := &p.sets[v&^shared]
	if s.bits != nil {
		s.bits.Remove(doc)
		if s.bits.GetCardinality() > longest/2 {
			return false
		}
		s.list, s.bits = s.bits.ToArray(), nil
		p.heap += cap(s.list) * 4
	} else if i, found := slices.BinarySearch(s.list, doc); found {
		s.list = slices.Delete(s.list, i, i+1)
	}
	if len(s.list) > 1 {
		return false
	}
	p.one[term] = none
	if len(s.list) == 1 {
		p.one[term] = s.list[0]
	}
	p.heap -= cap(s.list) * 4
	*s = set{}
	p.free = append(p.free, v&^shared)
	return p.one[term] == none
}

// bitmap gives the documents of a term; not to be changed.
func (p *postings) bitmap(term uint32) *roaring.Bitmap {
	switch v := p.one[term]; {
	case v == none:
		return roaring.New()
	case v&shared == 0:
		return roaring.BitmapOf(v)
	default:
		if s := &p.sets[v&^shared]; s.bits == nil {
			return roaring.BitmapOf(s.list...)
		} else {
			return s.bits
		}
	}
}

// gather unites the documents of many terms.
type gather struct {
	size  int // documents there are, at most
	list  []uint32
	dense []uint64
	big   []*roaring.Bitmap
}

// few is when single documents are better kept as bits.
const few = 1024

func (g *gather) add(doc uint32) {
	if g.dense != nil {
		g.dense[doc>>6] |= 1 << (doc & 63)
		return
	}
	g.list = append(g.list, doc)
	if len(g.list) > few {
		g.spill()
	}
}

func (g *gather) spill() {
	g.dense = make([]uint64, (g.size+63)/64)
	for _, doc := range g.list {
		g.dense[doc>>6] |= 1 << (doc & 63)
	}
	g.list = nil
}

func (g *gather) term(p *postings, term uint32) {
	v := p.one[term]
	switch {
	case v == none:
		return
	case v&shared == 0:
		g.add(v)
		return
	}
	s := &p.sets[v&^shared]
	if s.bits == nil {
		for _, doc := range s.list {
			g.add(doc)
		}
		return
	}
	// Writing overwrites where a container is full of bits, which takes more
	// than 4096 documents.
	if s.bits.GetCardinality() > 4096 {
		g.big = append(g.big, s.bits)
		return
	}
	if g.dense == nil {
		g.spill()
	}
	s.bits.WriteDenseTo(g.dense)
}

// docs gives the union.
func (g *gather) docs() *roaring.Bitmap {
	var out *roaring.Bitmap
	if g.dense != nil {
		out = roaring.FromDense(g.dense, false)
	} else {
		slices.Sort(g.list)
		out = roaring.New()
		out.AddMany(g.list)
	}
	for _, b := range g.big {
		out.Or(b)
	}
	return out
}
