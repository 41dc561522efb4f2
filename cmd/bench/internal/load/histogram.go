package load

import (
	"math/bits"
	"time"
)

// subBits gives 128 buckets to each power of two: a quantile is at most 1/128
// above the true value.
const subBits = 7

// Histogram counts durations in buckets that grow with the value, the way of
// HdrHistogram: small, mergeable, and exact enough at every scale. The zero
// value is empty. Not for concurrent use: each connection has its own.
type Histogram struct {
	counts [(64 - subBits) << subBits]uint32
	n      int
	max    time.Duration
}

// Add counts one duration. Negative ones count as zero.
func (h *Histogram) Add(d time.Duration) {
	d = max(d, 0)
	h.counts[bucket(uint64(d))]++
	h.n++
	h.max = max(h.max, d)
}

// Merge adds all that o has counted.
func (h *Histogram) Merge(o *Histogram) {
	for i, c := range o.counts {
		h.counts[i] += c
	}
	h.n += o.n
	h.max = max(h.max, o.max)
}

// Count is how many durations were added.
func (h *Histogram) Count() int { return h.n }

// Quantile gives an upper bound of the q-quantile (nearest rank), 0 when empty.
func (h *Histogram) Quantile(q float64) time.Duration {
	rank := max(int(q*float64(h.n)+0.999999), 1)
	for i, c := range h.counts {
		if rank -= int(c); rank <= 0 {
			return min(time.Duration(upper(i)), h.max)
		}
	}
	return h.max
}

// bucket keeps the highest subBits+1 bits of v.
func bucket(v uint64) int {
	if v < 1<<subBits {
		return int(v)
	}
	shift := bits.Len64(v) - 1 - subBits
	return shift<<subBits + int(v>>shift)
}

// upper is the largest value of a bucket.
func upper(i int) uint64 {
	if i < 2<<subBits {
		return uint64(i)
	}
	shift := i>>subBits - 1
	return (uint64(i-shift<<subBits)+1)<<shift - 1
}
