package roster

import (
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/rule"
	"github.com/acme/customers/internal/search"
)

// Sort is the order of what is found.
type Sort uint8

// The orders. Of equals the one who registered first comes first.
const (
	ByRelevance    Sort = iota // the best match first; without a text, as they registered
	ByRegistration             // the oldest first
	ByActivity                 // the one whose last activity is the longest ago first
	ByName                     // as a language orders names
)

// Query asks for customers. The zero value asks for all.
type Query struct {
	Text       string
	Kinds      search.Kinds // that Text may be found in
	Filter     *rule.Rule   // nil: none
	Sort       Sort
	Descending bool   // not of ByRelevance
	Collation  string // of ByName: see CollationOf. Of a page that goes on, that of its mark
	After      *Mark  // nil: from the beginning
	Limit      int
	Facets     []Facet
}

// Mark is where a page ended: the next one begins behind it, whatever changed
// since. Key is personal.
type Mark struct {
	Value   int64 // of the number that is sorted by
	Key     string
	Ordinal uint32
	// Collation is that of Key; "" of another order.
	Collation string
}

// Found is a page of what a query found.
type Found struct {
	Total  int64 // exactly, of all pages
	Hits   []Hit
	Next   *Mark // nil: there are no more
	Facets map[string][]Count
	// Collation is what names are ordered by: another than was asked for while
	// that order is being made.
	Collation string
	// Unordered: the order of the page before is not kept any more, and is being
	// made again; nothing is found.
	Unordered bool
	// TooLong: the filter takes longer than a question may; nothing is found.
	TooLong bool
}

// Hit is one customer, with what is known here. Whoever shows it has to leave
// out what its caller may not see.
type Hit struct {
	ID             uuid.UUID
	Ordinal        uint32
	Score          uint16 // 0 without a text
	Texts          []search.Text
	Matched        []search.Highlighted // parts of Texts
	Status, Type   string
	Country        string
	RegisteredAt   time.Time
	LastActivityAt time.Time
}

// Find answers a query.
func (r *Roster) Find(q Query, now time.Time) Found {
	out, lacks := r.find(&q, now)
	if lacks != "" {
		r.arrange(lacks)
	}
	return out
}

// find gives also the collation whose order has to be made, "" for none.
func (r *Roster) find(q *Query, now time.Time) (out Found, lacks string) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	matched, ranked, whole := r.match(q, now)
	if !whole {
		return Found{TooLong: true}, ""
	}
	out = Found{Total: int64(matched.GetCardinality()), Facets: r.count(q.Facets, matched)}
	if q.Sort == ByName {
		lacks = r.collate(q, matched)
		if out.Collation = q.Collation; q.Collation == "" {
			return Found{Unordered: true}, lacks
		}
	}
	page := r.page(q, matched, ranked)
	if len(page) > q.Limit {
		page = page[:q.Limit]
		out.Next = &page[q.Limit-1].Mark
		out.Next.Collation = out.Collation
	}
	out.Hits = make([]Hit, len(page))
	for i, p := range page {
		out.Hits[i] = r.hit(q, p)
	}
	return out, lacks
}

// match gives everybody who fulfils a query, and, of a text, how well.
func (r *Roster) match(q *Query, now time.Time) (matched *roaring.Bitmap, ranked *search.Found, whole bool) {
	matched, whole = r.customers, true
	if q.Filter != nil {
		if matched, whole = r.selectedBriefly(q.Filter, now); !whole {
			return matched, nil, false
		}
	}
	if q.Text == "" {
		return matched, nil, true
	}
	within := matched
	if q.Filter == nil {
		within = nil // what is not a customer any more has no texts
	}
	ranked = r.texts.Search(search.Query{Text: q.Text, Kinds: q.Kinds}, within)
	return ranked.Docs(), ranked, true
}

func (r *Roster) hit(q *Query, p placed) Hit {
	o := p.Ordinal
	h := Hit{ID: r.ids[o], Ordinal: o, Score: p.score, Texts: r.texts.Texts(o), Status: r.words[statusWord].get(o), Type: r.words[typeWord].get(o),
		Country: r.words[countryWord].get(o), RegisteredAt: instant(r.registered.get(o)), LastActivityAt: instant(r.lastActive.get(o))}
	if q.Text != "" {
		h.Matched = search.Highlight(search.Query{Text: q.Text, Kinds: q.Kinds}, h.Texts)
	}
	return h
}

// Matching gives the ordinals of everybody who fulfils a query, and false where
// its filter takes longer than a question may. The result is the caller's.
func (r *Roster) Matching(q Query, now time.Time) (found *roaring.Bitmap, whole bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	matched, _, whole := r.match(&q, now)
	return matched.Clone(), whole
}

// Hits gives some customers of ordinals, without what of them matches. Who is
// gone is left out.
func (r *Roster) Hits(ordinals []uint32) []Hit {
	r.mu.RLock()
	defer r.mu.RUnlock()
	out := make([]Hit, 0, len(ordinals))
	for _, o := range ordinals {
		if r.customers.Contains(o) {
			out = append(out, r.hit(&Query{}, placed{Mark: Mark{Ordinal: o}}))
		}
	}
	return out
}
