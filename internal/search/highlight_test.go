package search

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// shown writes a highlight as the text with what is found in brackets.
func shown(texts []Text, hs []Highlighted) string {
	var b strings.Builder
	for _, h := range hs {
		v := texts[h.Text].Value
		fmt.Fprintf(&b, "%s[%s]%s %s; ", v[:h.Start], v[h.Start:h.End], v[h.End:], hows[h.How])
	}
	return strings.TrimSuffix(b.String(), "; ")
}

var hows = [...]string{"", "exact", "prefix", "digits", "nickname", "phonetic", "typo", "infix"}

func TestHighlight(t *testing.T) {
	texts := []Text{{Name, "Zoë Müller-Lüdenscheidt"}, {Email, "zoe.m@exämple.com"}, {Phone, "+41 79 123 45 67"}, {Number, "C-00001234"},
		{ExternalID, "CRM-4711"}, {Former, "Robert O’Brien"}, {Former, "Jean-Luc 山田太郎"}}
	for _, c := range []struct{ query, want string }{
		{"zoe", "[Zoë] Müller-Lüdenscheidt exact; [zoe].m@exämple.com exact"},
		{"zo", "[Zo]ë Müller-Lüdenscheidt prefix; [zo]e.m@exämple.com prefix"},
		{"densch", "Zoë Müller-Lü[densch]eidt infix"},
		{"mülelr", "Zoë [Müller]-Lüdenscheidt typo"},
		{"mueller", "Zoë [Müller]-Lüdenscheidt exact"},
		{"bob", "[Robert] O’Brien nickname"},
		{"jeanluc", "[Jean]-Luc 山田太郎 exact; Jean-[Luc] 山田太郎 exact"},
		{"obrien", "Robert [O’Brien] exact"},
		{"田", "Jean-Luc 山[田]太郎 infix"},
		{"079 123", "+41 [79 123] 45 67 digits"},
		{"c1234", "[C-00001234] exact"},
		{"rm47", "C[RM-47]11 infix"},
		{"zoe.m@exa", "[zoe.m]@exämple.com exact; zoe.m@[exä]mple.com prefix"},
		{"@example.com", "zoe.m@[exämple.com] exact"},
		{"smith", ""},
		{"zoe smith", ""},
	} {
		if got := shown(texts, Highlight(Query{c.query, All}, texts)); got != c.want {
			t.Errorf("%q: %s\nwant %s", c.query, got, c.want)
		}
	}
	if got := Highlight(Query{"zoe", Of(Email)}, texts); len(got) != 1 || got[0].Text != 1 {
		t.Errorf("kinds that are not visible are shown: %v", got)
	}
}

// TestHighlightIsWithin: whatever matches is shown, in whole letters.
func TestHighlightIsWithin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		texts, q := someTexts(t), someQuery(t)
		hs := Highlight(q, texts)
		if _, ok := Match(q, texts); ok != (len(hs) > 0) {
			t.Fatalf("%q in %v: matches %v, shows %v", q.Text, texts, ok, hs)
		}
		for _, h := range hs {
			v := texts[h.Text].Value
			if h.Start >= h.End || h.End > len(v) || !utf8.ValidString(v[h.Start:h.End]) || !texts[h.Text].Kind.In(q.Kinds) {
				t.Fatalf("%q in %q: %v", q.Text, v, h)
			}
		}
	})
}
