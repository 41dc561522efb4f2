package load

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestQuantilesAreNeverLowAndAtMostOnePartIn128High(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Int64Range(0, int64(time.Hour)), 1, 300).Draw(t, "values")
		parts := []*Histogram{{}, {}, {}}
		for i, v := range values {
			parts[i%3].Add(time.Duration(v))
		}
		var h Histogram
		for _, p := range parts {
			h.Merge(p)
		}
		slices.Sort(values)
		for _, q := range []float64{0, 0.01, 0.5, 0.9, 0.99, 1} {
			want := values[max(int(math.Ceil(q*float64(len(values)))), 1)-1]
			got := int64(h.Quantile(q))
			if got < want || float64(got) > float64(want)*(1+1.0/128) {
				t.Fatalf("quantile %v of %d values: %d, exactly %d", q, len(values), got, want)
			}
		}
		if h.Count() != len(values) {
			t.Fatalf("%d counted, %d added", h.Count(), len(values))
		}
	})
}

func TestBucketsTileTheWholeRange(t *testing.T) {
	for i := range (Histogram{}).counts {
		if got := bucket(upper(i)); got != i {
			t.Fatalf("the largest value of bucket %d is in bucket %d", i, got)
		}
		if upper(i) == math.MaxInt64 {
			return
		}
		if got := bucket(upper(i) + 1); got != i+1 {
			t.Fatalf("the value after bucket %d is in bucket %d", i, got)
		}
	}
	t.Fatal("the longest duration has no bucket")
}

func TestAnEmptyHistogramHasNoQuantile(t *testing.T) {
	if got := new(Histogram).Quantile(0.99); got != 0 {
		t.Fatal(got)
	}
}
