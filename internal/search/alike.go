package search

import (
	"math/bits"
	"slices"
	"unicode/utf8"
)

// alike has the terms of a dictionary by how many letters they have, with a
// signature of these: so a word with a typo is compared with few others, one
// after the other in memory. One of these arrays is copied when it grows, which
// takes some tenths of a millisecond at a million terms.
type alike [lengths]struct {
	signs []uint32 // 0 of a term that is dead
	terms []uint32 // ascending
}

// lengths are told apart below the last, which is for all longer terms: words
// that long have no typos.
const lengths = longestTypo + 4

func lengthOf(text []byte) int { return min(utf8.RuneCount(text), lengths-1) }

func (a *alike) add(term uint32, text []byte) {
	if n := lengthOf(text); n < lengths-1 {
		of := &a[n]
		of.signs, of.terms = append(of.signs, signature(text)), append(of.terms, term)
	}
}

// wipe forgets the letters of a term.
func (a *alike) wipe(term uint32, text []byte) {
	if n := lengthOf(text); n < lengths-1 {
		at, _ := slices.BinarySearch(a[n].terms, term)
		a[n].signs[at] = 0
	}
}

func (a *alike) bytes() (n int) {
	for i := range a {
		n += 4 * (cap(a[i].signs) + cap(a[i].terms))
	}
	return n
}

// near calls with every term that is at most so many edits away, and not none.
func (f *field) near(w *word, found func(term uint32, edits int)) {
	text := []rune(w.text)
	want := signature([]byte(w.text))
	var other [longestTypo + 2]rune
	for n := len(text) - w.edits; n <= len(text)+w.edits; n++ {
		of, most := &f.alike[n], differing(n-len(text), w.edits)
		for i, sign := range of.signs {
			if bits.OnesCount32(sign^want) > most || sign == 0 {
				continue
			}
			term := of.terms[i]
			if d := distance(text, appendRunes(other[:0], f.text(term)), w.edits); 0 < d && d <= w.edits {
				found(term, d)
			}
		}
	}
}
