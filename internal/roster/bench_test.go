package roster

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/activity"
	"github.com/acme/customers/internal/address"
	"github.com/acme/customers/internal/consent"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/rule"
	"github.com/acme/customers/internal/search"
)

// size is how many customers the benchmarks have.
func size() int {
	n, _ := strconv.Atoi(cmp.Or(os.Getenv("CUSTOMERS"), "20000"))
	return n
}

// shop makes customers as a shop has them: few names and countries are common
// and many rare, most are active, some have ordered.
type shop struct {
	rnd             *rand.Rand
	given, families []string
}

func newShop() *shop {
	s := &shop{rnd: rand.New(rand.NewPCG(1, 2))}
	onsets, vowels, ends := strings.Fields("b d f g h k l m n p r s sch st t w"), strings.Fields("a e i o u ei au ö"), strings.Fields("er mann sen ski i a li bach")
	for i := range 60_000 {
		name := ""
		for k := range 2 + i%2 {
			name += onsets[s.rnd.IntN(len(onsets))] + vowels[s.rnd.IntN(len(vowels))]
			if k == 0 {
				name = strings.ToUpper(name[:1]) + name[1:]
			}
		}
		name += ends[s.rnd.IntN(len(ends))]
		if s.families = append(s.families, name); i < 3000 {
			s.given = append(s.given, name)
		}
	}
	return s
}

// common picks the i-th about 1/i as often as the first.
func (s *shop) common(of ...string) string {
	return of[int(math.Pow(float64(len(of)), s.rnd.Float64()))-1]
}

func (s *shop) customer(o int) *customer.State {
	at := now.Add(-time.Duration(3_000_000-o) * time.Minute)
	c := &customer.State{Status: customer.Active, Type: customer.Individual, RegisteredAt: at, LastActivityAt: at.Add(time.Duration(s.rnd.Int64N(int64(now.Sub(at)))))}
	if s.rnd.IntN(10) == 0 {
		c.Status = customer.Inactive
	}
	c.Name = customer.Name{Given: s.common(s.given...), Family: s.common(s.families...)}
	c.Email = customer.Email{Address: fmt.Sprintf("%s.%s%d@%s", strings.ToLower(c.Name.Given), strings.ToLower(c.Name.Family), s.rnd.IntN(100), s.common("gmail.test", "web.test", "post.test")), Verified: s.rnd.IntN(2) == 0}
	c.Phone.Number = fmt.Sprintf("+4179%07d", s.rnd.IntN(1e7))
	c.Profile = customer.Profile{Locale: s.common("de-DE", "de-CH", "en-GB", "fr-FR"), Timezone: "Europe/Zurich", Currency: s.common("EUR", "CHF"), DateOfBirth: fmt.Sprintf("%d-03-04", 1940+s.rnd.IntN(65))}
	c.Addresses = map[string]customer.Address{"a": {ID: "a", Type: customer.Shipping, IsDefault: true, Address: address.Address{Country: s.common("DE", "CH", "AT", "FR", "IT", "US"), City: s.common(s.families[:2000]...)}}}
	if s.rnd.IntN(4) == 0 {
		c.Tags = []string{s.common("vip", "b2b", "staff", "press", "beta")}
	}
	if s.rnd.IntN(5) == 0 {
		c.Profile.Attributes = map[string]any{"level": s.common("gold", "silver"), "points": float64(s.rnd.IntN(1000))}
	}
	return c
}

// filled is a roster of n customers, and how long each took to put.
func filled(n int) (r *Roster, each time.Duration) {
	s := newShop()
	r = New(customer.DefaultPreferences(), customer.DefaultWeights())
	const some = 500
	for from := 0; from < n; from += some {
		var people []Person
		var consents []Consented
		var acts []Did
		for o := from; o < min(from+some, n); o++ {
			people = append(people, Person{ID: uuid.UUID{byte(o), byte(o >> 8), byte(o >> 16), 1}, Ordinal: uint32(o), Version: 1, State: s.customer(o)})
			consents = append(consents, Consented{uint32(o), &consent.State{Acts: map[string][]consent.Act{"marketing": {{Kind: pick(consent.Granted, consent.Denied), At: now.Add(-time.Hour)}}}}})
			if orders := int64(s.rnd.ExpFloat64() * 2); orders > 0 {
				acts = append(acts, Did{uint32(o), &activity.State{Orders: orders, LastPurchaseAt: now, FirstPurchaseAt: now, LastActivityAt: now.Add(-time.Duration(s.rnd.IntN(1e6)) * time.Second),
					Spent: map[string]activity.Spent{"EUR": {Orders: orders, Total: activity.Amount(orders * 100)}}}})
			}
		}
		start := time.Now()
		r.Put(people)
		each += time.Since(start)
		r.PutConsents(consents, now)
		r.PutActivities(acts)
	}
	return r, each / time.Duration(n)
}

var shared = sync.OnceValue(func() *Roster { r, _ := filled(size()); return r })

// BenchmarkPut is one customer of a roster made from nothing, and what it takes
// after.
func BenchmarkPut(b *testing.B) {
	heap := func() float64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc)
	}
	before := heap()
	var r *Roster
	var each time.Duration
	for b.Loop() {
		r, each = filled(size())
	}
	b.ReportMetric(float64(each.Nanoseconds()), "ns/customer")
	b.ReportMetric((heap()-before)/float64(size()), "B/customer")
	runtime.KeepAlive(r)
}

// BenchmarkFind gives a page of twenty, and the slow end of it.
func BenchmarkFind(b *testing.B) {
	r, texts := shared(), search.All
	l, err := rule.New(rule.Config{Purposes: []string{"marketing"}, Segments: func(string) bool { return true }})
	if err != nil {
		b.Fatal(err)
	}
	filter := func(source string) *rule.Rule {
		f, err := l.Compile(source)
		if err != nil {
			b.Fatal(err)
		}
		return f
	}
	var facets []Facet
	for _, name := range []string{"status", "country", "tags"} {
		f, _ := ParseFacet(name)
		facets = append(facets, f)
	}
	some := filter(`customer.country == "DE" && customer.orders.count >= 3`)
	surname := newShop().families[0]
	for _, q := range []struct {
		name string
		Query
	}{
		{"all", Query{}},
		{"text", Query{Text: surname, Kinds: texts}},
		{"text-filter", Query{Text: surname, Kinds: texts, Filter: some}},
		{"filter", Query{Filter: some}},
		{"filter-active", Query{Filter: filter(`now - customer.lastActivityAt < duration("720h") && customer.age >= 18`)}},
		{"filter-spent", Query{Filter: filter(`customer.orders.total["EUR"] > 1.0 && customer.consents["marketing"] == "granted"`)}},
		{"registered", Query{Sort: ByRegistration}},
		{"registered-desc", Query{Sort: ByRegistration, Descending: true}},
		{"active", Query{Sort: ByActivity}},
		{"active-desc", Query{Sort: ByActivity, Descending: true}},
		{"active-desc-filter", Query{Sort: ByActivity, Descending: true, Filter: some}},
		{"active-desc-text", Query{Sort: ByActivity, Descending: true, Text: surname, Kinds: texts}},
		{"name", Query{Sort: ByName, Collation: Root}},
		{"name-desc", Query{Sort: ByName, Collation: Root, Descending: true}},
		{"name-filter", Query{Sort: ByName, Collation: Root, Filter: some}},
		{"name-text", Query{Sort: ByName, Collation: Root, Text: surname, Kinds: texts}},
		{"facets", Query{Facets: facets}},
		{"facets-filter", Query{Facets: facets, Filter: some}},
	} {
		b.Run(q.name, func(b *testing.B) {
			q.Limit = 20
			var took []time.Duration
			b.ReportAllocs()
			for b.Loop() {
				start := time.Now()
				r.Find(q.Query, now)
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
		})
	}
}

// BenchmarkFindByName gives a page in an order of names that nobody configured:
// of as few as are ordered while somebody waits, and of all in an order that is
// made; it tells how long that takes, and what it keeps.
func BenchmarkFindByName(b *testing.B) {
	r := shared()
	few := roaring.New()
	few.AddRange(0, fewNames)
	start, before := time.Now(), r.Measure().Names
	r.arrange("sv")
	r.ordering.Wait()
	made, kept := time.Since(start), r.Measure().Names-before
	for name, matched := range map[string]*roaring.Bitmap{"few": few, "all": r.customers} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				r.spelled(&Query{Collation: "sv", Limit: 50}, matched)
			}
			b.ReportMetric(float64(made.Milliseconds()), "ms-made")
			b.ReportMetric(float64(kept)/float64(len(r.ids)), "B/customer")
		})
	}
}
