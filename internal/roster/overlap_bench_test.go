package roster

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"
)

// halves is a roster with some segments, in each of which is half of all by
// chance.
func halves(n, segments int) (r *Roster, ids []uuid.UUID) {
	rnd := rand.New(rand.NewPCG(1, 2))
	r = newRoster()
	r.customers.AddRange(0, uint64(n))
	for i := range segments {
		words := make([]uint64, n/64)
		for k := range words {
			words[k] = rnd.Uint64()
		}
		id := uuid.UUID{1, byte(i)}
		r.segments.byID(id).seen = roaring.FromDense(words, true)
		ids = append(ids, id)
	}
	return r, ids
}

// BenchmarkOverlap counts who of so many customers is in which combination, and
// tells of the slow end of it.
func BenchmarkOverlap(b *testing.B) {
	for _, segments := range []int{2, 5, fewSets, fewSets + 1, 16, 64} {
		b.Run(fmt.Sprint(segments), func(b *testing.B) {
			r, ids := halves(size(), segments)
			var took []time.Duration
			b.ReportAllocs()
			for b.Loop() {
				start := time.Now()
				r.Overlap(ids, 1000)
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
		})
	}
}
