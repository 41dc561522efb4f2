package rule

import (
	"testing"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
)

const (
	exampleRule = `customer.country == "DE" && customer.orders.count >= 3 && now - customer.lastActivityAt < duration("720h")`
	heavyRule   = `customer.tags.exists(t, t.startsWith("pre") && t.matches("^p.*s$")) && customer.attributes["seats"] > 3 && ` +
		`customer.orders.total["EUR"] / double(customer.orders.count) > 20.0 && customer.age >= 18 && customer.consents["marketing"] == "granted" && ` +
		`(customer.status in ["active", "pending"] || "vip" in customer.segments) && customer.profile.locale.startsWith("de")`
	leftoverRule = `customer.orders.count >= 3 && (customer.profile.language + "-" + customer.country) == customer.profile.locale`
)

// record is a customer as a struct, as an index has it.
type record struct {
	person
	country, language, locale string
	orders, active            int64
}

func (r *record) Text(id ID) string {
	switch id {
	case Country:
		return r.country
	case LocaleLanguage:
		return r.language
	case Locale:
		return r.locale
	}
	return r.person.Text(id)
}

func (r *record) Number(id ID) int64 {
	if id == OrderCount {
		return r.orders
	}
	return r.person.Number(id)
}

func (r *record) Time(id ID) int64 {
	if id == LastActivityAt {
		return r.active
	}
	return r.person.Time(id)
}

func adaRecord() *record {
	return &record{*ada, "DE", "de", "de-DE", 3, micros("2024-06-10T12:00:00Z")}
}

func BenchmarkMatch(b *testing.B) {
	for name, source := range map[string]string{"example": exampleRule, "heavy": heavyRule} {
		b.Run(name, func(b *testing.B) {
			r, c := compile(b, source), adaRecord()
			b.ReportAllocs()
			for b.Loop() {
				if !r.Match(c, noon) {
					b.Fatal("does not match")
				}
			}
		})
	}
}

// records are columns over slices, with an inverted list for texts, as an
// index has one.
type records struct {
	people
	all  *roaring.Bitmap
	rows []record
	by   map[string]*roaring.Bitmap // by country
}

func (r *records) All() *roaring.Bitmap        { return r.all }
func (r *records) Row(ordinal uint32) Customer { return &r.rows[ordinal] }

func (r *records) Equal(_ Ref, text string) *roaring.Bitmap {
	if found := r.by[text]; found != nil {
		return found
	}
	return roaring.New()
}

func (r *records) Compare(id ID, op Op, value int64) *roaring.Bitmap {
	var found []uint32
	for i := range r.rows {
		v := r.rows[i].orders
		if id == LastActivityAt {
			v = r.rows[i].active
		}
		if holds(v, op, value) {
			found = append(found, uint32(i))
		}
	}
	return roaring.BitmapOf(found...)
}

func million() *records {
	out := &records{all: roaring.New(), rows: make([]record, 1_000_000), by: map[string]*roaring.Bitmap{}}
	out.all.AddRange(0, uint64(len(out.rows)))
	for i := range out.rows {
		r := &out.rows[i]
		r.country, r.language = []string{"DE", "AT", "FR", "IT"}[i%4], []string{"de", "de", "fr"}[i%3]
		r.locale = r.language + "-" + r.country
		r.orders, r.active = int64(i%7), noon.Add(-time.Duration(i%2000)*time.Hour).UnixMicro()
		if out.by[r.country] == nil {
			out.by[r.country] = roaring.New()
		}
		out.by[r.country].Add(uint32(i))
	}
	return out
}

// BenchmarkSelect is over a million customers; the second asks 4 in 7 of them
// one by one, the third all.
func BenchmarkSelect(b *testing.B) {
	columns := million()
	for name, source := range map[string]string{"example": exampleRule, "leftover": leftoverRule, "rows": `customer.profile.locale.startsWith("de")`} {
		b.Run(name, func(b *testing.B) {
			r := compile(b, source)
			b.ReportAllocs()
			for b.Loop() {
				r.Select(columns, noon)
			}
			b.ReportMetric(float64(len(columns.rows)*b.N)/b.Elapsed().Seconds(), "customers/s")
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	l := testLanguage(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := l.Compile(exampleRule); err != nil {
			b.Fatal(err)
		}
	}
}
