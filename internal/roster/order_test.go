package roster

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	diff "github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"golang.org/x/text/collate"
	"golang.org/x/text/language"
	"pgregory.net/rapid"

	"github.com/acme/customers/internal/customer"
)

// spelling is all that can be seen of a collation, by texts that those of
// different languages order differently.
func spelling(tag language.Tag) (keys []string) {
	k := newKeyer(tag)
	for r := rune('!'); r < 0x600; r++ {
		keys = append(keys, k.of(string(r)))
	}
	for _, a := range "aceghijlnoqrsuyzåæøöI" {
		for _, b := range "aceghijlnouyzcsḧ" {
			keys = append(keys, k.of(string([]rune{a, b})), k.of(string([]rune{a - 32, b})))
		}
	}
	for r := rune(0x4e00); r < 0x4f00; r++ {
		keys = append(keys, k.of(string(r)))
	}
	return keys
}

// A language orders names as x/text says that it does, but for those whose
// collations are missing there.
func TestCollationsAreThoseOfTheirLanguages(t *testing.T) {
	tags := []string{"pt-BR", "de-CH", "de-CH-u-co-phonebk", "en-GB", "sv-FI", "sv-FI-u-co-standard", "da-GL", "es-MX", "es-u-co-trad", "zh-TW", "zh-HK", "zh-CN-u-co-stroke", "zh-u-co-pinyin",
		"sr-Cyrl-RS", "bs-Cyrl-BA", "nn-NO", "nl", "it-CH", "yi", "iw", "tlh", "mul", "de-u-kn-true"}
	for _, tag := range collate.Supported() {
		tags = append(tags, tag.String(), tag.String()[:2])
	}
	root, others := spelling(language.Und), 0
	for _, tag := range tags {
		switch tag {
		case "en-US-u-va-posix", "nb", "no", "bs", "sr-Latn": // of no language; not in the tables
			continue
		}
		collation, known := CollationOf(tag)
		want := spelling(language.Make(tag))
		if tag == "de-u-kn-true" { // how digits are ordered is not of a language
			want = spelling(language.German)
		}
		if !slices.Equal(spelling(language.Make(collation)), want) || known == "" {
			t.Errorf("%s is ordered as %s", tag, collation)
		}
		if !slices.Equal(want, root) {
			others++
		}
	}
	if others < 60 {
		t.Errorf("only %d differ from the root: nothing above would tell", others)
	}
	for lang, want := range map[string]string{"nb-NO": "nn no", "no": "nn no", "bs": "hr bs", "sr-Latn-RS": "hr sr-Latn", "de-CH": "und de", "pt-BR": "und pt", "": "und und", "xx-Klingon": "und und", "sv-FI": "sv sv"} {
		if collation, known := CollationOf(lang); collation+" "+known != want {
			t.Errorf("%s: %s %s", lang, collation, known)
		}
	}
}

// What a name is ordered by is found again, whatever the name is.
func TestWhatANameIsOrderedBy(t *testing.T) {
	odd := 0
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.OneOf(rapid.Just(""), rapid.SampledFrom(families), rapid.StringN(0, 100, -1), rapid.StringN(90, 100, 400))
		n := customer.Name{Given: names.Draw(t, "given"), Middle: names.Draw(t, "middle"), Family: names.Draw(t, "family"), Prefix: names.Draw(t, "prefix"), Suffix: names.Draw(t, "suffix"), Preferred: "Bo"}
		r := newRoster()
		for version, name := range []customer.Name{{Given: "Ada", Family: "Byron"}, n} {
			r.Put([]Person{{ID: uuid.UUID{1}, Ordinal: 3, Version: int64(version + 1), State: &customer.State{Name: name}}})
			if got := r.sortText(3); got != sortText(&name) {
				t.Fatalf("%q, not %q", got, sortText(&name))
			}
		}
		odd += len(r.sorted.odd)
		r.Put([]Person{{ID: uuid.UUID{1}, Ordinal: 3, Gone: true}})
		if r.sortText(3) != "" || len(r.sorted.odd) > 0 {
			t.Fatal("the name of the erased is kept")
		}
	})
	if odd == 0 {
		t.Error("all names are where they are looked for: nothing above would tell")
	}
}

// lots is a crowd of more than can be ordered while somebody waits.
func lots() *crowd {
	c := newCrowd(0)
	for range fewNames + 500 {
		c.change(len(c.people))
	}
	return c
}

func byName(collation string, descending bool) Query {
	return Query{Sort: ByName, Collation: collation, Descending: descending, Limit: 50 + rand.IntN(300)}
}

// Names are ordered as a language does that nobody configured: few at once, many
// as soon as their order is made, and after names have changed.
func TestNamesAreOrderedAsAnyLanguage(t *testing.T) {
	few := newCrowd(300)
	for _, descending := range []bool{false, true} {
		q := byName("da", descending)
		got, _ := few.pages(q, func() {})
		if d := diff.Diff(few.naive(&q), got); d != "" {
			t.Errorf("few, descending %v (-want +got):\n%s", descending, d)
		}
	}
	c := lots()
	q := byName("da", false)
	if f := c.Find(q, now); f.Collation != Root {
		t.Errorf("many are ordered as %s at once", f.Collation)
	}
	c.ordering.Wait()
	for round := range 4 {
		for _, descending := range []bool{false, true} {
			q := byName("da", descending)
			got, _ := c.pages(q, func() {})
			want := c.naive(&q)
			if d := diff.Diff(want, got); d != "" || c.Find(q, now).Collation != "da" {
				t.Errorf("round %d, descending %v: %d and %d", round, descending, len(want), len(got))
			}
			if q.Collation = Root; slices.Equal(c.naive(&q), want) {
				t.Error("the control: the root orders them the same")
			}
		}
		for range 200 {
			c.change(rand.IntN(len(c.people)))
		}
		for range 50 { // some of them without a name
			c.change(len(c.people))
		}
	}
	if c.orders.made["da"].since.IsEmpty() {
		t.Error("nobody was named since: nothing above would tell")
	}
}

// An order that is made while names change is that of the names that they have
// then.
func TestAnOrderIsMadeWhileNamesChange(t *testing.T) {
	c := lots()
	for range 5 {
		delete(c.orders.made, "da")
		c.Find(byName("da", false), now)
		for range 300 {
			c.change(rand.IntN(len(c.people) + 1))
		}
		c.ordering.Wait()
		q := byName("da", false)
		if got, _ := c.pages(q, func() {}); !slices.Equal(c.naive(&q), got) {
			t.Error("another order")
		}
	}
}

// Whoever reads an order goes on in it, or is told that it is gone.
func TestPagesGoOnInTheOrderOfTheirFirst(t *testing.T) {
	c := lots()
	next := func(q Query) Found {
		f := c.Find(q, now)
		q.After = f.Next
		q.Collation = f.Next.Collation // as a cursor does
		c.ordering.Wait()
		return c.Find(q, now)
	}
	if f := next(byName("da", false)); f.Collation != Root || f.Unordered {
		t.Errorf("a page of the root's order is followed by one of %q", f.Collation)
	}
	if f := next(byName("da", false)); f.Collation != "da" {
		t.Errorf("a page of da's order is followed by one of %q", f.Collation)
	}
	q := byName("da", false)
	q.After = c.Find(q, now).Next
	want := c.Find(q, now).Hits
	for i := range maxOrders {
		c.Find(byName([]string{"cs", "pl", "et", "hu"}[i], false), now)
		c.ordering.Wait()
	}
	if f := c.Find(q, now); !f.Unordered || len(f.Hits) > 0 || f.Next != nil {
		t.Errorf("an order that is gone gives %d customers", len(f.Hits))
	}
	c.ordering.Wait()
	if f := c.Find(q, now); f.Unordered || fmt.Sprint(f.Hits) != fmt.Sprint(want) {
		t.Error("the order that was made again is another")
	}
}

// As many orders are kept as may be, those that were asked for last, and what
// they take is counted.
func TestOrdersAreFew(t *testing.T) {
	c := lots()
	before := c.Measure().Names
	asked := []string{"da", "cs", "pl", "et", "da", "hu", "da"}
	for _, collation := range asked {
		c.Find(byName(collation, false), now)
		c.ordering.Wait()
	}
	for collation, kept := range map[string]bool{"da": true, "cs": false, "pl": true, "et": true, "hu": true} {
		if (c.orders.made[collation] != nil) != kept {
			t.Errorf("%s is kept: %v", collation, !kept)
		}
	}
	if more := c.Measure().Names - before; more < int64(maxOrders*4*len(c.people)) {
		t.Errorf("%d bytes more", more)
	}
}

// An order of which many names have changed is made anew.
func TestAWornOrderIsMadeAnew(t *testing.T) {
	c := lots()
	ask := func() { c.Find(byName("da", false), now); c.ordering.Wait() }
	ask()
	first := c.orders.made["da"]
	if ask(); c.orders.made["da"] != first {
		t.Error("the control: it is made anew for nothing")
	}
	for range fewNames + 200 {
		c.change(len(c.people))
	}
	if ask(); c.orders.made["da"] == first || !c.orders.made["da"].since.IsEmpty() {
		t.Error("it is not made anew")
	}
}
