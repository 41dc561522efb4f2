package roster

import (
	"math"
	"testing"

	"github.com/acme/customers/internal/rule"
)

// TestBetweenIsTheComparison holds a scan for a span against the comparison of
// each number, at the ends of all spans.
func TestBetweenIsTheComparison(t *testing.T) {
	of := []int64{0, 1, -1, 7, 8, math.MaxInt64, math.MinInt64}
	var n numbers[int64]
	for o := range 200 {
		n.of = append(n.of, of[o*o%len(of)])
	}
	const total = 230
	for _, op := range []rule.Op{rule.Less, rule.LessOrEqual, rule.Greater, rule.GreaterOrEqual, rule.EqualTo} {
		for _, value := range of {
			low, high := spanOf(op, value)
			got := n.between(total, low, high)
			if want := n.where(total, func(v int64) bool { return holds(op, v, value) }); !got.Equals(want) {
				t.Errorf("%v %d: %d of %d", op, value, got.GetCardinality(), want.GetCardinality())
			}
			if low <= high && n.between(total, low, low).GetCardinality() > 0 && n.between(total, low+1, high).Equals(got) {
				t.Errorf("%v %d: a span without its end is taken for it", op, value)
			}
		}
	}
}
