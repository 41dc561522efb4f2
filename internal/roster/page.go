package roster

import (
	"cmp"
	"container/heap"
	"math"
	"slices"
	"strings"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/tidwall/btree"

	"github.com/acme/customers/internal/search"
)

// placed is a customer with its place in an order.
type placed struct {
	Mark
	score uint16
}

// page gives the customers of a page in their order, and one more if there is.
func (r *Roster) page(q *Query, matched *roaring.Bitmap, ranked *search.Found) []placed {
	switch {
	case q.Sort == ByRelevance && ranked != nil:
		return best(q, ranked)
	case q.Sort == ByActivity:
		return numbered(q, matched, &r.lastActive)
	case q.Sort == ByName:
		if r.collations[q.Collation] == nil {
			return r.spelled(q, matched)
		}
		return r.alphabetical(q, matched)
	}
	return numbered(q, matched, &r.registered)
}

func best(q *Query, ranked *search.Found) (page []placed) {
	var after *search.Mark
	if q.After != nil {
		after = &search.Mark{Score: uint16(q.After.Value), Doc: q.After.Ordinal}
	}
	for _, h := range ranked.Top(after, q.Limit+1) {
		page = append(page, placed{Mark{Value: int64(h.Score), Ordinal: h.Doc}, h.Score})
	}
	return page
}

// ahead compares two places in the order of a query.
func (q *Query) ahead(a, b *Mark) int {
	c := cmp.Or(cmp.Compare(a.Value, b.Value), strings.Compare(a.Key, b.Key))
	if q.Descending {
		c = -c
	}
	return cmp.Or(c, cmp.Compare(a.Ordinal, b.Ordinal))
}

// first keeps the places that come first, the last of them on top.
type first struct {
	q     *Query
	page  []placed
	worst int64 // the greatest turned value that may be among them: see within
}

func (f *first) Len() int           { return len(f.page) }
func (f *first) Less(i, j int) bool { return f.q.ahead(&f.page[i].Mark, &f.page[j].Mark) > 0 }
func (f *first) Swap(i, j int)      { f.page[i], f.page[j] = f.page[j], f.page[i] }
func (f *first) Push(x any)         { f.page = append(f.page, x.(placed)) }
func (f *first) Pop() any {
	last := f.page[len(f.page)-1]
	f.page = f.page[:len(f.page)-1]
	return last
}

// offer takes a place if it is one of those that come first.
func (f *first) offer(m Mark) {
	switch {
	case f.q.After != nil && f.q.ahead(&m, f.q.After) <= 0:
	case len(f.page) <= f.q.Limit:
		heap.Push(f, placed{Mark: m})
	case f.q.ahead(&m, &f.page[0].Mark) < 0:
		f.page[0] = placed{Mark: m}
		heap.Fix(f, 0)
	}
}

func (f *first) sorted() []placed {
	slices.SortFunc(f.page, func(a, b placed) int { return f.q.ahead(&a.Mark, &b.Mark) })
	return f.page
}

// numbered looks at everybody who matched, a nanosecond or two each: some of
// them first, so that it is known soon who is surely not among the first. Places
// in the order in which they came would otherwise all be taken, one by one.
func numbered(q *Query, matched *roaring.Bitmap, by *numbers[int64]) []placed {
	f := &first{q: q, worst: math.MaxInt64}
	if matched.GetCardinality() > many {
		f.scan(matched, by, 4)
		f = &first{q: q, worst: f.within()}
	}
	f.scan(matched, by, batch)
	return f.sorted()
}

// batch is how many customers are looked at in one go.
const batch = 1024

// scan offers some of each batch that matched.
func (f *first) scan(matched *roaring.Bitmap, by *numbers[int64], some int) {
	buffer, sign, from, to := make([]uint32, batch), f.sign(), f.from(), f.within()
	each := matched.ManyIterator()
	for n := each.NextMany(buffer); n > 0; n = each.NextMany(buffer) {
		for _, o := range buffer[:min(n, some)] {
			v := by.get(o)
			if at := v * sign; from <= at && at <= to {
				f.offer(Mark{Value: v, Ordinal: o})
				to = f.within()
			}
		}
	}
}

// sign turns values so that the least comes first.
func (f *first) sign() int64 {
	if f.q.Descending {
		return -1
	}
	return 1
}

// from is the least turned value that is not on a page before.
func (f *first) from() int64 {
	if f.q.After == nil {
		return math.MinInt64
	}
	return f.q.After.Value * f.sign()
}

// within is the greatest that may be among the first.
func (f *first) within() int64 {
	if len(f.page) > f.q.Limit {
		return f.page[0].Value * f.sign()
	}
	return f.worst
}

// many is from how many matches on an order is walked rather than made: it meets
// one of them often enough.
const many = 20_000

// alphabetical walks the order of a collation, or sorts the few who matched.
func (r *Roster) alphabetical(q *Query, matched *roaring.Bitmap) []placed {
	c := r.collations[q.Collation]
	if matched.GetCardinality() < many {
		f := &first{q: q}
		matched.Iterate(func(o uint32) bool { f.offer(Mark{Key: c.keys[o], Ordinal: o}); return true })
		return f.sorted()
	}
	var page []placed
	take := func(n named) bool {
		m := Mark{Key: n.key, Ordinal: n.ordinal}
		if matched.Contains(n.ordinal) && (q.After == nil || q.ahead(&m, q.After) > 0) {
			page = append(page, placed{Mark: m})
		}
		return len(page) <= q.Limit
	}
	if q.Descending {
		return descend(q, c.order, take, &page)
	}
	from := named{}
	if q.After != nil {
		from = named{q.After.Key, q.After.Ordinal}
	}
	c.order.Ascend(from, take)
	return page
}

// descend walks backwards, and those of one key forwards: who registered first
// comes first all the same.
func descend(q *Query, order *btree.BTreeG[named], take func(named) bool, page *[]placed) []placed {
	var same []named
	flush := func() bool {
		for i := len(same) - 1; i >= 0; i-- {
			if !take(same[i]) {
				return false
			}
		}
		same = same[:0]
		return true
	}
	visit := func(n named) bool {
		if len(same) > 0 && same[0].key != n.key && !flush() {
			return false
		}
		same = append(same, n)
		return true
	}
	if q.After == nil {
		order.Reverse(visit)
	} else {
		order.Descend(named{q.After.Key, ^uint32(0)}, visit)
	}
	if len(*page) <= q.Limit {
		flush()
	}
	return *page
}
