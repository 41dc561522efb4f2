package roster

import "testing"

// TestColumnsGrowSeldom: a column that is filled one by one is copied now and
// then, not each time.
func TestColumnsGrowSeldom(t *testing.T) {
	const n = 20_000
	copies := func(grow func([]byte, uint32) []byte) (copies int) {
		var column []byte
		for o := range uint32(n) {
			before := cap(column)
			if column = grow(column, o); cap(column) != before {
				copies++
			}
			if len(column) != int(o)+1 || column[o] != 0 {
				t.Fatalf("%d values, the last is %d", len(column), column[o])
			}
			column[o] = 1
		}
		return copies
	}
	if got := copies(grown[byte]); got > 60 {
		t.Errorf("copied %d times", got)
	}
	each := func(column []byte, o uint32) []byte {
		return append(make([]byte, 0, int(o)+1), append(column, 0)...)
	}
	if got := copies(each); got < n/2 {
		t.Errorf("copying each time is taken for %d times", got)
	}
	if column := grown([]byte{1, 2}, 1); len(column) != 2 || column[1] != 2 {
		t.Error("what is there is not kept")
	}
}
