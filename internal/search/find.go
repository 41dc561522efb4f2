package search

import (
	"maps"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
)

// tiers are documents by score.
type tiers map[uint16]*roaring.Bitmap

// Search finds the documents that Match, of those in within; nil is all. It is
// done by terms, not by documents: a term that a million share is one step.
func (x *Index) Search(q Query, within *roaring.Bitmap) *Found {
	p := parse(q)
	p.longestFirst()
	n := len(p.words)
	if n == 0 {
		return &Found{docs: roaring.New()}
	}
	g := x.gathers.Get().(*gather)
	defer x.gathers.Put(g)
	g.resize(x.texts.Room())
	spans := make([]tiers, len(p.spans))
	some := make([]*roaring.Bitmap, n+1) // what matches the first words, however well
	some[0] = within
	for i := range p.spans {
		s := &p.spans[i]
		if s.from > 0 && some[s.from] == nil {
			continue
		}
		found, all := x.seek(g, s, q.Kinds, some[s.from])
		switch spans[i] = found; {
		case len(found) == 0:
		case some[s.to] == nil:
			some[s.to] = all
		default:
			some[s.to].Or(all)
		}
	}
	switch {
	case some[n] == nil || some[n].IsEmpty():
		return &Found{docs: roaring.New()}
	case n == 1: // nothing to add up
		return &Found{docs: some[n], tiers: spans[0].sorted()}
	}
	return &Found{docs: some[n], tiers: sum(p, spans, some[n])}
}

// sum adds up scores over the words from the front, of the documents that are
// found in the end, and keeps the best of each.
func sum(p *plan, spans []tiers, docs *roaring.Bitmap) []tier {
	sums := make([]tiers, len(p.words)+1)
	for i := range p.spans {
		s := &p.spans[i]
		if spans[i] == nil {
			continue
		}
		if sums[s.to] == nil {
			sums[s.to] = tiers{}
		}
		if s.from == 0 {
			for k, found := range spans[i] {
				sums[s.to].add(k*uint16(s.to), roaring.And(found, docs))
			}
			continue
		}
		for before, had := range sums[s.from] {
			for k, found := range spans[i] {
				if both := roaring.And(had, found); !both.IsEmpty() {
					sums[s.to].add(before+k*uint16(s.to-s.from), both)
				}
			}
		}
	}
	for to := 1; to < len(sums); to++ {
		sums[to].settle()
	}
	return sums[len(p.words)].sorted()
}

func (t tiers) add(score uint16, docs *roaring.Bitmap) {
	if has := t[score]; has != nil {
		has.Or(docs)
	} else {
		t[score] = docs
	}
}

// settle leaves each document where its score is best.
func (t tiers) settle() {
	var seen *roaring.Bitmap
	for _, k := range slices.Backward(slices.Sorted(maps.Keys(t))) {
		if seen == nil {
			seen = t[k].Clone()
			continue
		}
		t[k].AndNot(seen)
		if t[k].IsEmpty() {
			delete(t, k)
			continue
		}
		seen.Or(t[k])
	}
}

func (t tiers) sorted() (out []tier) {
	for _, k := range slices.Backward(slices.Sorted(maps.Keys(t))) {
		if !t[k].IsEmpty() {
			out = append(out, tier{k, t[k]})
		}
	}
	return out
}
