package search

import (
	"strings"
	"testing"
)

func TestSplitter(t *testing.T) {
	for text, want := range map[string]string{
		"":                               "",
		" -- ":                           "",
		"Called again, won't pay €12.50": "called again wont pay 12 50",
		"Zoë MÜLLER ｆａｘ ﬁle":             "zoe muller fax file",
		"第3回":                            "[第] 3 [回]",
		"客户喜欢iPhone手机":                   "[客户喜欢] iphone [手机]",
		"カード と ｶｰﾄﾞ":                     "[かーど] [と] [かーど]",
		"โทรกลับ พรุ่งนี้": "[โทรกลับ] [พรุ่งนี้]",
		"e\u0301te\u0301": "ete",
	} {
		var s Splitter
		var got []string
		for _, w := range s.Split(text, false) {
			if w.Dense {
				got = append(got, "["+string(w.Text)+"]")
			} else {
				got = append(got, string(w.Text))
			}
		}
		if got := strings.Join(got, " "); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestSplitterKnowsWhereAWordIs(t *testing.T) {
	const text = "Ça: É\u0301T\u00c9s 客户iPhone"
	var s Splitter
	var got []string
	for _, w := range s.Split(text, true) {
		from, to := s.Place(&w, 0, len(w.Text))
		got = append(got, text[from:to])
	}
	if got := strings.Join(got, "|"); got != "Ça|É\u0301T\u00c9s|客户|iPhone" {
		t.Error(got)
	}
}
