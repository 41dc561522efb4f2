package search

import (
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/RoaringBitmap/roaring/v2"
)

// seeker finds what one span matches, the best scores first: whoever is found
// need not be looked for among lower ones.
type seeker struct {
	*gather
	span   *span
	fields []*field // that are visible
	typos  []typos  // that are to come
}

type typos struct {
	field *field
	terms []uint32
}

// seek looks a span up in all that is visible, among the documents within.
func (x *Index) seek(g *gather, s *span, visible Kinds, within *roaring.Bitmap) (out tiers, all *roaring.Bitmap) {
	if within != nil && few(within.GetCardinality(), x.texts.Filled()) {
		return x.ask(s, visible, within)
	}
	k := seeker{gather: g, span: s}
	g.begin(within)
	for p, f := range x.fields {
		if part(p).kind().In(visible) && f.live() > 0 {
			k.fields = append(k.fields, f.both()...)
		}
	}
	out = tiers{}
	if s.word != nil && s.word.address {
		if Email.In(visible) {
			k.address(out, x.fields[Email], x.fields[domain], within)
		}
		return out, union(out)
	}
	for _, r := range [...]rank{exact, prefix, nickname, near, infix, typo2} {
		for _, names := range [...]bool{true, false} {
			for _, f := range k.fields {
				if f.rule.name == names {
					k.step(f, r)
				}
			}
			if docs := k.take(); docs != nil {
				out[(&rule{name: names}).score(r)] = docs
			}
		}
	}
	if len(out) == 0 {
		return nil, nil
	}
	return out, g.all(within)
}

// union gives the documents of all scores.
func union(t tiers) *roaring.Bitmap { return roaring.FastOr(slices.Collect(maps.Values(t))...) }

// few documents are asked one by one, which takes some microseconds for each.
func few(n uint64, of int) bool { return n <= 400 && n*16 < uint64(of) }

// ask scores documents by what Match says of a span.
func (x *Index) ask(s *span, visible Kinds, docs *roaring.Bitmap) (out tiers, all *roaring.Bitmap) {
	out = tiers{}
	var t taker
	docs.Iterate(func(doc uint32) bool {
		t.reset()
		for text := range unpack(x.texts.Get(doc)) {
			if text.Kind.In(visible) {
				t.take(text)
			}
		}
		if score := s.best(t.terms); score > 0 {
			if out[score] == nil {
				out[score] = roaring.New()
			}
			out[score].Add(doc)
		}
		return true
	})
	return out, union(out)
}

// step finds what matches with a rank in a field: what compare says, term by term.
func (k *seeker) step(f *field, r rank) {
	switch s := k.span; {
	case f.rule.phone:
		k.phone(f, r)
	case f.rule.number:
		if r == exact && s.lookup {
			k.number(f)
		}
	case s.word != nil:
		k.word(f, s.word, r)
	case s.lookup && f.rule.joined && r == exact:
		k.exactly(f, s.text)
	case s.lookup && f.rule.joined && r == prefix:
		f.prefixed(s.text, s.n, k.gather)
	}
}

func (k *seeker) exactly(f *field, texts ...string) {
	for _, text := range texts {
		if term, ok := f.find([]byte(text)); ok {
			k.terms(f, term)
		}
	}
}

func (k *seeker) word(f *field, w *word, r rank) {
	switch r {
	case exact:
		k.exactly(f, w.text)
	case prefix:
		k.begun(f, w.text)
		k.exactly(f, w.spellings...)
		if f.rule.cover {
			for _, docs := range f.covering(w.text, longestSpan) {
				k.bitmap(docs)
			}
		}
	case nickname:
		if f.rule.name {
			k.exactly(f, w.short...)
		}
	case near:
		if f.rule.name && w.sound != 0 {
			for terms := range f.grams.rarest(sounds | w.sound).some(k.buf[:]) {
				k.terms(f, terms...)
			}
		}
		k.mistyped(f, w)
	case infix:
		for _, s := range w.spellings {
			k.begun(f, s)
		}
		if f.rule.infix > 0 && (w.n >= f.rule.infix || w.infix) {
			f.containing(w.text, w.n, k.gather)
		}
	case typo2:
		for _, t := range k.typos {
			if t.field == f {
				k.gather.terms(f, t.terms...)
			}
		}
	}
}

func (k *seeker) begun(f *field, text string) {
	if n := utf8.RuneCountInString(text); f.rule.prefix > 0 && n >= f.rule.prefix {
		f.prefixed(text, n, k.gather)
	}
}

// mistyped takes what is one edit away and keeps what is two for later.
func (k *seeker) mistyped(f *field, w *word) {
	if !f.rule.typo || w.edits == 0 {
		return
	}
	later := typos{field: f}
	f.near(w, func(term uint32, edits int) {
		if edits == 1 {
			k.terms(f, term)
		} else {
			later.terms = append(later.terms, term)
		}
	})
	k.typos = append(k.typos, later)
}

func (k *seeker) phone(f *field, r rank) {
	for _, d := range k.span.phone {
		switch r {
		case exact:
			k.exactly(f, d)
		case phoneRank(d):
			f.containing(d, len(d), k.gather)
		}
	}
}

func (k *seeker) number(f *field) {
	head, digits := numberOf([]byte(k.span.text))
	if len(head) > 0 || len(digits) == 0 {
		k.exactly(f, string(head)+string(digits))
		return
	}
	for head := range f.heads {
		k.exactly(f, head+string(digits))
	}
}

// address finds addresses of e-mail by both their halves.
func (k *seeker) address(out tiers, locals, hosts *field, within *roaring.Bitmap) {
	w := k.span.word
	if w.local != "" {
		docs := locals.docs(w.local)
		switch {
		case docs == nil:
			return
		case within != nil:
			docs = roaring.And(docs, within)
		}
		k.begin(docs)
	}
	add := func(r rank) {
		if docs := k.take(); docs != nil {
			out[locals.rule.score(r)] = docs
		}
	}
	if w.host == "" {
		for _, f := range locals.both() {
			k.exactly(f, w.local)
		}
		add(prefix)
		return
	}
	for _, f := range hosts.both() {
		k.exactly(f, w.host)
	}
	add(exact)
	for _, f := range hosts.both() {
		f.prefixed(w.host, utf8.RuneCountInString(w.host), k.gather)
	}
	add(prefix)
}

// covering gives the documents that have all of some terms of which a text is
// put together.
func (f *field) covering(text string, most int) (found []*roaring.Bitmap) {
	for i := range text {
		if i == 0 || most == 1 {
			continue
		}
		docs := f.docs(text[:i])
		if docs == nil {
			continue
		}
		if rest := f.docs(text[i:]); rest != nil {
			found = append(found, roaring.And(docs, rest))
		}
		for _, more := range f.covering(text[i:], most-1) {
			found = append(found, roaring.And(docs, more))
		}
	}
	return found
}
