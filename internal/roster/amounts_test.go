package roster

import (
	"math/rand/v2"
	"testing"
)

// Few or many, the amounts are the same, and so is who has how much.
func TestAmountsAreTheSameHoweverManyThereAre(t *testing.T) {
	const total = 8000
	few, want := newAmounts(), map[uint32]int64{}
	check := func() {
		t.Helper()
		for _, holds := range []func(int64) bool{func(v int64) bool { return v > 50 }, func(v int64) bool { return v < 50 }, func(v int64) bool { return v == 0 }} {
			got := few.where(total, holds)
			for o := range uint32(total) {
				if got.Contains(o) != holds(want[o]) || few.get(o) != want[o] {
					t.Fatalf("%d has %d, %d is said", o, want[o], few.get(o))
				}
			}
		}
	}
	for step := range 6000 {
		o, v := uint32(rand.IntN(total)), int64(rand.IntN(100))
		few.set(o, v, total)
		want[o] = v
		if step%1500 == 0 {
			check()
		}
	}
	if few.of == nil {
		t.Error("control: there were never many")
	}
	check()
}
