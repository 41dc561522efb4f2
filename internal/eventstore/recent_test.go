package eventstore

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/acme/customers/internal/event"
)

func span(from, to int64) (out []Record) {
	for p := from; p <= to; p++ {
		out = append(out, Record{Envelope: event.Envelope{Position: p}})
	}
	return out
}

// Whatever was committed here and elsewhere, what comes from memory is what
// comes next in the log: nothing is skipped.
func TestRecentGivesTheNextRecordsOrNone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r Recent
		head := int64(0)
		for range rapid.IntRange(1, 60).Draw(t, "commits") {
			if rapid.IntRange(0, 9).Draw(t, "elsewhere") == 0 {
				head += rapid.Int64Range(1, 5).Draw(t, "theirs")
			}
			n := rapid.Int64Range(0, 400).Draw(t, "ours")
			r.Add(span(head+1, head+n))
			head += n
			after, limit := rapid.Int64Range(-2, head+2).Draw(t, "after"), rapid.IntRange(-1, 700).Draw(t, "limit")
			got, ok := r.After(after, limit)
			if !ok && len(got) > 0 || ok && (len(got) == 0 || len(got) > limit) {
				t.Fatalf("%d records after %d with limit %d: %v", len(got), after, limit, ok)
			}
			for i := range got {
				if got[i].Position != after+int64(i)+1 {
					t.Fatalf("position %d after %d", got[i].Position, after+int64(i))
				}
			}
			if len(r.records) > 2*recentSize+400 {
				t.Fatalf("%d records are kept", len(r.records))
			}
		}
		if n := int64(len(r.records)); n > 0 { // the newest are the ones that are asked for
			if _, ok := r.After(r.records[n-1].Position-1, 1); !ok {
				t.Fatal("the last commit is not there")
			}
		}
	})
}

func TestWhatRecentGaveStaysAsItWas(t *testing.T) {
	var r Recent
	r.Add(span(1, 10))
	got, _ := r.After(0, 10)
	for p := int64(11); p < 5*recentSize; p += 100 {
		r.Add(span(p, p+99))
	}
	for i := range got {
		if got[i].Position != int64(i)+1 {
			t.Fatalf("record %d became %d", i+1, got[i].Position)
		}
	}
}
