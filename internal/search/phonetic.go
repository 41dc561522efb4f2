package search

import "bytes"

// sound gives how a Latin name sounds, roughly and over several languages: its
// consonants, in classes, and in short names the vowels between them. It is one
// key of at most 12 symbols of 5 bits, 0 when the name has none. There is no
// standard for names of all of Europe: Soundex and Metaphone are for English,
// the Kölner Phonetik for German. This takes what they have in common, and
// keeps b and p, d and t, g and k apart unless they end the name.
func sound(text []byte) (code uint64) {
	if len(text) < 3 || len(text) > longestTypo {
		return 0
	}
	var full, bare [longestTypo]byte
	nf, nb := 0, 0
	var last byte
	for i := 0; i < len(text); {
		if text[i] < 'a' || text[i] > 'z' {
			return 0
		}
		s, n := symbol(text, i)
		i += n
		if s == 0 || s == last {
			continue
		}
		last = s
		if !isVowel(s) || nf == 0 {
			bare[nb] = s
			nb++
		}
		full[nf] = s
		nf++
	}
	if nf > 0 && isVowel(full[nf-1]) && nf > 1 {
		nf-- // the last vowel is often silent, or the gender
	}
	out := bare[:nb]
	if nb < 3 {
		out = full[:nf]
	}
	if len(out) < 2 || len(out) > 12 {
		return 0
	}
	for _, s := range out {
		code = code<<5 | uint64(s-'A'+1)
	}
	return code
}

// Vowels are A (back), E (front) and I (the diphthong of Meyer, Maier, Reid).
func isVowel(s byte) bool { return s == 'A' || s == 'E' || s == 'I' }

// spelled are groups of letters that are one sound, by their first letter, the
// longest first, and how many of the letters they take: a vowel that softens is
// heard itself. A sound of 0 is not heard.
var spelled = map[byte][]struct {
	letters string
	sound   byte
	takes   int
}{
	's': {{"schtsch", 'S', 7}, {"sch", 'S', 3}, {"sh", 'S', 2}, {"sz", 'S', 2}},
	'c': {{"ck", 'K', 2}, {"chr", 'K', 2}, {"ch", 'S', 2}, {"cz", 'S', 2}, {"cs", 'S', 2}, {"ce", 'S', 1}, {"ci", 'S', 1}, {"cy", 'S', 1}},
	't': {{"tsch", 'S', 4}, {"tch", 'S', 3}, {"tz", 'S', 2}, {"ts", 'S', 2}, {"th", 'T', 2}},
	'd': {{"dt", 'T', 2}, {"dzh", 'J', 3}, {"dj", 'J', 2}},
	'p': {{"ph", 'F', 2}, {"pf", 'F', 2}},
	'g': {{"gh", 0, 2}, {"gn", 'N', 2}, {"ge", 'J', 1}, {"gi", 'J', 1}},
	'k': {{"kn", 'N', 2}, {"kh", 'K', 2}},
	'w': {{"wr", 'R', 2}, {"wh", 'W', 2}},
	'r': {{"rh", 'R', 2}},
	'q': {{"qu", 'K', 2}},
	'e': {{"ey", 'I', 2}, {"ei", 'I', 2}},
	'a': {{"ay", 'I', 2}, {"ai", 'I', 2}, {"aj", 'I', 2}},
}

// single are the sounds of letters; I and Y are E.
var single = [26]byte{'A', 'B', 'K', 'D', 'E', 'F', 'G', 0, 'E', 'J', 'K', 'L', 'M', 'N', 'A', 'P', 'K', 'R', 'S', 'T', 'A', 'W', 'W', 'X', 'E', 'S'}

func symbol(text []byte, i int) (s byte, n int) {
	c := text[i]
	rest := text[i:]
	for _, g := range spelled[c] {
		if bytes.HasPrefix(rest, []byte(g.letters)) {
			return vowelsOf(g.sound, rest, g.takes)
		}
	}
	if len(rest) == 1 { // hardened at the end
		switch c {
		case 'd':
			return 'T', 1
		case 'b':
			return 'P', 1
		case 'g':
			return 'K', 1
		}
	}
	if c == 'v' && i > 0 && i+1 < len(text) { // Steven is Stephen
		return 'F', 1
	}
	return vowelsOf(single[c-'a'], rest, 1)
}

// vowelsOf takes in the vowels that follow one: they are one symbol, the
// strongest among them.
func vowelsOf(s byte, rest []byte, n int) (byte, int) {
	if !isVowel(s) {
		return s, n
	}
	for n < len(rest) {
		switch rest[n] {
		case 'a', 'e', 'i', 'o', 'u', 'y', 'h':
			n++
		default:
			return s, n
		}
	}
	return s, n
}
