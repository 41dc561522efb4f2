package roster

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"
	diff "github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"golang.org/x/text/language"

	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/rule"
	"github.com/acme/customers/internal/search"
)

// crowd is a roster with people in it, and what they are.
type crowd struct {
	*Roster
	people   []*customer.State
	versions []int64
}

var families = []string{"", "Ångström", "Zimmer", "zimmer", "Åkesson", "Öberg", "Ödman", "Müller", "Muller", "Li", "李", "Иванов", "O’Brien"}

func (c *crowd) change(o int) {
	s := someone()
	s.Name = customer.Name{Given: pick("Ada", "Bo", "Zoë"), Family: pick(families...)}
	if s.Name.Family == "" {
		s.Name = customer.Name{}
	}
	if o == len(c.people) {
		c.people, c.versions = append(c.people, nil), append(c.versions, 0)
	}
	c.people[o] = s
	c.versions[o]++
	c.Put([]Person{{ID: uuid.UUID{byte(o), byte(o >> 8)}, Ordinal: uint32(o), Version: c.versions[o], State: s}})
}

func newCrowd(n int) *crowd {
	c := &crowd{Roster: New(customer.DefaultPreferences(), customer.DefaultWeights(), "sv")}
	for o := range n {
		c.change(o)
	}
	return c
}

// pages reads all pages of a query, with something done between them.
func (c *crowd) pages(q Query, between func()) (order []uint32, total int64) {
	for {
		f := c.Find(q, now)
		for _, h := range f.Hits {
			order = append(order, h.Ordinal)
		}
		if q.After = f.Next; f.Next == nil {
			return order, f.Total
		}
		between()
	}
}

var queries = []Query{{}, {Sort: ByRegistration}, {Sort: ByRegistration, Descending: true}, {Sort: ByActivity}, {Sort: ByActivity, Descending: true},
	{Sort: ByName, Collation: Root}, {Sort: ByName, Collation: Root, Descending: true}, {Sort: ByName, Collation: "sv"},
	{Text: "zimmer", Kinds: search.All}, {Text: "a", Kinds: search.All}, {Text: "ada", Kinds: search.All, Sort: ByName, Collation: Root}}

// The pages of every order are those of one sorted list.
func TestPagesAreThoseOfOneOrder(t *testing.T) {
	c := newCrowd(500)
	german, err := cel(t).Compile(`customer.country == "DE" || customer.profile.language == "de"`)
	if err != nil {
		t.Fatal(err)
	}
	for i, q := range queries {
		for _, filter := range []*rule.Rule{nil, german} {
			q.Filter, q.Limit = filter, 1+rand.IntN(60)
			got, total := c.pages(q, func() {})
			want := c.naive(&q)
			if d := diff.Diff(want, got); d != "" || total != int64(len(want)) {
				t.Errorf("query %d, %d in all (-want +got):\n%s", i, total, d)
			}
		}
	}
}

// Of many, the first are found without taking all places that come one by one:
// whether values rise, fall or are the same, from the beginning and behind a
// mark.
func TestTheFirstOfMany(t *testing.T) {
	const n = 3 * many
	matched := roaring.New()
	matched.AddRange(10, n)
	for name, value := range map[string]func(o int) int64{"rising": func(o int) int64 { return int64(o) }, "falling": func(o int) int64 { return int64(-o) },
		"same": func(int) int64 { return 7 }, "any": func(int) int64 { return rand.Int64N(n) - n/2 }, "sampled": func(o int) int64 { return int64(o % batch) }} {
		by := &numbers[int64]{of: make([]int64, n-5)} // the last are not set
		for o := range by.of {
			by.of[o] = value(o)
		}
		places := make([]Mark, 0, n)
		for o := uint32(10); o < n; o++ {
			places = append(places, Mark{Value: by.get(o), Ordinal: o})
		}
		for _, descending := range []bool{false, true} {
			q := &Query{Descending: descending, Limit: 20}
			slices.SortFunc(places, func(a, b Mark) int { return q.ahead(&a, &b) })
			for _, from := range []int{0, 1, 30, n / 2, n - 25} {
				if q.After = nil; from > 0 {
					q.After = &places[from-1]
				}
				var got []Mark
				for _, p := range numbered(q, matched, by) {
					got = append(got, p.Mark)
				}
				if d := diff.Diff(places[from:min(from+21, len(places))], got); d != "" {
					t.Errorf("%s, descending %v, from %d (-want +got):\n%s", name, descending, from, d)
				}
			}
		}
	}
	f := &first{q: &Query{Limit: 20}, worst: 3} // a bound that is wrong
	if f.scan(matched, &numbers[int64]{of: slices.Repeat([]int64{9}, n)}, batch); len(f.page) > 0 {
		t.Error("the bound leaves nobody out: nothing above would tell")
	}
}

// naive looks at everybody.
func (c *crowd) naive(q *Query) (order []uint32) {
	scores := map[uint32]uint16{}
	for o := range c.people {
		texts := textsOf(c.people[o], uint32(o))
		score, found := search.Match(search.Query{Text: q.Text, Kinds: q.Kinds}, texts)
		if (q.Text == "" || found) && (q.Filter == nil || c.Matches(q.Filter, uint32(o), now)) {
			order = append(order, uint32(o))
			scores[uint32(o)] = score
		}
	}
	maker, keys := newKeyer(language.Make(cmp.Or(q.Collation, Root))), make([]string, len(c.people))
	if q.Sort == ByName {
		for o, s := range c.people {
			keys[o] = maker.key(&s.Name)
		}
	}
	slices.SortStableFunc(order, func(a, b uint32) int {
		x, y := c.people[a], c.people[b]
		var by int
		switch {
		case q.Sort == ByRelevance && q.Text != "":
			by = cmp.Compare(scores[b], scores[a])
		case q.Sort == ByActivity:
			by = x.LastActivityAt.Compare(y.LastActivityAt)
		case q.Sort == ByName:
			by = strings.Compare(keys[a], keys[b])
		default:
			by = x.RegisteredAt.Compare(y.RegisteredAt)
		}
		if q.Descending {
			by = -by
		}
		return by
	})
	return order
}

// Whoever does not change is on exactly one page, whatever happens to the others
// between the pages.
func TestWhoStaysIsOnOnePageWhateverChangesMeanwhile(t *testing.T) {
	for i, q := range queries {
		c := newCrowd(300)
		q.Limit = 7
		before := c.naive(&q)
		changed := map[uint32]bool{}
		got, _ := c.pages(q, func() {
			o := rand.IntN(len(c.people) + 1)
			changed[uint32(o)] = true
			c.change(o)
		})
		times := map[uint32]int{}
		for _, o := range got {
			times[o]++
		}
		for _, o := range before {
			if !changed[o] && times[o] != 1 {
				t.Errorf("query %d: somebody is there %d times", i, times[o])
			}
		}
	}
}

// Walking the order of names and sorting those who matched give the same.
func TestNamesAreInOneOrderHoweverManyMatch(t *testing.T) {
	c := newCrowd(0)
	for o := range many + 100 {
		s := &customer.State{Status: customer.Active, Type: pick(customer.Individual, customer.Business), Name: customer.Name{Given: pick("Ada", "Bo"), Family: families[1+rand.IntN(len(families)-1)]}, RegisteredAt: now}
		c.people = append(c.people, s)
		c.Put([]Person{{ID: uuid.UUID{1}, Ordinal: uint32(o), Version: 1, State: s}})
	}
	for _, descending := range []bool{false, true} {
		q := Query{Sort: ByName, Collation: "sv", Descending: descending, Limit: 5000}
		got, _ := c.pages(q, func() {})
		if d := diff.Diff(c.naive(&q), got); d != "" {
			t.Errorf("descending %v: %d and %d", descending, len(got), len(c.people))
		}
	}
}

func TestLanguagesOrderNamesTheirWay(t *testing.T) {
	c := newCrowd(0)
	for o, family := range []string{"Zimmer", "Ångström", "Åkesson", "Adler"} {
		s := &customer.State{Status: customer.Active, Name: customer.Name{Family: family}, RegisteredAt: now}
		c.Put([]Person{{ID: uuid.UUID{byte(o)}, Ordinal: uint32(o), Version: 1, State: s}})
	}
	for collation, want := range map[string]string{Root: "Adler Åkesson Ångström Zimmer", "sv": "Adler Zimmer Åkesson Ångström"} {
		var got []string
		for _, h := range c.Find(Query{Sort: ByName, Collation: collation, Limit: 10}, now).Hits {
			got = append(got, h.Texts[0].Value)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v", collation, got)
		}
	}
}

func TestFacetsCountWhoMatched(t *testing.T) {
	c := newCrowd(200)
	names := []string{"status", "country", "profile.language", "tags", "consents.marketing", "segments"}
	var facets []Facet
	for _, name := range names {
		f, ok := ParseFacet(name)
		if !ok {
			t.Fatal(name)
		}
		facets = append(facets, f)
	}
	for _, q := range []Query{{}, {Text: "zimmer", Kinds: search.All}} {
		q.Facets, q.Limit = facets, 1
		got := c.Find(q, now).Facets
		want := map[string]int64{}
		for _, o := range c.naive(&q) {
			want["status "+string(c.people[o].Status)]++
			for _, tag := range c.people[o].Tags {
				want["tags "+tag]++
			}
		}
		for _, name := range []string{"status", "tags"} {
			for _, count := range got[name] {
				if want[name+" "+count.Value] != count.Count {
					t.Errorf("%s %v, not %d", name, count, want[name+" "+count.Value])
				}
				delete(want, name+" "+count.Value)
			}
		}
		if len(want) > 0 {
			t.Errorf("not counted: %v", want)
		}
	}
	for _, name := range []string{"age", "orders.count", "name", "", "consents", "attributes.level"} {
		if _, ok := ParseFacet(name); ok {
			t.Errorf("%q is a facet", name)
		}
	}
}

// Nobody is found by a text of a kind that is not asked for, and the erased by
// none.
func TestNobodyIsFoundByWhatIsNotAskedFor(t *testing.T) {
	r := newRoster()
	s := &customer.State{Status: customer.Active, Type: customer.Individual, Name: customer.Name{Given: "Ada", Family: "Lovelace"}, Email: customer.Email{Address: "countess@example.test"},
		Phone: customer.Phone{Number: "+41446681800"}, Tags: []string{"vip"}, ExternalIDs: map[string]string{"crm": "X-77"}}
	s.Internal.FormerNames = []customer.Name{{Given: "Ada", Family: "Byron"}}
	r.Put([]Person{{ID: uuid.UUID{1}, Ordinal: 4, Version: 1, State: s}})
	for text, kind := range map[string]search.Kind{"lovelace": search.Name, "byron": search.Former, "countess": search.Email, "668 18 00": search.Phone, "C-00000005": search.Number,
		"vip": search.Tag, "x-77": search.ExternalID} {
		find := func(kinds search.Kinds) int64 { return r.Find(Query{Text: text, Kinds: kinds, Limit: 1}, now).Total }
		if find(search.Of(kind)) != 1 || find(search.All) != 1 {
			t.Errorf("%s is not found", text)
		}
		if find(search.All&^search.Of(kind)) != 0 {
			t.Errorf("%s is found by what it is not", text)
		}
	}
	r.Put([]Person{{ID: uuid.UUID{1}, Ordinal: 4, Gone: true}})
	if f := r.Find(Query{Text: "ada", Kinds: search.All, Limit: 1}, now); f.Total != 0 {
		t.Error("the erased are found")
	}
	if f := r.Find(Query{Sort: ByName, Collation: Root, Limit: 1}, now); f.Total != 0 || len(f.Hits) != 0 {
		t.Error("the erased are listed")
	}
}
