package gazetteer

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Fold is the form in which names of places compare: case, accents, width,
// punctuation and common spellings (ß/ss, ø/o, æ/ae, ł/l, đ/d, "Saint"/"St.",
// "Sankt"/"St.") do not matter. It works for all scripts: only those marks are
// dropped that a script can do without, so か and が stay apart. Words are
// separated by one space; the result is in NFC and folds to itself.
//
// It does not translate, transcribe (Köln and Koeln differ) or relate
// traditional to simplified Chinese: the tables hold such names side by side.
func Fold(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range norm.NFKD.String(s) {
		switch l := unicode.ToLower(r); {
		case silent(l):
		case spelled[l] != "":
			b.WriteString(spelled[l])
		case unicode.IsLetter(l) || unicode.IsNumber(l) || unicode.IsMark(l):
			b.WriteRune(l)
		default:
			b.WriteByte(' ')
		}
	}
	words := strings.Fields(norm.NFC.String(b.String()))
	for i, w := range words {
		if short := abbreviated[w]; short != "" {
			words[i] = short
		}
	}
	return strings.Join(words, " ")
}

// spelled are letters that no decomposition brings to what people type instead.
var spelled = map[rune]string{
	'ß': "ss", 'æ': "ae", 'œ': "oe", 'ø': "o", 'ł': "l", 'đ': "d", 'ð': "d", 'þ': "th", 'ħ': "h", 'ŧ': "t",
	'ŋ': "n", 'ı': "i", 'ĸ': "k", 'ə': "e", 'ƀ': "b", 'ɓ': "b", 'ɗ': "d", 'ƙ': "k", 'ς': "σ", 'ґ': "г",
	'ي': "ی", 'ى': "ی", 'ك': "ک", 'ة': "ه", 'ヶ': "ケ", 'ヵ': "カ", 'ッ': "ツ",
}

// abbreviated are words that are written short as often as in full.
var abbreviated = map[string]string{
	"saint": "st", "sankt": "st", "sainte": "ste", "santa": "sta", "santo": "sto", "fort": "ft", "mount": "mt",
}

// silent tells whether a folded name does without a character: combining
// accents, the vowel signs of Arabic and Hebrew, apostrophes and their likes
// (O'Fallon, Mar”ina), joiners and other characters that show nothing.
func silent(r rune) bool {
	switch {
	case r < 0x80:
		return r == '\'' || r == '`'
	case r >= 0x02B0 && r <= 0x036F, r >= 0x0591 && r <= 0x05C7 && r != 0x05BE && r != 0x05C0 && r != 0x05C3:
		return true
	case r >= 0x064B && r <= 0x065F, r == 0x0670, r == 0x0640:
		return true
	case r >= 0x1AB0 && r <= 0x1AFF, r >= 0x1DC0 && r <= 0x1DFF, r >= 0x20D0 && r <= 0x20FF, r >= 0xFE20 && r <= 0xFE2F:
		return true
	case r == '’' || r == '‘' || r == '´' || r == '·' || r == '׳' || r == '״':
		return true
	}
	return unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Variation_Selector, r)
}
