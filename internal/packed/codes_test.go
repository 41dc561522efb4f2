package packed

import (
	"math/rand/v2"
	"testing"
)

// TestColumnsGrowSeldom: a column that is filled one by one is copied now and
// then, not each time.
func TestColumnsGrowSeldom(t *testing.T) {
	const n = 20_000
	copies := func(grow func([]byte, int) []byte) (copies int) {
		var column []byte
		for o := range uint32(n) {
			before := cap(column)
			if column = grow(column, int(o)+1); cap(column) != before {
				copies++
			}
			if len(column) != int(o)+1 || column[o] != 0 {
				t.Fatalf("%d values, the last is %d", len(column), column[o])
			}
			column[o] = 1
		}
		return copies
	}
	if got := copies(Grown[byte]); got > 60 {
		t.Errorf("copied %d times", got)
	}
	each := func(column []byte, n int) []byte {
		return append(make([]byte, 0, n), append(column, 0)...)
	}
	if got := copies(each); got < n/2 {
		t.Errorf("copying each time is taken for %d times", got)
	}
	if column := Grown([]byte{1, 2}, 2); len(column) != 2 || column[1] != 2 {
		t.Error("what is there is not kept")
	}
}

// TestCodes: whatever was set, and however large, the codes are those a map would
// have.
func TestCodes(t *testing.T) {
	var c Codes
	r, want := rand.New(rand.NewPCG(4, 4)), map[uint32]uint32{}
	for _, most := range []uint32{3, 255, 256, 65_535, 65_536, 1 << 31} {
		for range 300 {
			of, code := uint32(r.IntN(1000)), r.Uint32N(most+1)
			c.Set(of, code)
			want[of] = code
		}
		c.Set(7, most)
		want[7] = most
		for of := range uint32(1100) {
			if got := c.Get(of); got != want[of] {
				t.Fatalf("%d has code %d, not %d, with codes up to %d", of, got, want[of], most)
			}
		}
		if width := c.width; len(c.bytes) > 1000*width || most < 256 && width > 1 || most < 65_536 && width > 2 {
			t.Errorf("%d codes up to %d take %d bytes", len(c.bytes)/c.width, most, c.Bytes())
		}
	}
}
