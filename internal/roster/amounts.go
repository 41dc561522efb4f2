package roster

import "github.com/RoaringBitmap/roaring/v2"

// amounts is a column of what was spent in one currency. Most currencies are
// those of few: they are kept by customer, until enough have some for an array.
type amounts struct {
	few map[uint32]int64
	of  *numbers[int64] // nil while there are few
}

// manyOf is from which part of the customers on an array takes less room.
const manyOf = 5

func newAmounts() *amounts { return &amounts{few: map[uint32]int64{}} }

func (a *amounts) get(o uint32) int64 {
	if a.of != nil {
		return a.of.get(o)
	}
	return a.few[o]
}

// set keeps an amount of one of total customers, and tells whether that is
// another.
func (a *amounts) set(o uint32, v int64, total int) (changed bool) {
	changed = a.get(o) != v
	switch {
	case a.of != nil:
		a.of.set(o, v)
	case v == 0:
		delete(a.few, o)
	default:
		a.few[o] = v
		if len(a.few) > 1024 && len(a.few) > total/manyOf {
			a.of = new(numbers[int64])
			for o, v := range a.few {
				a.of.set(o, v)
			}
			a.few = nil
		}
	}
	return changed
}

// where is that of numbers: who has nothing has 0.
func (a *amounts) where(total int, holds func(int64) bool) *roaring.Bitmap {
	if a.of != nil {
		return a.of.where(total, holds)
	}
	out := roaring.New()
	if holds(0) {
		out.AddRange(0, uint64(total))
	}
	for o, v := range a.few {
		if holds(v) {
			out.Add(o)
		} else {
			out.Remove(o)
		}
	}
	return out
}

func (a *amounts) bytes() int64 {
	if a.of != nil {
		return a.of.bytes(8)
	}
	return int64(len(a.few)) * 30
}
