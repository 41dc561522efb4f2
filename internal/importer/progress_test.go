package importer

import (
	"strings"
	"testing"
	"time"
)

func TestProgressLines(t *testing.T) {
	now := today
	var out strings.Builder
	p := newLog(&out, 1000, Summary{Rows: 100}, func() time.Time { return now })
	p.At(Summary{Rows: 150}, 150) // too early to say anything
	now = now.Add(10 * time.Second)
	p.At(Summary{Rows: 300, Rejected: 2}, 300)
	now = now.Add(time.Second)
	p.At(Summary{Rows: 310}, 310)
	p.Close()
	// 200 rows of this run in 10 s: 700 more take 35 s.
	if want := "300 rows, 2 rejected, 20 rows/s, 30%, 35s left\n"; out.String() != want {
		t.Errorf("got %q", out.String())
	}
	out.Reset()
	p = newLog(&out, 0, Summary{}, func() time.Time { return now })
	now = now.Add(10 * time.Second)
	p.At(Summary{Rows: 300}, 99)
	if out.String() != "300 rows, 0 rejected, 30 rows/s\n" {
		t.Errorf("of unknown size: %q", out.String())
	}
}

// The bar must end, drawn or not, or the command would hang after its work.
func TestTheBarEnds(t *testing.T) {
	for name, offset := range map[string]int64{"at the end": 100, "before it": 40, "at once": 0} {
		for _, total := range []int64{100, 0} {
			t.Run(name, func(t *testing.T) {
				b := newBar(&strings.Builder{}, total, Summary{})
				if offset > 0 {
					b.At(Summary{Rows: 1}, offset)
				}
				b.Close()
			})
		}
	}
}
