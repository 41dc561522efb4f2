package search

import (
	"maps"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
)

// tiers are the documents that a span finds, by score; a document may be in
// several until settled.
type tiers map[uint16]*roaring.Bitmap

// seeker finds what one span matches.
type seeker struct {
	x     *Index
	span  *span
	found map[uint16]*gather
}

// Search finds the documents that Match, of those in within; nil is all. It is
// done by terms, not by documents: a term that a million share is one step.
func (x *Index) Search(q Query, within *roaring.Bitmap) *Found {
	p := parse(q)
	n := len(p.words)
	if n == 0 {
		return &Found{docs: roaring.New()}
	}
	spans, known := make([]tiers, len(p.spans)), map[string]tiers{}
	some := make([]*roaring.Bitmap, n+1) // what matches the first words, however well
	for i := range p.spans {
		s := &p.spans[i]
		if s.from > 0 && some[s.from] == nil {
			continue
		}
		id := s.id()
		if known[id] == nil {
			known[id] = x.seek(s, q.Kinds)
		}
		spans[i] = known[id]
		all := within
		if s.from > 0 {
			all = some[s.from]
		}
		for _, docs := range spans[i] {
			some[s.to] = unite(some[s.to], docs, all)
		}
	}
	if some[n] == nil || some[n].IsEmpty() {
		return &Found{docs: roaring.New()}
	}
	return &Found{docs: some[n], tiers: sum(p, spans, some[n])}
}

// unite adds what of docs is in within, nil being all.
func unite(to, docs, within *roaring.Bitmap) *roaring.Bitmap {
	if within != nil {
		docs = roaring.And(docs, within)
	}
	if to == nil {
		if within == nil {
			docs = docs.Clone()
		}
		return docs
	}
	to.Or(docs)
	return to
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

// seek looks a span up in all parts that are visible.
func (x *Index) seek(s *span, visible Kinds) tiers {
	k := seeker{x, s, map[uint16]*gather{}}
	out := tiers{}
	if s.word != nil && s.word.address {
		if Email.In(visible) {
			k.address(out)
		}
		return out
	}
	for p := range parts {
		if f := x.fields[p]; p.kind().In(visible) && len(f.ends) > f.dead {
			k.part(f)
			if s.word != nil && f.rule.cover {
				for _, docs := range f.covering(s.text, longestSpan) {
					out.add(f.rule.score(prefix), docs)
				}
			}
		}
	}
	for score, g := range k.found {
		out.add(score, g.docs())
	}
	out.settle()
	return out
}

// at gives where documents of a score go.
func (k *seeker) at(f *field, r rank) *gather {
	score := f.rule.score(r)
	g := k.found[score]
	if g == nil {
		g = &gather{size: len(k.x.texts)}
		k.found[score] = g
	}
	return g
}

func (k *seeker) part(f *field) {
	switch s := k.span; {
	case f.rule.phone:
		k.phones(f)
	case f.rule.number:
		if s.lookup {
			k.numbers(f)
		}
	case s.word != nil:
		k.word(f, s.word)
	case s.lookup && f.rule.joined:
		k.exactly(f, s.text, exact)
		f.prefixed(s.text, s.n, k.into(f, prefix))
	}
}

func (k *seeker) exactly(f *field, text string, r rank) {
	if term, ok := f.find([]byte(text)); ok {
		k.at(f, r).term(&f.post, term)
	}
}

func (k *seeker) into(f *field, r rank) func(term uint32) {
	g := k.at(f, r)
	return func(term uint32) { g.term(&f.post, term) }
}

// word does what word.compare does, term by term.
func (k *seeker) word(f *field, w *word) {
	r := f.rule
	k.exactly(f, w.text, exact)
	if r.prefix > 0 && w.n >= r.prefix {
		f.prefixed(w.text, w.n, k.into(f, prefix))
	}
	for _, s := range w.spellings {
		k.exactly(f, s, prefix)
		if n := len([]rune(s)); r.prefix > 0 && n >= r.prefix {
			f.prefixed(s, n, k.into(f, infix))
		}
	}
	if r.name {
		for _, s := range w.short {
			k.exactly(f, s, nickname)
		}
		if w.sound != 0 {
			into := k.into(f, near)
			for term := range f.grams.rarest(sounds | w.sound) {
				into(term)
			}
		}
	}
	if r.infix > 0 && (w.n >= r.infix || w.infix) {
		f.containing(w.text, w.n, k.into(f, infix))
	}
	if r.typo && w.edits > 0 {
		one, two := k.into(f, near), k.into(f, typo2)
		f.near(w, func(term uint32, edits int) {
			if edits == 1 {
				one(term)
			} else {
				two(term)
			}
		})
	}
}

func (k *seeker) phones(f *field) {
	for _, d := range k.span.phone {
		k.exactly(f, d, exact)
		f.containing(d, len(d), k.into(f, phoneRank(d)))
	}
}

func (k *seeker) numbers(f *field) {
	head, digits := numberOf([]byte(k.span.text))
	if len(head) > 0 || len(digits) == 0 {
		k.exactly(f, string(head)+string(digits), exact)
		return
	}
	for head := range f.heads {
		k.exactly(f, head+string(digits), exact)
	}
}

// address finds addresses of e-mail by both their halves.
func (k *seeker) address(out tiers) {
	w, locals, hosts := k.span.word, k.x.fields[Email], k.x.fields[domain]
	var local *roaring.Bitmap
	if w.local != "" {
		term, ok := locals.find([]byte(w.local))
		if !ok {
			return
		}
		local = locals.post.bitmap(term)
	}
	if w.host == "" {
		out.add(locals.rule.score(prefix), local.Clone())
		return
	}
	full, begun := &gather{size: len(k.x.texts)}, &gather{size: len(k.x.texts)}
	if term, ok := hosts.find([]byte(w.host)); ok {
		full.term(&hosts.post, term)
	}
	hosts.prefixed(w.host, len([]rune(w.host)), func(term uint32) { begun.term(&hosts.post, term) })
	out.add(locals.rule.score(exact), unite(nil, full.docs(), local))
	out.add(locals.rule.score(prefix), unite(nil, begun.docs(), local))
	out.settle()
}

// covering gives the documents that have all of some terms of which a text is
// put together.
func (f *field) covering(text string, most int) (found []*roaring.Bitmap) {
	for i := range text {
		if i == 0 || most == 1 {
			continue
		}
		first, ok := f.find([]byte(text[:i]))
		if !ok {
			continue
		}
		docs := f.post.bitmap(first)
		if rest, ok := f.find([]byte(text[i:])); ok {
			found = append(found, roaring.And(docs, f.post.bitmap(rest)))
		}
		for _, more := range f.covering(text[i:], most-1) {
			found = append(found, roaring.And(docs, more))
		}
	}
	return found
}
