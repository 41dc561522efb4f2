package search

import (
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// folder takes a value apart into words: runs of letters, marks and digits, of
// which case, width, accents and compatibility forms are taken away. Apostrophes
// join, everything else separates. The words stand in buf one after another,
// so that buf as a whole is the value without its separators.
type folder struct {
	buf  []byte
	ends []int // of words, in buf
	// By byte of buf, where it comes from; kept only when track is set.
	from, to []int32
	track    bool

	wide, narrow []byte
}

func (f *folder) split(s string) {
	f.buf, f.ends, f.from, f.to = f.buf[:0], f.ends[:0], f.from[:0], f.to[:0]
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf && alone(s, i+1) {
			f.ascii(c)
			i++
			f.came(i-1, i)
			continue
		}
		if 0xC3 <= c && c <= 0xC5 && i+2 <= len(s) && alone(s, i+2) { // À to ſ
			if k := latin()[int(c-0xC3)<<6|int(s[i+1]&0x3F)]; k != "" {
				f.buf = append(f.buf, k...)
				i += 2
				f.came(i-2, i)
				continue
			}
		}
		// A segment never composes with its neighbours.
		n := max(norm.NFKC.NextBoundaryInString(s[i:], true), 1)
		f.segment(s[i : i+n])
		i += n
		f.came(i-n, i)
	}
	f.cut()
}

// alone tells that what begins at i is surely no mark of what is before it: the
// end, ASCII, or a letter of the blocks of Latin, Greek and Cyrillic.
func alone(s string, i int) bool {
	if i >= len(s) {
		return true
	}
	c := s[i]
	return c < utf8.RuneSelf || 0xC3 <= c && c <= 0xC9 || 0xCE <= c && c <= 0xD1
}

// latin is what the letters from À on are folded to, "" for other than letters:
// they are the most common beyond ASCII.
var latin = sync.OnceValue(func() (out [3 << 6]string) {
	for i := range out {
		var f folder
		if f.segment(string(rune(0xC0 + i))); len(f.buf) > 0 {
			out[i] = string(f.buf)
		}
	}
	return out
})

func (f *folder) ascii(c byte) {
	switch {
	case 'a' <= c && c <= 'z', '0' <= c && c <= '9':
		f.buf = append(f.buf, c)
	case 'A' <= c && c <= 'Z':
		f.buf = append(f.buf, c+'a'-'A')
	case c == '\'', c == '`':
	default:
		f.cut()
	}
}

// cut ends a word.
func (f *folder) cut() {
	if n := len(f.ends); len(f.buf) > 0 && (n == 0 || f.ends[n-1] < len(f.buf)) {
		f.ends = append(f.ends, len(f.buf))
	}
}

func (f *folder) came(from, to int) {
	if f.track {
		for len(f.from) < len(f.buf) {
			f.from, f.to = append(f.from, int32(from)), append(f.to, int32(to))
		}
	}
}

// word gives the i-th word.
func (f *folder) word(i int) []byte { return f.buf[f.start(i):f.ends[i]] }

func (f *folder) start(i int) int {
	if i == 0 {
		return 0
	}
	return f.ends[i-1]
}

// segment folds one starter with its marks.
func (f *folder) segment(s string) {
	if r, _ := utf8.DecodeRuneInString(s); apostrophe(r) {
		return
	}
	f.wide = norm.NFKD.AppendString(f.wide[:0], s)
	f.narrow = f.narrow[:0]
	for i := 0; i < len(f.wide); {
		r, n := utf8.DecodeRune(f.wide[i:])
		i += n
		if !ignored(r) {
			f.narrow = appendFolded(f.narrow, r)
		}
	}
	f.wide = norm.NFC.Append(f.wide[:0], f.narrow...)
	for i := 0; i < len(f.wide); {
		r, n := utf8.DecodeRune(f.wide[i:])
		switch {
		case apostrophe(r):
		case unicode.In(r, unicode.L, unicode.M, unicode.Nd, unicode.Nl):
			f.buf = append(f.buf, f.wide[i:i+n]...)
		default:
			f.cut()
		}
		i += n
	}
}

// apostrophe: what stands within a word without being a letter of it. The
// modifier letters are the okina and what is written for ain and hamza.
func apostrophe(r rune) bool {
	switch r {
	case '\'', '`', '´', '‘', '’', '‛', '′', '＇', '׳', '״', '·':
		return true
	}
	return 0x02B9 <= r && r <= 0x02BF || r == 0x02C8
}

// ignored are marks that a writer may leave out: accents, harakat and tatweel,
// niqqud, and what is invisible. Marks of Indic scripts and of Thai are vowels,
// and those of kana make another consonant: they stay.
func ignored(r rune) bool {
	switch {
	case r < 0x0300:
		return r == 0x00AD
	case r <= 0x036F, 0x0483 <= r && r <= 0x0489:
		return true
	case 0x0591 <= r && r <= 0x05C7:
		return r != 0x05BE && r != 0x05C0 && r != 0x05C3 && r != 0x05C6 // punctuation
	case 0x0610 <= r && r <= 0x061A, 0x064B <= r && r <= 0x065F, 0x06D6 <= r && r <= 0x06ED, r == 0x0640, r == 0x0670:
		return true
	case 0x1AB0 <= r && r <= 0x1AFF, 0x1DC0 <= r && r <= 0x1DFF, 0x20D0 <= r && r <= 0x20FF:
		return true
	case 0xFE00 <= r && r <= 0xFE0F, 0xFE20 <= r && r <= 0xFE2F, 0xE0100 <= r && r <= 0xE01EF:
		return true
	}
	return unicode.Is(unicode.Cf, r)
}

// letters that Unicode does not decompose, but people do: strokes, ligatures,
// the dotless i, final forms, and the letters that Arabic and Persian keyboards
// give for one another.
var letters = map[rune]string{
	'ß': "ss", 'æ': "ae", 'œ': "oe", 'þ': "th", 'ø': "o", 'ł': "l", 'đ': "d", 'ð': "d", 'ħ': "h", 'ı': "i", 'ŋ': "n", 'ŧ': "t", 'ĸ': "k",
	'ɨ': "i", 'ʉ': "u", 'ƶ': "z", 'ǥ': "g", 'ς': "σ",
	'ٱ': "ا", 'ى': "ي", 'ی': "ي", 'ک': "ك", 'ة': "ه", 'ہ': "ه", 'ھ': "ه",
	'ך': "כ", 'ם': "מ", 'ן': "נ", 'ף': "פ", 'ץ': "צ",
}

func appendFolded(b []byte, r rune) []byte {
	if 'a' <= r && r <= 'z' {
		return append(b, byte(r))
	}
	r = unicode.ToLower(r)
	if s, ok := letters[r]; ok {
		return append(b, s...)
	}
	switch {
	case 0x30A1 <= r && r <= 0x30F6, r == 0x30FD, r == 0x30FE:
		r -= 0x60 // katakana to hiragana
	case r > unicode.MaxASCII && unicode.Is(unicode.Nd, r):
		r = digit(r)
	}
	return utf8.AppendRune(b, r)
}

// digit gives the ASCII digit for one of another script: they come in tens.
func digit(r rune) rune {
	for _, t := range unicode.Nd.R16 {
		if rune(t.Lo) <= r && r <= rune(t.Hi) {
			return '0' + (r-rune(t.Lo))%10
		}
	}
	for _, t := range unicode.Nd.R32 {
		if rune(t.Lo) <= r && r <= rune(t.Hi) {
			return '0' + (r-rune(t.Lo))%10
		}
	}
	return r
}

// dense scripts say much with a letter, and most write no spaces: any part of
// a word can be looked for.
func dense(r rune) bool {
	return r >= 0x0E00 && (unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai, unicode.Lao,
		unicode.Khmer, unicode.Myanmar) || r == 'ー' || r == 0x3099 || r == 0x309A)
}
