package noteindex

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/acme/customers/internal/note"
)

// tester is what a property reports to.
type tester interface{ Fatalf(string, ...any) }

// world is an index with the customers that were put into it.
type world struct {
	x         *Index
	customers []Subject
	old       []Subject // what was put before
}

// naive asks every note.
func (w *world) naive(q Query) (all []placed, notes map[uuid.UUID]note.Note, who map[uuid.UUID]uint32) {
	notes, who = map[uuid.UUID]note.Note{}, map[uuid.UUID]uint32{}
	for _, c := range w.customers {
		if c.Gone || c.State == nil {
			continue
		}
		for text, n := range c.State.Notes {
			score, ok := q.Match(&n, c.Ordinal)
			if !ok {
				continue
			}
			if !q.ByRelevance {
				score = 0
			}
			id := uuid.MustParse(text)
			all = append(all, placed{Mark: Mark{score, n.CreatedAt.UnixMicro(), id}})
			notes[id], who[id] = n, c.Ordinal
		}
	}
	slices.SortFunc(all, func(a, b placed) int { return ahead(&a.Mark, &b.Mark) })
	return all, notes, who
}

// findsWhatMatches: all pages together are what Match says, in order, each with
// the total.
func (w *world) findsWhatMatches(t tester, q Query) {
	want, notes, who := w.naive(q)
	q.After = nil
	for got := 0; ; {
		found, err := w.x.Find(q)
		if err != nil || found.Total != int64(len(want)) {
			t.Fatalf("%q: %d, %v; want %d", q.Text, found.Total, err, len(want))
		}
		for _, h := range found.Hits {
			if got == len(want) || h.ID != want[got].ID || h.Customer != who[h.ID] || !cmp.Equal(h.Note, notes[h.ID]) {
				t.Fatalf("%q: the %d. is %+v", q.Text, got, h)
			}
			checkSnippet(t, h.Snippet, h.Note.Content)
			got++
		}
		if found.Next == nil {
			if got != len(want) {
				t.Fatalf("%q: %d on all pages, want %d", q.Text, got, len(want))
			}
			return
		}
		if len(found.Hits) != q.Limit || *found.Next != want[got-1].Mark {
			t.Fatalf("%q: a page of %d, and the next from %+v", q.Text, len(found.Hits), found.Next)
		}
		q.After = found.Next
	}
}

var vocabulary = []string{"call", "called", "caller", "Zoë", "zoe", "ＣＡＬＬ", "a", "ab", "order", "4711", "won't", "東京", "東京都", "京都", "カード", "โทร", "call", "第3回"}

func drawText(t *rapid.T, most int) string {
	words := rapid.SliceOfN(rapid.SampledFrom(vocabulary), 1, most).Draw(t, "words")
	return strings.Join(words, rapid.SampledFrom([]string{" ", ", ", "", "\n"}).Draw(t, "between"))
}

func drawQuery(t *rapid.T) Query {
	types := rapid.SampledFrom([][]string{{"support", "sales", "compliance"}, {"support"}, {"sales", "compliance"}, nil}).Draw(t, "types")
	q := Query{Types: func(name string) bool { return slices.Contains(types, name) }, ByRelevance: rapid.Bool().Draw(t, "by relevance"), Limit: rapid.IntRange(1, 5).Draw(t, "limit")}
	for range rapid.IntRange(0, 2).Draw(t, "clauses") {
		text := drawText(t, 2)
		if rapid.Bool().Draw(t, "quoted") {
			text = `"` + text + `"`
		} else if cut := []rune(text); rapid.Bool().Draw(t, "cut") {
			text = string(cut[:(len(cut)+1)/2])
		}
		q.Text += " " + text
	}
	if rapid.IntRange(0, 3).Draw(t, "author?") == 0 {
		q.Author = rapid.SampledFrom([]string{"1", "2", "3"}).Draw(t, "author")
	}
	if rapid.IntRange(0, 3).Draw(t, "pinned?") == 0 {
		q.Pinned = new(rapid.Bool().Draw(t, "pinned"))
	}
	if rapid.IntRange(0, 3).Draw(t, "from?") == 0 {
		q.From = instant(rapid.Int64Range(1, 6).Draw(t, "from"))
	}
	if rapid.IntRange(0, 3).Draw(t, "to?") == 0 {
		q.To = instant(rapid.Int64Range(1, 6).Draw(t, "to"))
	}
	if rapid.IntRange(0, 3).Draw(t, "within?") == 0 {
		q.Within = roaring.BitmapOf(rapid.SliceOfN(rapid.Uint32Range(0, 4), 0, 3).Draw(t, "within")...)
	}
	return q
}

// step changes the notes of a customer, or ends it.
func (w *world) step(t *rapid.T) {
	i := rapid.IntRange(0, len(w.customers)-1).Draw(t, "customer")
	c := w.customers[i]
	if c.Gone {
		return
	}
	w.old = append(w.old, c)
	what := rapid.IntRange(0, 19).Draw(t, "what")
	notes := map[string]note.Note{}
	if c.State != nil {
		maps.Copy(notes, c.State.Notes)
	}
	c.Version++
	switch ids := slices.Sorted(maps.Keys(notes)); {
	case what == 0:
		c.Gone, c.State = true, nil
	case what < 12 || len(ids) == 0:
		id := uuid.UUID{0: byte(i), 1: byte(c.Version), 15: byte(rapid.IntRange(0, 255).Draw(t, "id"))}
		notes[id.String()] = note.Note{Type: rapid.SampledFrom([]string{"support", "sales", "compliance"}).Draw(t, "type"), Content: drawText(t, 8), Pinned: rapid.Bool().Draw(t, "pinned"),
			Author: note.Author{Role: "support", ID: rapid.SampledFrom([]string{"1", "2"}).Draw(t, "author")}, CreatedAt: instant(rapid.Int64Range(1, 5).Draw(t, "at")), Revision: 1}
	default:
		id := rapid.SampledFrom(ids).Draw(t, "note")
		n := notes[id]
		n.Revision++
		n.Editor, n.EditedAt = note.Author{Role: "admin", ID: "9"}, instant(c.Version)
		switch {
		case what < 15:
			n.Content = drawText(t, 8)
		case what < 17:
			n.Type, n.Pinned = "sales", !n.Pinned
		default:
			n.Content, n.Pinned, n.Deleted = "", false, true
		}
		notes[id] = n
	}
	if !c.Gone {
		c.State = &note.State{Notes: notes}
	}
	w.customers[i] = c
	w.x.Put([]Subject{c})
	if rapid.IntRange(0, 3).Draw(t, "late") == 0 { // what is old, and the same again, change nothing
		w.x.Put([]Subject{rapid.SampledFrom(w.old).Draw(t, "old"), c})
	}
}

func newWorld() *world {
	w := &world{x: New(0)}
	for i := range 5 {
		w.customers = append(w.customers, Subject{ID: uuid.UUID{0: 0xff, 1: byte(i)}, Ordinal: uint32(i), State: new(note.State)})
	}
	return w
}

func TestFindAgreesWithMatch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld()
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			w.step(t)
		}
		for range 5 {
			w.findsWhatMatches(t, drawQuery(t))
		}
		w.holdsTogether(t)
	})
}

// holdsTogether: what is kept is what an index keeps that knows the last states
// alone.
func (w *world) holdsTogether(t tester) {
	fresh := New(0)
	fresh.Put(w.customers)
	a, b := w.x.Size(), fresh.Size()
	if a.Notes != b.Notes || a.Distinct != b.Distinct || a.Texts != b.Texts || a.Terms != b.Terms {
		t.Fatalf("something is left over: %+v, want %+v", a, b)
	}
}

// failed tells whether a check fails.
type failed bool

func (f *failed) Fatalf(string, ...any) { *f = true; panic(f) }

func fails(check func(tester)) (out failed) {
	defer func() {
		if r := recover(); r != nil && r != any(&out) {
			panic(r)
		}
	}()
	check(&out)
	return out
}

// The control: each index is wrong in one place, and that is seen.
func TestAWrongIndexIsSeen(t *testing.T) {
	notes := func(contents ...string) *note.State {
		s := &note.State{Notes: map[string]note.Note{}}
		for i, c := range contents {
			s.Notes[uuid.UUID{15: byte(i)}.String()] = note.Note{Type: "support", Content: c, CreatedAt: instant(int64(i + 1)), Revision: 1}
		}
		return s
	}
	number := func(x *Index, text string) uint32 { return uint32(slices.Index(x.notes.texts, text)) }
	for name, wreck := range map[string]func(x *Index){
		"nothing": func(*Index) {},
		"a word is missing": func(x *Index) {
			x.terms.posts[x.mustFind("called")] = posting{one: none}
		},
		"a word too many":        func(x *Index) { x.terms.posts[x.mustFind("called")].add(number(x, "order")) },
		"how often is not known": func(x *Index) { x.terms.order.Delete("called" + twice) },
		"another's note":         func(x *Index) { x.notes.customers[number(x, "called")]++ },
		"another time":           func(x *Index) { x.notes.at[number(x, "called")]-- },
		"another type":           func(x *Index) { x.notes.kinds[number(x, "called")] = kind(x.notes.types.of("sales")) },
		"a note that was deleted": func(x *Index) {
			x.add(7, uuid.UUID{1: 1}, &note.Note{Type: "support", Content: "called", CreatedAt: instant(9)})
		},
	} {
		w := &world{x: New(0), customers: []Subject{{ID: uuid.UUID{1}, Ordinal: 7, Version: 1, State: notes("called and called", "order", "called")}}}
		w.x.Put(w.customers)
		wreck(w.x)
		q := Query{Text: "called", ByRelevance: true, Limit: 2, Types: func(name string) bool { return name == "support" }}
		if seen := fails(func(t tester) { w.findsWhatMatches(t, q) }); bool(seen) == (name == "nothing") {
			t.Errorf("%s: seen is %v", name, seen)
		}
	}
}

func (x *Index) mustFind(text string) uint32 {
	term, ok := x.terms.at[text]
	if !ok {
		panic(text)
	}
	return term
}

func everyType(string) bool { return true }

func TestMatch(t *testing.T) {
	const text = "Customer called: wants to CANCEL order #4711. Won't pay; called Zoë. 客户喜欢iPhone手机"
	for query, want := range map[string]bool{
		"":                     true,
		"called":               true,
		"call":                 true, // a prefix
		"c":                    false,
		"alled":                false,
		"cancel order":         true,
		"order cancel":         true,
		"order refund":         false,
		"zoe":                  true,
		"ＺＯË":                  true,
		"wont":                 true,
		"won’t":                true,
		"4711":                 true,
		"#4711":                true,
		`"cancel order"`:       true,
		`"order cancel"`:       false,
		`"cancel ord"`:         false,
		`"call"`:               false,
		`„wants to“ pay`:       true,
		`"wants to`:            true,
		"喜欢":                   true,
		"户喜欢":                  true,
		"户欢":                   false,
		"iphone":               true,
		`"喜欢 iphone 手"`:        true,
		"!":                    false,
		strings.Repeat("x", 9): false,
	} {
		q := Query{Text: query, Types: everyType}
		if _, got := q.Match(&note.Note{Type: "support", Content: text}, 1); got != want {
			t.Errorf("%s: %v", query, got)
		}
	}
	if _, ok := new(Query).Match(&note.Note{Content: text}, 1); ok {
		t.Error("a query of no types finds something")
	}
	if _, ok := (&Query{Types: everyType}).Match(&note.Note{Deleted: true}, 1); ok {
		t.Error("a deleted note is found")
	}
}

// The better match comes first: a word itself, then one that begins with it;
// then how often.
func TestRelevance(t *testing.T) {
	texts := []string{"refund refund refund refund: refund", "refund and refund", "refund", "refunds refunded", "refunded"}
	x, state := New(0), &note.State{Notes: map[string]note.Note{}}
	for i, text := range texts { // the worse, the newer
		state.Notes[uuid.UUID{15: byte(i)}.String()] = note.Note{Type: "support", Content: text, CreatedAt: instant(int64(1 + i))}
	}
	x.Put([]Subject{{ID: uuid.UUID{1}, Version: 1, State: state}})
	for _, byRelevance := range []bool{true, false} {
		found, err := x.Find(Query{Text: "refund", Types: everyType, ByRelevance: byRelevance, Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, h := range found.Hits {
			got = append(got, h.Note.Content)
		}
		if !byRelevance {
			slices.Reverse(got)
		}
		if diff := cmp.Diff(texts, got); diff != "" {
			t.Errorf("by relevance %v: %s", byRelevance, diff)
		}
	}
}

// Beyond the budget nothing is kept and nothing found, and what is needed stays
// right.
func TestAnIndexBeyondItsBudgetSaysWhatItNeeds(t *testing.T) {
	x := New(10)
	put := func(customer byte, version int64, texts ...string) {
		s := &note.State{Notes: map[string]note.Note{}}
		for i, text := range texts {
			s.Notes[uuid.UUID{0: customer, 15: byte(i)}.String()] = note.Note{Type: "support", Content: text}
		}
		x.Put([]Subject{{ID: uuid.UUID{customer}, Ordinal: uint32(customer), Version: version, State: s}})
	}
	find := func() error {
		_, err := x.Find(Query{Text: "word", Types: everyType, Limit: 1})
		return err
	}
	put(1, 1, "word 6")
	put(2, 1, "four")
	if err := find(); err != nil {
		t.Errorf("just full: %v", err)
	}
	put(2, 2, "fours")
	var full Full
	if !errors.As(find(), &full) || full != (Full{11, 10}) {
		t.Errorf("too much: %v", full)
	}
	put(3, 1, "twelve chars", "x")
	x.Put([]Subject{{ID: uuid.UUID{1}, Gone: true}})
	if !errors.As(find(), &full) || full != (Full{18, 10}) {
		t.Errorf("then: %v", full)
	}
	x.Put([]Subject{{ID: uuid.UUID{3}, Gone: true}})
	if s := x.Size(); find() == nil || s.Notes != 0 || s.Texts != 0 || s.Need != 5 || s.Distinct != 0 || !s.Full {
		t.Errorf("what was let go of came back: %+v", s)
	}
}

func checkSnippet(t tester, s Snippet, text string) {
	whole := strings.TrimSuffix(strings.TrimPrefix(s.Text, cutMark), cutMark)
	runes := []rune(s.Text)
	if !strings.Contains(text, whole) || len(runes) > snippetRunes+2 {
		t.Fatalf("a snippet of %d characters that is not of the text: %q", len(runes), s.Text)
	}
	for i, h := range s.Highlights {
		if h.Start < 0 || h.Start >= h.End || h.End > len(runes) || i > 0 && h.Start < s.Highlights[i-1].End {
			t.Fatalf("highlights %v of %q", s.Highlights, s.Text)
		}
	}
}

func TestSnippet(t *testing.T) {
	long := strings.Repeat("some words before it. ", 20) + "He wants the Réfund now, or the refunds of “last year”. " + strings.Repeat("And so on and on. ", 20)
	for _, c := range []struct{ query, text, want string }{
		{"", "short", "short"},
		{"refund", "A REFUND, refunded", "A [REFUND], [refund]ed"},
		{`"last year" ref`, "refund of last  year, or last", "[ref]und of [last  year], or last"},
		{"喜欢", "客户喜欢iPhone，不喜欢手机", "客户[喜欢]iPhone，不[喜欢]手机"},
		{"refund", long, "…it. some words before it. He wants the [Réfund] now, or the [refund]s of “last year”. And so on and on. And so on and on. And so on and on. And so on and on. And…"},
		{"", long, "some words before it. some words before it. some words before it. some words before it. some words before it. some words before it. some words before it. some…"},
		{"東", strings.Repeat("京", 300) + "東" + strings.Repeat("京", 300), "…" + strings.Repeat("京", 40) + "[東]" + strings.Repeat("京", 119) + "…"},
	} {
		s := snippetOf(c.text, parse(c.query))
		checkSnippet(t, s, c.text)
		var got strings.Builder
		at, runes := 0, []rune(s.Text)
		for _, h := range s.Highlights {
			fmt.Fprintf(&got, "%s[%s]", string(runes[at:h.Start]), string(runes[h.Start:h.End]))
			at = h.End
		}
		got.WriteString(string(runes[at:]))
		if diff := cmp.Diff(c.want, got.String()); diff != "" {
			t.Errorf("%s: %s", c.query, diff)
		}
	}
}

// A page stays where it was while notes come and go: nobody is shown twice, and
// nobody who was there all the time is left out.
func TestPagesStayRightWhileNotesComeAndGo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld()
		for range 20 {
			w.step(t)
		}
		q := Query{Text: "ca", Types: everyType, Limit: 2}
		always, seen := ids(w.naive(q)), map[uuid.UUID]int{}
		for {
			found, err := w.x.Find(q)
			if err != nil {
				t.Fatalf("%v", err)
			}
			for _, h := range found.Hits {
				seen[h.ID]++
			}
			if q.After = found.Next; q.After == nil {
				break
			}
			w.step(t)
			now := ids(w.naive(q))
			maps.DeleteFunc(always, func(id uuid.UUID, _ bool) bool { return !now[id] })
		}
		for id := range always {
			if seen[id] != 1 {
				t.Fatalf("%s was there all the time, and is shown %d times", id, seen[id])
			}
		}
		for id, n := range seen {
			if n > 1 {
				t.Fatalf("%s is shown %d times", id, n)
			}
		}
	})
}

func ids(all []placed, _ map[uuid.UUID]note.Note, _ map[uuid.UUID]uint32) map[uuid.UUID]bool {
	out := map[uuid.UUID]bool{}
	for _, p := range all {
		out[p.ID] = true
	}
	return out
}
