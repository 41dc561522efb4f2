package roster

import (
	"slices"
	"sync"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/tidwall/btree"

	"github.com/acme/customers/internal/packed"
)

// fewLate is how many changes are brought into a new order while all wait: a
// millisecond or two.
const fewLate = 1000

// arrangement is an order of a column that is being made, aside: of the numbers
// as they were.
type arrangement[N number] struct {
	of    []N
	order *btree.BTreeG[place]
}

// arrange makes the order of those who have a number, kept from now on. It takes
// a second of a million: whoever reads or writes the column waits for as long as
// it is copied, and for the last changes. One does it at a time.
func (n *numbers[N]) arrange(lock *sync.RWMutex) {
	lock.Lock()
	n.since = roaring.New()
	lock.Unlock()
	a := newArrangement(n.copied(lock))
	for late, whole := n.late(lock, a); !whole; late, whole = n.late(lock, a) {
		a.move(late)
	}
}

func (n *numbers[N]) copied(lock *sync.RWMutex) []N {
	lock.RLock()
	defer lock.RUnlock()
	return slices.Clone(n.of)
}

func newArrangement[N number](of []N) *arrangement[N] {
	places := make([]place, 0, len(of))
	for o, v := range of {
		if v != 0 {
			places = append(places, place{int64(v), uint32(o)})
		}
	}
	slices.SortFunc(places, place.compare)
	a := &arrangement[N]{of, btree.NewBTreeGOptions(place.before, btree.Options{NoLocks: true})}
	for _, p := range places {
		a.order.Load(p)
	}
	return a
}

// late gives what was set since the last time. When that is little it is brought
// in at once, and the order is that of the column.
func (n *numbers[N]) late(lock *sync.RWMutex, a *arrangement[N]) (late []place, whole bool) {
	lock.Lock()
	defer lock.Unlock()
	late = make([]place, 0, n.since.GetCardinality())
	for each := n.since.Iterator(); each.HasNext(); {
		o := each.Next()
		late = append(late, place{int64(n.get(o)), o})
	}
	if len(late) > fewLate {
		n.since = roaring.New()
		return late, false
	}
	a.move(late)
	n.order, n.since = a.order, nil
	return nil, true
}

// move brings in what some have now.
func (a *arrangement[N]) move(late []place) {
	for _, p := range late {
		a.of = packed.Grown(a.of, int(p.ordinal)+1)
		reorder(a.order, int64(a.of[p.ordinal]), p)
		a.of[p.ordinal] = N(p.value)
	}
}

// reorder moves somebody to another place; 0 is none.
func reorder(order *btree.BTreeG[place], before int64, p place) {
	order.Delete(place{before, p.ordinal})
	if p.value != 0 {
		order.Set(p)
	}
}
