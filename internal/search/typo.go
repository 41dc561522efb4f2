package search

import (
	"math/bits"
	"unicode/utf8"
)

// longestTypo: a longer word has no typos, which bounds what a distance costs.
const longestTypo = 32

// editsOf says how many edits a word of n runes may be away.
func editsOf(n int) int {
	switch {
	case n <= 3, n > longestTypo:
		return 0
	case n <= 7:
		return 1
	}
	return 2
}

// distance is that of Damerau and Levenshtein in the form of the optimal string
// alignment: an insertion, omission, substitution or swap of neighbours is one
// edit, and nothing is edited twice. It gives most+1 for all that is farther.
func distance(a, b []rune, most int) int {
	if len(a)-len(b) > most || len(b)-len(a) > most || len(a) > longestTypo || len(b) > longestTypo+2 {
		return most + 1
	}
	var rows [3][longestTypo + 3]uint8
	before, last, row := &rows[0], &rows[1], &rows[2]
	for j := range len(b) + 1 {
		last[j] = uint8(j)
	}
	lastLeast := uint8(0)
	for i, x := range a {
		row[0] = uint8(i + 1)
		least := row[0]
		for j, y := range b {
			d := last[j]
			if x != y {
				d = min(d, last[j+1], row[j]) + 1
				if i > 0 && j > 0 && x == b[j-1] && a[i-1] == y {
					d = min(d, before[j-1]+1)
				}
			}
			row[j+1] = d
			least = min(least, d)
		}
		// A swap reaches back two rows.
		if int(least) > most && int(lastLeast) >= most {
			return most + 1
		}
		lastLeast = least
		before, last, row = last, row, before
	}
	return min(int(last[len(b)]), most+1)
}

// signature has a bit for every letter that is in a word, and its length above
// them. An edit changes at most two of the letters.
func signature(text []byte) (s uint32) {
	n := uint32(0)
	for i := 0; i < len(text); n++ {
		r, w := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, w = utf8.DecodeRune(text[i:])
		}
		i += w
		s |= 1 << ((r - 'a' + 27<<16) % 27)
	}
	return s | min(n, 31)<<27
}

// far tells for sure that two words are more edits apart; otherwise they may be.
func far(a, b uint32, edits int) bool {
	if bits.OnesCount32((a^b)<<5) > 2*edits {
		return true
	}
	d := int(a>>27) - int(b>>27)
	return d > edits || -d > edits
}

func appendRunes(rs []rune, text []byte) []rune {
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		rs, text = append(rs, r), text[n:]
	}
	return rs
}
