package roster

import (
	"cmp"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/tidwall/btree"

	"github.com/acme/customers/internal/packed"
)

// number is what a column of numbers holds: 0 is a number like others, unless
// the column is of instants or dates, where it says that there is none.
type number interface{ ~int32 | ~int64 | ~uint8 }

// numbers is a column of one number a customer.
type numbers[N number] struct {
	of    []N
	order *btree.BTreeG[place] // who has a number, by it; nil where nobody asked for the order
	since *roaring.Bitmap      // whose number was set while that is being made; nil when it is not
}

// place is where a customer stands in an order.
type place struct {
	value   int64
	ordinal uint32
}

func (a place) compare(b place) int {
	return cmp.Or(cmp.Compare(a.value, b.value), cmp.Compare(a.ordinal, b.ordinal))
}

func (a place) before(b place) bool { return a.compare(b) < 0 }

func (n *numbers[N]) get(o uint32) N {
	if int(o) < len(n.of) {
		return n.of[o]
	}
	return 0
}

// set tells whether that is another number.
func (n *numbers[N]) set(o uint32, v N) (changed bool) {
	before := n.get(o)
	if before == v {
		return false
	}
	n.of = packed.Grown(n.of, int(o)+1)
	n.of[o] = v
	if n.order != nil {
		reorder(n.order, int64(before), place{int64(v), o})
	}
	if n.since != nil {
		n.since.Add(o)
	}
	return true
}

// where gives those of total whose number fulfils something, at a nanosecond
// each. Who has no number has 0.
func (n *numbers[N]) where(total int, holds func(N) bool) *roaring.Bitmap {
	dense := make([]uint64, (total+63)/64)
	for o, v := range n.of[:min(total, len(n.of))] {
		if holds(v) {
			dense[o/64] |= 1 << (o % 64)
		}
	}
	out := roaring.FromDense(dense, false)
	if len(n.of) < total && holds(0) {
		out.AddRange(uint64(len(n.of)), uint64(total))
	}
	return out
}

// between gives those of total whose number is from low to high: half a
// nanosecond each, for it does not branch on what the numbers are.
func (n *numbers[N]) between(total int, low, high int64) *roaring.Bitmap {
	if low > high {
		return none
	}
	dense, width := make([]uint64, (total+63)/64), uint64(high-low)
	for i, of := 0, n.of[:min(total, len(n.of))]; len(of) > 0; i++ {
		some, word := of[:min(64, len(of))], uint64(0)
		for k, v := range some {
			in := uint64(0)
			if uint64(int64(v)-low) <= width {
				in = 1
			}
			word |= in << k
		}
		dense[i] = word
		of = of[len(some):]
	}
	out := roaring.FromDense(dense, false)
	if len(n.of) < total && low <= 0 && 0 <= high {
		out.AddRange(uint64(len(n.of)), uint64(total))
	}
	return out
}
