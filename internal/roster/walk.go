package roster

import (
	"sort"

	"github.com/RoaringBitmap/roaring/v2"
	"golang.org/x/text/language"
)

// spelled sorts matches by keys that are made now: of few, or, of many, of those
// who come first in an order that is made.
func (r *Roster) spelled(q *Query, matched *roaring.Bitmap) []placed {
	f, keys := &first{q: q}, newKeyer(language.Make(q.Collation))
	if matched.GetCardinality() > fewNames {
		o := r.orders.made[q.Collation]
		r.walk(o, f, matched, keys)
		matched = roaring.And(matched, o.since)
	}
	matched.Iterate(func(o uint32) bool {
		f.offer(Mark{Key: keys.of(r.sortText(o)), Ordinal: o})
		return true
	})
	return f.sorted()
}

// walk offers those who matched in an order, from the mark on, until there are
// enough: backwards, all of one key.
func (r *Roster) walk(o *order, f *first, matched *roaring.Bitmap, keys *keyer) {
	place, step := r.start(o, f.q, keys)
	key, known := "", false // of the place, of those before in the walk
	for ; place >= 0 && place < len(o.who); place += step {
		next := place // the place that says whether the key is that of the step before
		if step < 0 {
			next++
		}
		if next >= len(o.who) || !o.same.Contains(uint32(next)) {
			if known = false; len(f.page) > f.q.Limit {
				return
			}
		}
		who := o.who[place]
		if !matched.Contains(who) || o.since.Contains(who) {
			continue
		}
		if !known {
			key, known = keys.of(r.sortText(who)), true
		}
		f.offer(Mark{Key: key, Ordinal: who})
	}
}

// start is where a walk begins and which way it goes.
func (r *Roster) start(o *order, q *Query, keys *keyer) (place, step int) {
	switch {
	case q.After == nil && q.Descending:
		return len(o.who) - 1, -1
	case q.After == nil:
		return 0, 1
	}
	mark := named{q.After.Key, q.After.Ordinal}
	if q.Descending { // all of its key are looked at again: who registered later comes after it
		mark.ordinal = ^uint32(0)
	}
	place = sort.Search(len(o.who), func(i int) bool {
		for i < len(o.who) && o.since.Contains(o.who[i]) { // it may have another name now
			i++
		}
		return i == len(o.who) || mark.before(named{keys.of(r.sortText(o.who[i])), o.who[i]})
	})
	if q.Descending {
		return place - 1, -1
	}
	return place, 1
}
