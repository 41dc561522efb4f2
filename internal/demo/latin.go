package demo

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// A part is a name and its spelling in a-z, for e-mail addresses.
type part struct{ name, latin string }

// parts reads a table: names separated by white space, '_' for a space within
// one. A name in another script is followed by '=' and its spelling in Latin.
func parts(table string) []part {
	var out []part
	for word := range strings.FieldsSeq(table) {
		name, latin, given := strings.Cut(word, "=")
		name = strings.ReplaceAll(name, "_", " ")
		if !given {
			latin = fold(name)
		}
		out = append(out, part{norm.NFC.String(name), latin})
	}
	return out
}

// undecomposed are the Latin letters that Unicode does not take apart.
var undecomposed = strings.NewReplacer("ß", "ss", "ø", "o", "æ", "ae", "œ", "oe", "ł", "l", "đ", "d", "ð", "d", "þ", "th", "ı", "i", "ə", "e")

// fold writes a name of the Latin script in a-z.
func fold(name string) string {
	lower := undecomposed.Replace(strings.ToLower(name))
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(lower)))
}
