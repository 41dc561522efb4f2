package roster

import (
	"slices"
	"sync/atomic"

	"github.com/RoaringBitmap/roaring/v2"
	"golang.org/x/text/language"
)

const (
	// fewNames is up to how many matches keys are made while somebody waits: 3 ms.
	fewNames = 2000
	// maxOrders is how many orders are kept that somebody asked for.
	maxOrders = 4
	// namesAtOnce is how many names are read without letting others change some.
	namesAtOnce = 1000
)

// order is an order of names that somebody asked for: as it was when it was begun.
type order struct {
	collation string
	total     uint32          // customers whom it knows
	who       []uint32        // in order
	same      *roaring.Bitmap // places of the same key as the one before
	since     *roaring.Bitmap // who was named or came since it was begun
	used      atomic.Int64    // by the count of questions
}

// worn tells whether so many were named since that it is time for a new one.
func (o *order) worn() bool { return o.since.GetCardinality() > uint64(max(fewNames, o.total/64)) }

// orders are those that are made, and the one that is being made.
type orders struct {
	made   map[string]*order
	making *order
	asked  atomic.Int64
}

// put notes that somebody came, or has another name.
func (s *orders) put(o uint32, renamed func() bool) {
	if len(s.made) == 0 && s.making == nil {
		return
	}
	is := renamed()
	note := func(one *order) {
		if is || o >= one.total {
			one.since.Add(o)
		}
	}
	for _, made := range s.made {
		note(made)
	}
	if s.making != nil {
		note(s.making)
	}
}

// collate finds the collation that a query can be answered in: the one that it
// asks for, or, until its order is made, the root's; none for a page that has to
// go on in another. lacks is the collation whose order has to be made.
func (r *Roster) collate(q *Query, matched *roaring.Bitmap) (lacks string) {
	if r.collations[q.Collation] != nil || matched.GetCardinality() <= fewNames {
		return ""
	}
	asked, o := q.Collation, r.orders.made[q.Collation]
	switch {
	case o != nil:
		if o.used.Store(r.orders.asked.Add(1)); !o.worn() {
			return ""
		}
	case q.After != nil:
		q.Collation = ""
	default:
		q.Collation = Root
	}
	return asked
}

// arrange makes an order behind the answer. One is made at a time: what else is
// asked for meanwhile has to be asked for again.
func (r *Roster) arrange(collation string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if have := r.orders.made[collation]; r.orders.making != nil || have != nil && !have.worn() {
		return
	}
	o := &order{collation: collation, total: uint32(len(r.ids)), same: roaring.New(), since: roaring.New()}
	o.used.Store(r.orders.asked.Add(1))
	r.orders.making = o
	r.ordering.Go(func() { r.make(o) })
}

// make makes an order. Who is named meanwhile is among since, so that it does not
// matter when each is read.
func (r *Roster) make(o *order) {
	keys, all := newKeyer(language.Make(o.collation)), make([]named, 0, o.total)
	for from := uint32(0); from < o.total; from += namesAtOnce {
		for _, n := range r.names(from, min(from+namesAtOnce, o.total)) {
			all = append(all, named{keys.of(n.key), n.ordinal})
		}
	}
	slices.SortFunc(all, named.compare)
	o.who = make([]uint32, len(all))
	for i, n := range all {
		if o.who[i] = n.ordinal; i > 0 && n.key == all[i-1].key {
			o.same.Add(uint32(i))
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.orders.add(o)
}

// names gives what some customers are ordered by.
func (r *Roster) names(from, to uint32) []named {
	r.mu.RLock()
	defer r.mu.RUnlock()
	out := make([]named, 0, to-from)
	for o := from; o < to; o++ {
		out = append(out, named{r.sortText(o), o})
	}
	return out
}

// add keeps an order, and lets the one go that nobody asked for the longest.
func (s *orders) add(o *order) {
	s.making = nil
	s.made[o.collation] = o
	if len(s.made) <= maxOrders {
		return
	}
	oldest := o
	for _, other := range s.made {
		if other.used.Load() < oldest.used.Load() {
			oldest = other
		}
	}
	delete(s.made, oldest.collation)
}
