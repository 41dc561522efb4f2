package noteindex

import (
	"testing"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/note"
)

// Whatever is written and looked for, in whichever script and however broken, the
// index finds what Match says, and shows a part of it.
func FuzzFind(f *testing.F) {
	for _, seed := range [][2]string{{"called about order", `order "called about`}, {"客户喜欢iPhone", "户喜欢 iph"}, {"e\u0301te\u0301 \xff\xfe", "ÉTÉ"}, {"ｶｰﾄﾞ カード", "かーど"},
		{"a\x01b a\x02", "a\x01"}, {"ﷺ ㍿ ½", "ﷺ"}, {"กำ นำ้", "กํา"}, {"\u3099が", "か"}, {"ǆ İ ẞ", "dz i ss"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, text, query string) {
		if len(text) > 4*note.MaxContent || len(query) > 4*MaxRunes {
			return
		}
		id := uuid.UUID{1}
		w := &world{x: New(0), customers: []Subject{{ID: id, Version: 1, State: &note.State{Notes: map[string]note.Note{id.String(): {Type: "support", Content: text, CreatedAt: instant(1)}}}}}}
		w.x.Put(w.customers)
		for _, byRelevance := range []bool{false, true} {
			w.findsWhatMatches(t, Query{Text: query, Types: everyType, ByRelevance: byRelevance, Limit: 1})
		}
		w.x.Put([]Subject{{ID: id, Gone: true}})
		if s := w.x.Size(); s.Distinct != 0 || s.Terms != 0 || s.Notes != 0 || s.Need != 0 {
			t.Fatalf("something is left of it: %+v", s)
		}
	})
}
