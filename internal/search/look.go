package search

import (
	"bytes"
	"unicode/utf8"
)

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

// near calls with every term that is at most so many edits away.
func (f *field) near(w *word, found func(term uint32, edits int)) {
	text := []rune(w.text)
	var other [longestTypo + 2]rune
	want := signature([]byte(w.text))
	for n := range f.pages {
		for i, s := range f.pages[n].signs {
			if far(s, want, w.edits) || s == 0 {
				continue
			}
			term := uint32(n)<<pageBit | uint32(i)
			t := f.text(term)
			if s>>27 == 31 && utf8.RuneCount(t) > len(text)+w.edits { // the signature ends there
				continue
			}
			if d := distance(text, appendRunes(other[:0], t), w.edits); 0 < d && d <= w.edits {
				found(term, d)
			}
		}
	}
}
