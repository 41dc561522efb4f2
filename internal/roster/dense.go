package roster

import (
	"math/bits"
	"sync"

	"github.com/RoaringBitmap/roaring/v2"
)

// dense is some sets of customers, a bit each. It is used again and again, so
// that counting makes no garbage.
type dense struct {
	known []uint64 // who is a customer
	sets  [][]uint64
}

var denses = sync.Pool{New: func() any { return new(dense) }}

func (d *dense) begin(customers *roaring.Bitmap) {
	n := 0
	if !customers.IsEmpty() {
		n = int(customers.Maximum())/64 + 1
	}
	d.known, d.sets = emptied(d.known, n), d.sets[:0]
	customers.WriteDenseTo(d.known)
}

// add adds a set. Whoever has a higher number than every customer is left out.
func (d *dense) add(set *roaring.Bitmap) {
	if end := uint64(len(d.known)) * 64; !set.IsEmpty() && uint64(set.Maximum()) >= end {
		set = set.Clone()
		set.RemoveRange(end, 1<<32)
	}
	n := len(d.sets)
	if n == cap(d.sets) {
		d.sets = append(d.sets, nil)
	}
	d.sets = d.sets[:n+1]
	d.sets[n] = emptied(d.sets[n], len(d.known))
	set.WriteDenseTo(d.sets[n])
}

func emptied(words []uint64, n int) []uint64 {
	if n > cap(words) {
		return make([]uint64, n, n+n/8)
	}
	words = words[:n]
	clear(words)
	return words
}

// fewSets is up to how many sets all their combinations are counted, 64 customers
// at a time: of more, it is sooner done to look at each customer.
const fewSets = 8

// countAll counts who is in all sets of each combination, whatever else they are
// in, and takes those away who are in more.
func (d *dense) countAll(t *tally) {
	var who [1 << fewSets]uint64
	var in [1 << fewSets]int64
	for k, known := range d.known {
		who[0] = known
		for i, set := range d.sets {
			word, without := set[k], who[:1<<i]
			with, count := who[1<<i:2<<i], in[1<<i:2<<i]
			for j, w := range without {
				with[j] = w & word
				count[j] += int64(bits.OnesCount64(w & word))
			}
		}
	}
	all := in[:1<<len(d.sets)]
	for i := range d.sets {
		for mask := range all {
			if mask&(1<<i) == 0 {
				all[mask] -= all[mask|1<<i]
			}
		}
	}
	for mask, n := range all[1:] {
		t.add(uint64(mask+1), n)
	}
}

// countEach counts each customer for the combination that it is in: so it takes
// no longer the more combinations there are.
func (d *dense) countEach(t *tally) {
	var square [64]uint64
	for k, known := range d.known {
		any := uint64(0)
		for i, set := range d.sets {
			square[i] = set[k] & known
			any |= square[i]
		}
		if any == 0 {
			continue
		}
		clear(square[len(d.sets):])
		turn(&square)
		for ; any != 0; any &= any - 1 {
			t.add(square[bits.TrailingZeros64(any)], 1)
		}
	}
}

// turn makes the rows of a square of bits its columns: halves of it change
// places, then quarters, and so on (Warren, Hacker's Delight, 7-3).
func turn(square *[64]uint64) {
	mask := uint64(1<<32 - 1)
	for half := 32; half > 0; half, mask = half>>1, mask^mask<<(half>>1) {
		for i := 0; i < 64; i = (i + half + 1) &^ half {
			low, high := square[i&63], square[(i+half)&63]
			change := (low>>half ^ high) & mask
			square[i&63], square[(i+half)&63] = low^change<<half, high^change
		}
	}
}
