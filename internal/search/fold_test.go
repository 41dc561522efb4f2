package search

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// words gives what a value is taken apart into.
func splitWords(s string) (out []string) {
	var f folder
	f.split(s)
	for i := range f.ends {
		out = append(out, string(f.word(i)))
	}
	return out
}

func FuzzFold(f *testing.F) {
	for _, c := range cases {
		f.Add(c.value)
	}
	f.Add("a\u0300\u0301\u0345 \xff\xfe ́ ᾳ ŉ ﷺ Ǆ ½ ㎏ ㍿ カ゛ｶﾞ 가각")
	f.Fuzz(func(t *testing.T, s string) {
		words := splitWords(s)
		for _, w := range words {
			if w == "" || !utf8.ValidString(w) {
				t.Fatalf("%q has the word %q", s, w)
			}
			if again := strings.Join(splitWords(w), "|"); again != w {
				t.Fatalf("%q of %q folds again, to %q", w, s, again)
			}
		}
		tracked := folder{track: true}
		if tracked.split(s); len(tracked.from) != len(tracked.buf) || len(tracked.to) != len(tracked.buf) {
			t.Fatalf("%q: %d bytes come from %d", s, len(tracked.buf), len(tracked.from))
		}
		Match(Query{s, All}, []Text{{Name, s}, {Email, s}, {Phone, s}, {Number, s}, {ExternalID, s}})
		sound([]byte(strings.Join(words, "")))
	})
}
