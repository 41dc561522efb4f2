package search

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"
)

// town is an index of n people, made once.
func town(n int) *Index {
	towns.Lock()
	defer towns.Unlock()
	if towns.of[n] == nil {
		p, x := newPeople(1), New()
		for i := range n {
			x.Put(uint32(i), p.one(i))
		}
		towns.of[n] = x
	}
	return towns.of[n]
}

var towns = struct {
	sync.Mutex
	of map[int]*Index
}{of: map[int]*Index{}}

var sizes = []int{10_000, 100_000, 1_000_000}

func named(n int) string { return fmt.Sprintf("%dk", n/1000) }

// BenchmarkBuild is one Put a document, on one core, and what it takes after.
func BenchmarkBuild(b *testing.B) {
	for _, n := range sizes {
		b.Run(named(n), func(b *testing.B) {
			const some = 10_000
			before := heap()
			var x *Index
			for b.Loop() {
				b.StopTimer()
				p, docs := newPeople(1), make([][]Text, some)
				x = New()
				for from := 0; from < n; from += some {
					for i := range docs {
						docs[i] = p.one(from + i)
					}
					b.StartTimer()
					for i, texts := range docs {
						x.Put(uint32(from+i), texts)
					}
					b.StopTimer()
				}
				b.StartTimer()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/doc")
			b.ReportMetric(float64(heap()-before)/float64(n), "heapB/doc")
			s := x.Size()
			for unit, bytes := range map[string]int{"B/doc": s.Bytes(), "textsB/doc": s.Texts, "wordsB/doc": s.Words, "postingsB/doc": s.Postings,
				"gramsB/doc": s.Grams, "terms/doc": s.Terms} {
				b.ReportMetric(float64(bytes)/float64(n), unit)
			}
		})
	}
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// asked are queries by what they ask for.
var asked = []struct {
	kind    string
	queries []string
}{
	{"common", []string{"Müller", "muller", "mueller", "maria", "anna"}},
	{"letter", []string{"s", "m", "a", "k", "e", "b"}},
	{"letters", []string{"sc", "ma", "an", "mue"}},
	{"infix", []string{"ann", "ari", "ell", "chei", "ach", "ber"}},
	{"typo", []string{"mullre", "mlulers", "elizabteh", "alexanedr", "schneidre", "ludenscheitd"}},
	{"two", []string{"anna muller", "muller anna", "m a", "s mull", "peter schn", "bob muller", "an ell"}},
	{"ten", []string{"a n n a m u l l e r", "anna maria muller zurich com gmail 079 1 2 3"}},
	{"phone", []string{"079 123 45 67", "+4179", "4567", "+41791", "0791", "1234567"}},
	{"email", []string{"anna.muller", "@gmail.com", "gmail", "anna@", "peter.meier@gm", "muller12"}},
	{"number", []string{"C-00001234", "4711", "crm-12", "c99"}},
	{"dense", []string{"山", "太郎", "김"}},
	{"nothing", []string{"qqqqq", "zzyzx wvut", "99999999999"}},
}

// BenchmarkSearch gives a search with its first page, and the slow end of it.
func BenchmarkSearch(b *testing.B) {
	for _, n := range sizes {
		for _, a := range asked {
			b.Run(named(n)+"/"+a.kind, func(b *testing.B) {
				x := town(n)
				var took []time.Duration
				b.ReportAllocs()
				for b.Loop() {
					q := Query{a.queries[len(took)%len(a.queries)], All}
					start := time.Now()
					x.Search(q, nil).Top(nil, 20)
					took = append(took, time.Since(start))
				}
				slices.Sort(took)
				b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
				b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
			})
		}
	}
}

// BenchmarkChange replaces a customer's texts, one of them new.
func BenchmarkChange(b *testing.B) {
	for _, n := range sizes {
		b.Run(named(n), func(b *testing.B) {
			x, r := town(n), rand.New(rand.NewPCG(1, 1))
			for i := 0; b.Loop(); i++ {
				doc := uint32(r.IntN(n))
				texts := x.Texts(doc)
				texts[1].Value = fmt.Sprintf("changed%d@example.com", i)
				x.Put(doc, texts)
			}
		})
	}
}
