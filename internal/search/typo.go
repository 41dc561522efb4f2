package search

import "unicode/utf8"

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
// edit, and nothing is edited twice. It gives most+1 for all that is farther, and
// so looks only at letters that are at most so many places apart.
func distance(a, b []rune, most int) int {
	if len(a)-len(b) > most || len(b)-len(a) > most || len(a) > longestTypo || len(b) > longestTypo+2 {
		return most + 1
	}
	var rows [3][longestTypo + 4]uint8
	before, last, row := &rows[0], &rows[1], &rows[2]
	far := uint8(most + 1)
	for j := range most + 2 {
		last[j] = uint8(j)
	}
	lastLeast := uint8(0)
	for i, x := range a {
		from, to := max(0, i-most), min(len(b), i+most+1)
		row[from] = far
		if i < most {
			row[0] = uint8(i + 1)
		}
		least := row[from]
		for j := from; j < to; j++ {
			y, d := b[j], last[j]
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
		if least > uint8(most) && lastLeast >= uint8(most) {
			return most + 1
		}
		row[to+1] = far
		lastLeast = least
		before, last, row = last, row, before
	}
	return min(int(last[len(b)]), most+1)
}

// signature has a bit for every letter that is in a word; some share one.
func signature(text []byte) (s uint32) {
	for i := 0; i < len(text); {
		r, w := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, w = utf8.DecodeRune(text[i:])
		}
		i += w
		s |= 1 << (uint32(r-'a') % 32)
	}
	return s
}

// differing is how many bits two signatures differ by at most, of words that
// are so many edits apart: one that makes a word longer or shorter changes one
// letter, all others two.
func differing(longer, edits int) int { return 2*edits - max(longer, -longer) }

func appendRunes(rs []rune, text []byte) []rune {
	for i := 0; i < len(text); {
		r, w := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, w = utf8.DecodeRune(text[i:])
		}
		rs, i = append(rs, r), i+w
	}
	return rs
}
