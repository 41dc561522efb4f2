package noteindex

import (
	"bytes"
	"cmp"
	"container/heap"
	"math"
	"math/bits"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/note"
	"github.com/acme/customers/internal/search"
)

// Found is a page of what a query found.
type Found struct {
	Total int64 // exactly, of all pages
	Hits  []Hit
	Next  *Mark // nil: there are no more
}

// Hit is a note that was found.
type Hit struct {
	Customer uint32 // ordinal
	ID       uuid.UUID
	Note     note.Note
	Snippet  Snippet
}

// Find answers a query, or fails with Full.
func (x *Index) Find(q Query) (Found, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if x.full {
		return Found{}, Full{x.need, x.budget}
	}
	q.Limit = max(q.Limit, 1)
	clauses := parse(q.Text)
	if len(clauses) == 0 && q.Text != "" {
		return Found{}, nil
	}
	out, page := x.scan(&q, clauses)
	if len(page) > q.Limit {
		page = page[:q.Limit]
		out.Next = &page[q.Limit-1].Mark
	}
	for _, p := range page {
		n := x.notes.note(p.number)
		out.Hits = append(out.Hits, Hit{Customer: x.notes.customers[p.number], ID: p.ID, Note: n, Snippet: snippetOf(n.Content, clauses)})
	}
	return out, nil
}

// placed is a note with its place in the order of a query.
type placed struct {
	Mark
	number uint32
}

// scan looks once at every note that has the words of a query, and keeps those
// that come first.
func (x *Index) scan(q *Query, clauses []clause) (out Found, page []placed) {
	var scores []uint32
	if q.ByRelevance {
		scores = make([]uint32, len(x.notes.ids))
	}
	have := x.having(clauses, scores)
	fits, read, first := x.filter(q), newReader(clauses), first{q: q}
	visit := func(number uint32) {
		if !fits(number) || len(read.unsure) > 0 && !read.matches(x.notes.texts[number]) {
			return
		}
		out.Total++
		m := Mark{At: x.notes.at[number]}
		if q.ByRelevance {
			m.Score = scores[number]
		}
		if !first.late(&m) { // most are, and no more of them is looked at
			m.ID = x.notes.ids[number]
			first.offer(placed{m, number})
		}
	}
	if have == nil {
		for number := range x.notes.ids {
			visit(uint32(number))
		}
	} else {
		have.each(visit)
	}
	return out, first.sorted()
}

// filter is what a query asks of a note beside its words.
func (x *Index) filter(q *Query) func(number uint32) bool {
	c := &x.notes
	types := make([]bool, len(c.types.all))
	for i := 1; i < len(types); i++ { // 0: there is no note
		types[i] = q.Types != nil && q.Types(c.types.all[i])
	}
	var authors []bool
	if q.Author != "" {
		authors = make([]bool, len(c.people.all))
		for i, who := range c.people.all {
			authors[i] = who.ID == q.Author
		}
	}
	from, to := int64(math.MinInt64), int64(math.MaxInt64)
	if !q.From.IsZero() {
		from = q.From.UnixMicro()
	}
	if !q.To.IsZero() {
		to = q.To.UnixMicro()
	}
	return func(number uint32) bool {
		k := c.kinds[number]
		return types[k&^pinned] && (q.Pinned == nil || *q.Pinned == (k&pinned != 0)) && (authors == nil || authors[c.authors[number]]) &&
			from <= c.at[number] && c.at[number] < to && (q.Within == nil || q.Within.Contains(c.customers[number]))
	}
}

// set is a set of numbers.
type set []uint64

func (s set) add(number uint32) { s[number/64] |= 1 << (number % 64) }

func (s set) and(other set) {
	for i := range s {
		s[i] &= other[i]
	}
}

func (s set) each(do func(number uint32)) {
	for i, w := range s {
		for ; w != 0; w &= w - 1 {
			do(uint32(i*64 + bits.TrailingZeros64(w)))
		}
	}
}

// having gives the notes that have the words of all clauses, nil for no clauses:
// of phrases and of dense words those, too, whose text has to be looked at. Where
// scores are asked for, it adds them up.
func (x *Index) having(clauses []clause, scores []uint32) (have set) {
	for i := range clauses {
		one := make(set, (len(x.notes.ids)+63)/64)
		if c := &clauses[i]; c.phrase || c.words[0].dense {
			x.together(c, one, scores)
		} else {
			x.beginning(&c.words[0], one, scores)
		}
		if have == nil {
			have = one
		} else {
			have.and(one)
		}
	}
	return have
}

// beginning adds the notes with a word that is or begins with another.
func (x *Index) beginning(w *word, to set, scores []uint32) {
	add := func(worth uint32) func(number uint32) {
		if scores == nil {
			return to.add
		}
		return func(number uint32) {
			to.add(number)
			scores[number] += worth
		}
	}
	x.terms.exact(w.text).each(add(exactly + hit))
	x.terms.order.Ascend(w.text, func(text string, term uint32) bool {
		rest, ok := strings.CutPrefix(text, w.text)
		if !ok || w.runes < shortestPrefix && rest != "" && rest != twice && rest != fourTimes {
			return false
		}
		if marked := strings.HasSuffix(rest, twice) || strings.HasSuffix(rest, fourTimes); rest != "" && (!marked || scores != nil) {
			x.terms.posts[term].each(add(hit))
		}
		return true
	})
}

// together adds the notes with all terms of a phrase or a dense word.
func (x *Index) together(c *clause, to set, scores []uint32) {
	var lists []*posting
	for i := range c.words {
		for _, text := range c.words[i].terms() {
			p := x.terms.exact(text)
			if p == nil {
				return
			}
			lists = append(lists, p)
		}
	}
	lists[0].each(to.add)
	for _, p := range lists[1:] {
		other := make(set, len(to))
		p.each(other.add)
		to.and(other)
	}
	if scores != nil {
		to.each(func(number uint32) { scores[number] += exactly + hit })
	}
}

// terms are those that a note with the word has.
func (w *word) terms() (out []string) {
	if !w.dense || w.runes == 1 {
		return []string{w.text}
	}
	before, width := -1, 0
	for i, r := range w.text {
		width = utf8.RuneLen(r)
		if before >= 0 {
			out = append(out, w.text[before:i+width])
		}
		before = i
	}
	return out
}

// reader looks into texts for what their terms do not tell: whether words stand
// together.
type reader struct {
	unsure []clause
	split  search.Splitter
}

func newReader(clauses []clause) *reader {
	r := new(reader)
	for _, c := range clauses {
		if len(c.words) > 1 || c.words[0].dense && c.words[0].runes > 2 {
			r.unsure = append(r.unsure, c)
		}
	}
	return r
}

func (r *reader) matches(text string) bool {
	words := r.split.Split(text, false)
	for i := range r.unsure {
		if r.unsure[i].at(words, 0) < 0 {
			return false
		}
	}
	return true
}

// ahead compares two places in the order of a query: what is younger comes
// first, and of one instant the higher id.
func ahead(a, b *Mark) int {
	switch {
	case a.Score != b.Score:
		return cmp.Compare(b.Score, a.Score)
	case a.At != b.At:
		return cmp.Compare(b.At, a.At)
	}
	return bytes.Compare(b.ID[:], a.ID[:])
}

// first keeps the places that come first, the last of them on top.
type first struct {
	q    *Query
	page []placed
}

func (f *first) Len() int           { return len(f.page) }
func (f *first) Less(i, j int) bool { return ahead(&f.page[i].Mark, &f.page[j].Mark) > 0 }
func (f *first) Swap(i, j int)      { f.page[i], f.page[j] = f.page[j], f.page[i] }
func (f *first) Push(p any)         { f.page = append(f.page, p.(placed)) }
func (f *first) Pop() any {
	last := f.page[len(f.page)-1]
	f.page = f.page[:len(f.page)-1]
	return last
}

// late tells of a place, whatever the id, that it comes behind all that are kept.
func (f *first) late(m *Mark) bool {
	if len(f.page) <= f.q.Limit {
		return false
	}
	last := &f.page[0].Mark
	return m.Score < last.Score || m.Score == last.Score && m.At < last.At
}

// offer takes a place if it is behind the page before and one of those that come
// first; one more than the page has, to know whether there is another.
func (f *first) offer(p placed) {
	switch {
	case f.q.After != nil && ahead(&p.Mark, f.q.After) <= 0:
	case len(f.page) <= f.q.Limit:
		heap.Push(f, p)
	case ahead(&p.Mark, &f.page[0].Mark) < 0:
		f.page[0] = p
		heap.Fix(f, 0)
	}
}

func (f *first) sorted() []placed {
	slices.SortFunc(f.page, func(a, b placed) int { return ahead(&a.Mark, &b.Mark) })
	return f.page
}
