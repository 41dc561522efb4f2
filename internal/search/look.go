package search

import "bytes"

// prefixed gathers the documents of all terms that begin with a text of n runes.
func (f *field) prefixed(text string, n int, g *gather) {
	key, sure := ofPrefix(text, n)
	keys := []uint64{key}
	if !sure && f.rule.infix > 0 { // what comes later may be rarer
		more, _ := ofInfix(f.rule, text, n)
		keys = append(keys, more[1:]...)
	}
	f.gather(g, f.grams.rarest(keys...), sure, []byte(text), bytes.HasPrefix)
}

// containing gathers those of all terms that contain it.
func (f *field) containing(text string, n int, g *gather) {
	keys, sure := ofInfix(f.rule, text, n)
	f.gather(g, f.grams.rarest(keys...), sure, []byte(text), bytes.Contains)
}

// gather takes the terms of a list, all if that is sure, and those that wait.
func (f *field) gather(g *gather, l *list, sure bool, sub []byte, is func(text, sub []byte) bool) {
	for terms := range l.some(g.buf[:]) {
		if !sure {
			terms, g.first = f.these(g.fresh(f, terms), sub, is)
		}
		g.terms(f, terms...)
	}
	for term, text := range f.waiting() {
		if is(text, sub) {
			g.terms(f, term)
		}
	}
}

// these are the terms of which something is so, in the place of all.
func (f *field) these(terms []uint32, sub []byte, is func(text, sub []byte) bool) (out []uint32, first byte) {
	for _, term := range terms { // all are asked for before the first is used
		first |= f.text(term)[0]
	}
	n := 0
	for _, term := range terms {
		if is(f.text(term), sub) {
			terms[n] = term
			n++
		}
	}
	return terms[:n], first
}
