package search

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// pool is small, so that texts and queries meet.
var pool = strings.Fields("anna Anna anan hanna Annabelle jean luc Jean-Luc jeanluc O'Brien obrien Müller mueller Muller müllerin robert bob bert liz Elizabeth " +
	"Schwarzenegger schwarznegger van den berg vandenberg 山田太郎 山田 太郎 やまだ ヤマダ 김철수 محمد Саша Александр 1234 079 4567 c1234 crm-47 a b c an ann meier Mayer")

func someTexts(t *rapid.T) []Text {
	word := rapid.SampledFrom(pool)
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Text {
		switch k := Kind(rapid.IntRange(0, int(kinds)-1).Draw(t, "kind")); k {
		case Email:
			return Text{k, word.Draw(t, "local") + rapid.SampledFrom([]string{"", ".", "4"}).Draw(t, "dot") + word.Draw(t, "local") + "@" +
				rapid.SampledFrom([]string{"example.com", "anna.example.org", "localhost", ""}).Draw(t, "host")}
		case Phone:
			return Text{k, "+4179" + rapid.StringMatching(`[0-4]{0,8}`).Draw(t, "digits")}
		case Number:
			return Text{k, rapid.StringMatching(`(C-|K9-|)0000[0-3]{0,4}|x`).Draw(t, "number")}
		default:
			return Text{k, strings.Join(rapid.SliceOfN(word, 0, 3).Draw(t, "words"), rapid.SampledFrom([]string{" ", "-", ""}).Draw(t, "between"))}
		}
	}), 0, 4).Draw(t, "texts")
}

func someQuery(t *rapid.T) Query {
	part := rapid.Custom(func(t *rapid.T) string {
		switch rapid.IntRange(0, 6).Draw(t, "part") {
		case 0:
			return rapid.StringMatching(`[a-e山]{1,3}`).Draw(t, "letters")
		case 1:
			return rapid.StringMatching(`\+?[0-4]{1,7}`).Draw(t, "digits")
		case 2:
			return rapid.SampledFrom([]string{"@example.com", "@anna", "anna@", "annaanna@exa", "c12", "C-0000123", "k9-1", "0041791"}).Draw(t, "address")
		default:
			rs := []rune(rapid.SampledFrom(pool).Draw(t, "word"))
			a := rapid.IntRange(0, len(rs)-1).Draw(t, "from")
			if b := rapid.IntRange(a, len(rs)).Draw(t, "to"); b > a && rapid.Bool().Draw(t, "cut") {
				rs = rs[a:b]
			}
			if n := len(rs); n > 3 && rapid.IntRange(0, 3).Draw(t, "swap") == 0 {
				rs = slices.Clone(rs)
				rs[n-1], rs[n-2] = rs[n-2], rs[n-1]
			}
			return string(rs)
		}
	})
	q := Query{strings.Join(rapid.SliceOfN(part, 0, 4).Draw(t, "parts"), rapid.SampledFrom([]string{" ", "-", "", "  "}).Draw(t, "space")), All}
	if rapid.IntRange(0, 3).Draw(t, "hidden") == 0 {
		q.Kinds = Kinds(rapid.Uint16().Draw(t, "kinds"))
	}
	return q
}

// TestBatchIsPutOneByOne: of the documents of a batch, put in any order, twice or
// not at all, a search finds what it finds of those that were put by themselves.
func TestBatchIsPutOneByOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, docs := New(), map[uint32][]Text{}
		for range rapid.IntRange(1, 4).Draw(t, "batches") {
			b, added := x.Batch(), [][]Text(nil)
			for range rapid.IntRange(1, 8).Draw(t, "documents") {
				added = append(added, someTexts(t))
				doc := uint32(len(added)) % 5 // some of them twice
				if n := b.Add(doc, added[len(added)-1]); n != len(added)-1 {
					t.Fatalf("the document %d is the %d-th", len(added)-1, n)
				}
			}
			for _, n := range rapid.SliceOf(rapid.IntRange(0, len(added)-1)).Draw(t, "put") {
				x.PutOf(b, n)
				docs[uint32(n+1)%5] = added[n]
			}
			x.Done(b)
		}
		for doc, texts := range docs {
			if got := x.Texts(doc); !slices.Equal(got, texts) {
				t.Fatalf("document %d has %v, not %v", doc, got, texts)
			}
		}
		if d := differs(x, docs, someQuery(t), nil); d != "" {
			t.Fatal(d)
		}
	})
}

// differs compares a search with what Match says of every document, "" when
// they agree: on the set, on the scores, and on pages of two.
func differs(x *Index, docs map[uint32][]Text, q Query, within *roaring.Bitmap) string {
	var want []Hit
	plan := parse(q)
	for doc, texts := range docs {
		if score, ok := plan.match(texts); ok && (within == nil || within.Contains(doc)) {
			want = append(want, Hit{doc, score})
		}
	}
	slices.SortFunc(want, func(a, b Hit) int {
		if a.Score != b.Score {
			return int(b.Score) - int(a.Score)
		}
		return int(a.Doc) - int(b.Doc)
	})
	found := x.Search(q, within)
	var got []Hit
	var after *Mark
	for {
		page := found.Top(after, 2)
		if got = append(got, page...); len(page) == 0 {
			break
		}
		after = &Mark{page[len(page)-1].Score, page[len(page)-1].Doc}
	}
	if d := cmp.Diff(want, got); d != "" {
		return d
	}
	if n := found.Docs().GetCardinality(); n != uint64(len(want)) {
		return fmt.Sprintf("%d of %d", n, len(want))
	}
	return ""
}

// TestSearchIsMatch: after any history, a search finds what Match defines.
func TestSearchIsMatch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, docs := New(), map[uint32][]Text{}
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			doc := rapid.Uint32Range(0, 9).Draw(t, "doc")
			if rapid.IntRange(0, 4).Draw(t, "remove") == 0 {
				x.Remove(doc)
				delete(docs, doc)
				continue
			}
			docs[doc] = someTexts(t)
			x.Put(doc, docs[doc])
		}
		var within *roaring.Bitmap
		if rapid.IntRange(0, 3).Draw(t, "some") == 0 {
			within = roaring.BitmapOf(1, 2, 3, 5, 8, 13)
		}
		for range 5 {
			q := someQuery(t)
			if d := differs(x, docs, q, within); d != "" {
				t.Fatalf("%q: %s", q.Text, d)
			}
		}
		for doc, texts := range docs {
			if len(texts) > 0 && !slices.Equal(texts, x.Texts(doc)) {
				t.Fatalf("texts of %d: %v", doc, x.Texts(doc))
			}
		}
	})
}

// TestTheComparisonTells: an index that misses a document, has one too many, or
// has it under another score is told from a right one.
func TestTheComparisonTells(t *testing.T) {
	docs := map[uint32][]Text{1: {{Name, "Anna"}}, 2: {{Name, "Annabelle"}}}
	for name, broken := range map[string]map[uint32][]Text{
		"missing": {1: docs[1]}, "too many": {1: docs[1], 2: docs[2], 3: docs[1]}, "score": {1: docs[2], 2: docs[1]},
	} {
		x := New()
		for doc, texts := range broken {
			x.Put(doc, texts)
		}
		if differs(x, docs, Query{"anna", All}, nil) == "" {
			t.Errorf("%s: nothing is told", name)
		}
	}
}

// TestSearchAmongPeople asks queries made of what people have, whole and in
// part and misspelled, and compares with Match on each of them.
func TestSearchAmongPeople(t *testing.T) {
	n, queries := 3000, 300
	if os.Getenv("SOAK") != "" {
		n, queries = 5000, 10_000
	}
	p, x, docs := newPeople(2), New(), map[uint32][]Text{}
	for i := range n {
		docs[uint32(i)] = p.one(i)
		x.Put(uint32(i), docs[uint32(i)])
	}
	for i := range n / 10 { // a tenth has moved, another has left
		docs[uint32(i)] = p.one(n + i)
		x.Put(uint32(i), docs[uint32(i)])
		x.Remove(uint32(n - 1 - i))
		delete(docs, uint32(n-1-i))
	}
	known := slices.Sorted(maps.Keys(docs))
	found := 0
	for range queries {
		who := docs[pick(p.rnd, known)]
		q := Query{ask(p.rnd, who), All}
		if p.rnd.IntN(5) == 0 {
			q.Kinds = Kinds(p.rnd.Uint32())
		}
		if d := differs(x, docs, q, nil); d != "" {
			t.Fatalf("%q: %s", q.Text, d)
		}
		if _, ok := Match(q, who); ok {
			found++
		}
	}
	if found < queries/2 {
		t.Errorf("only %d of %d queries find whom they were made of: they test little", found, queries)
	}
}

// ask makes a query of one or two of somebody's texts.
func ask(r *rand.Rand, texts []Text) string {
	var words []string
	for range 1 + r.IntN(2) {
		all := strings.FieldsFunc(pick(r, texts).Value, func(c rune) bool { return c == ' ' })
		rs := []rune(pick(r, all))
		n := len(rs)
		switch i := r.IntN(max(n, 1)); r.IntN(8) {
		case 0: // the beginning
			rs = rs[:i+1]
		case 1: // the end, or a part of it
			rs = rs[i:]
			rs = rs[:1+r.IntN(len(rs))]
		case 2:
			if i > 0 {
				rs[i], rs[i-1] = rs[i-1], rs[i]
			}
		case 3:
			rs = slices.Delete(rs, i, i+1)
		case 4:
			rs = slices.Insert(rs, i, 'a'+rune(r.IntN(26)))
		case 5:
			rs = []rune(ascii.Replace(strings.ToLower(string(rs))))
		case 6:
			if n > 8 {
				rs = append(rs[n/2:n/2+2:n/2+2], append([]rune{' '}, rs[n/2+2:]...)...)
			}
		}
		words = append(words, string(rs))
	}
	return strings.Join(words, " ")
}

// TestForgotten: what nobody has any more is nowhere in the dictionaries, and
// many changes do not make them grow without end.
func TestForgotten(t *testing.T) {
	x := New()
	x.Put(1, []Text{{Name, "Unmistakable"}, {Email, "unmistakable@example.com"}, {Number, "C-1"}})
	x.Put(2, []Text{{Email, "other@example.com"}})
	kept := func() (found bool) {
		for _, f := range x.fields {
			for _, f := range f.both() {
				for i := range f.pages {
					found = found || strings.Contains(string(f.pages[i].blob), "unmistakable")
				}
				found = found || slices.Contains(f.alike[len("unmistakable")].signs, signature([]byte("unmistakable")))
			}
		}
		return found
	}
	if !kept() {
		t.Fatal("the check finds nothing where there is something")
	}
	if x.Remove(1); kept() || x.Texts(1) != nil || x.Size().Docs != 1 {
		t.Error("a removed document is still there")
	}
	for i := range 20_000 {
		x.Put(2, []Text{{Email, fmt.Sprintf("changed%d@example.com", i)}})
	}
	if n := x.fields[Email].n; n > 5000 {
		t.Errorf("%d terms for one document", n)
	}
	if got := x.Search(Query{"changed19999@example.com", All}, nil).Top(nil, 5); len(got) != 1 {
		t.Errorf("after all changes: %v", got)
	}
}

// TestSearchWhileADictionaryIsReplaced: when most terms are dead, the rest is
// brought over bit by bit, and all is found in between. Without what was not
// brought over yet, something is missing: so it is not over at once.
func TestSearchWhileADictionaryIsReplaced(t *testing.T) {
	const n = 2000
	p, x, docs := newPeople(7), New(), map[uint32][]Text{}
	for i := range 2 * n {
		if docs[uint32(i%n)] = p.one(i); i < n && i%3 == 0 { // some stay
			continue
		}
		x.Put(uint32(i%n), docs[uint32(i%n)])
	}
	for i := range n {
		docs[uint32(i)] = x.Texts(uint32(i))
	}
	stages, told := 0, false
	for i := 0; i < n && stages < 5; i++ {
		docs[uint32(i)] = p.one(3*n + i)
		x.Put(uint32(i), docs[uint32(i)])
		email := x.fields[Email]
		if email.old == nil || i%5 > 0 {
			continue
		}
		stages++
		last := docs[n-1]
		q := Query{last[slices.IndexFunc(last, func(t Text) bool { return t.Kind == Email })].Value, Of(Email)}
		old := email.old
		email.old = nil
		told = told || differs(x, docs, q, nil) != ""
		email.old = old
		for _, q := range []Query{q, {ask(p.rnd, docs[uint32(p.rnd.IntN(n))]), All}, {"mueller", All}, {"annamuller", All}, {"c-" + fmt.Sprint(i), All}, {"@gmail", All}} {
			if d := differs(x, docs, q, nil); d != "" {
				t.Fatalf("%q, %d of %d terms brought over: %s", q.Text, email.copied, old.n, d)
			}
		}
	}
	if stages < 3 || !told {
		t.Errorf("asked in %d stages, a loss is told: %v", stages, told)
	}
}

// TestPutAgain changes nothing and allocates nothing.
func TestPutAgain(t *testing.T) {
	x, texts := New(), newPeople(3).one(1)
	x.Put(1, texts)
	before := x.Size()
	x.Put(1, texts)
	b := x.Batch() // pools may lose what they have
	again := b.Add(1, texts)
	if n := testing.AllocsPerRun(10, func() { x.PutOf(b, again) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
	if d := cmp.Diff(before, x.Size()); d != "" {
		t.Error(d)
	}
}

// TestSearchesRunBesideEachOther gives the race detector something to see.
func TestSearchesRunBesideEachOther(t *testing.T) {
	p, x := newPeople(5), New()
	for i := range 500 {
		x.Put(uint32(i), p.one(i))
	}
	q := Query{"mueller a", All}
	want := x.Search(q, nil).Top(nil, 500)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 20 {
				if d := cmp.Diff(want, x.Search(q, nil).Top(nil, 500)); d != "" {
					t.Error(d)
				}
			}
		})
	}
	all.Wait()
}

func TestWords(t *testing.T) {
	for q, want := range map[string]int{"": 0, " - ": 0, "anna": 1, "jean-luc o'brien": 3, "a.b@c.d e": 2, strings.Repeat("a ", 12): 12, strings.Repeat("a ", 120): 100} {
		if got := Words(q); got != want {
			t.Errorf("%q: %d", q, got)
		}
	}
	texts := []Text{{Name, "Ann"}}
	if _, ok := Match(Query{strings.Repeat("ann ", 10) + "smith", All}, texts); !ok {
		t.Error("an eleventh word counts")
	}
	if _, ok := Match(Query{strings.Repeat("ann ", 9) + "smith", All}, texts); ok {
		t.Error("a tenth word does not count")
	}
}
