package noteindex

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/note"
)

// writer makes notes as staff write them: some words are in every other note,
// most are rare, and numbers and names are in one.
type writer struct {
	chance *rand.Rand
	zipf   *rand.Zipf
	words  []string
}

func newWriter(seed uint64) *writer {
	chance := rand.New(rand.NewPCG(seed, 1))
	w := &writer{chance: chance, zipf: rand.NewZipf(chance, 1.1, 8, 49_999), words: slices.Clone(common)}
	for len(w.words) < 50_000 {
		var b strings.Builder
		for range 2 + chance.IntN(3) {
			b.WriteString(syllables[chance.IntN(len(syllables))])
		}
		w.words = append(w.words, b.String())
	}
	return w
}

var (
	common = strings.Fields("customer called about the order and wants a refund for delivery late please call back invoice email sent address changed account was not " +
		"received complaint product returned asked support resolved waiting payment")
	syllables = strings.Fields("ka lo mi ren sta ver tin dor bel gra fi no pe qua ru shi tel un wex yo zan ber chi dra el")
	han       = strings.Fields("客户 来电 要求 退款 订单 地址 已经 修改 发票 等待 付款 产品 问题 联系")
)

// one is about 90 bytes; one of fifty is in Chinese.
func (w *writer) one() string {
	if w.chance.IntN(50) == 0 {
		var b strings.Builder
		for range 10 {
			b.WriteString(han[w.chance.IntN(len(han))])
		}
		return b.String()
	}
	words := make([]string, 0, 16)
	for range 10 + w.chance.IntN(6) {
		words = append(words, w.words[w.zipf.Uint64()])
	}
	return fmt.Sprintf("%s #%d.", strings.Join(words, " "), 100_000+w.chance.IntN(900_000))
}

// customers gives n notes, of customers that have up to five.
func (w *writer) customers(n int, each func(Subject)) {
	for ordinal := uint32(0); n > 0; ordinal++ {
		s := Subject{ID: uuid.UUID{0: byte(ordinal >> 24), 1: byte(ordinal >> 16), 2: byte(ordinal >> 8), 3: byte(ordinal)}, Ordinal: ordinal, Version: 1, State: &note.State{Notes: map[string]note.Note{}}}
		for i := range min(n, 1+w.chance.IntN(5)) {
			id := s.ID
			id[15] = byte(i)
			s.State.Notes[id.String()] = note.Note{Type: []string{"support", "sales", "compliance"}[w.chance.IntN(3)], Content: w.one(), Author: note.Author{Role: "support", ID: fmt.Sprint(w.chance.IntN(500))},
				CreatedAt: instant(1_700_000_000_000_000 + w.chance.Int64N(1e14)), Revision: 1}
			n--
		}
		each(s)
	}
}

const million = 1_000_000

// archive is an index of a million notes, made once.
var archive = sync.OnceValue(func() *Index {
	x := New(1 << 30)
	newWriter(1).customers(million, func(s Subject) { x.Put([]Subject{s}) })
	return x
})

// BenchmarkPut is a million notes, customer by customer, on one core, and what
// they take after.
func BenchmarkPut(b *testing.B) {
	var all []Subject
	newWriter(1).customers(million, func(s Subject) { all = append(all, s) })
	var x *Index
	before := inUse()
	for b.Loop() {
		x = New(1 << 30)
		for i := range all {
			x.Put(all[i : i+1])
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/million/1000, "µs/note")
	b.ReportMetric(float64(inUse()-before)/million, "heapB/note")
	s := x.Size()
	for unit, n := range map[string]int64{"B/note": s.Bytes(), "textB/note": s.Texts, "columnsB/note": s.Columns, "termsB/note": s.Terms, "postingsB/note": s.Postings} {
		b.ReportMetric(float64(n)/million, unit)
	}
	b.ReportMetric(float64(s.Distinct), "terms")
	runtime.KeepAlive(all)
}

func inUse() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// asked are queries by what they ask for.
var asked = []struct {
	kind string
	q    Query
	of   []string
}{
	{"rare word", Query{}, []string{"kalomi", "renstaver", "tindorbel", "grafino", "pequaru"}},
	{"common word", Query{}, []string{"refund", "delivery", "invoice", "complaint", "address"}},
	{"short prefix", Query{}, []string{"ka", "re", "de", "st", "qu"}},
	{"three words", Query{}, []string{"customer refund late", "order delivery not", "please call back", "invoice email sent", "payment waiting support"}},
	{"by relevance", Query{ByRelevance: true}, []string{"refund", "re", "customer refund", "delivery late", "invoice email sent"}},
	{"phrase", Query{}, []string{`"call back"`, `"refund for"`, `"invoice email sent"`, `"customer called"`, `"delivery late"`}},
	{"number", Query{}, []string{"123456", "654321", "200000", "999999", "345678"}},
	{"Han", Query{}, []string{"退款", "款", "要求退款", "退款订单", "发票等待"}},
	{"author of 500", Query{Author: "77"}, []string{"refund", "order", "", "customer", "late"}},
	{"a day", Query{From: instant(1_700_050_000_000_000), To: instant(1_700_136_400_000_000)}, []string{"", "refund", "order", "customer", "late"}},
	{"everything", Query{}, []string{""}},
}

// BenchmarkFind is one query, for its first fifty notes and the exact total.
func BenchmarkFind(b *testing.B) {
	x := archive()
	for _, kind := range asked {
		b.Run(kind.kind, func(b *testing.B) {
			var took []time.Duration
			var found int64
			for i := 0; b.Loop(); i++ {
				q := kind.q
				q.Text, q.Types, q.Limit = kind.of[i%len(kind.of)], func(name string) bool { return name != "compliance" }, 50
				began := time.Now()
				out, err := x.Find(q)
				took = append(took, time.Since(began))
				if err != nil {
					b.Fatal(err)
				}
				found += out.Total
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
			b.ReportMetric(float64(found)/float64(len(took)), "found")
		})
	}
}

// BenchmarkEdit changes the text of one note of a million, and takes it back.
func BenchmarkEdit(b *testing.B) {
	x, w := archive(), newWriter(2)
	var s Subject
	newWriter(1).customers(1, func(one Subject) { s = one })
	texts := make([]string, 1000)
	for i := range texts {
		texts[i] = w.one()
	}
	for i := 0; b.Loop(); i++ {
		s.Version++
		for id, n := range s.State.Notes {
			n.Content = texts[i%len(texts)]
			s.State.Notes[id] = n
		}
		x.Put([]Subject{s})
	}
}
