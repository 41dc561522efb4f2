package httpapi

import (
	"encoding/binary"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/roster"
)

// Names are ordered as the language that is asked for does, and the answer says
// which.
func TestNamesInTheOrderOfALanguage(t *testing.T) {
	s := newScene(t)
	for i, family := range []string{"Zimmer", "Åkesson", "Adler"} {
		s.register(t, fmt.Sprintf(`{"name":{"given":"Ada","family":%q},"email":"s%d@example.test"}`, family, i))
	}
	for lang, want := range map[string]string{"": "und Adler Åkesson Zimmer", "de-CH": "de Adler Åkesson Zimmer", "sv-FI": "sv Adler Zimmer Åkesson", "nb": "no Adler Zimmer Åkesson", "xx-Klingon": "und Adler Åkesson Zimmer"} {
		got := s.find(t, "admin", fmt.Sprintf(`{"sort":"name","collation":%q}`, lang))
		says := got.Collation
		for _, c := range got.Items {
			says += strings.TrimPrefix(c.Name, "Ada")
		}
		if says != want {
			t.Errorf("%q: %s", lang, says)
		}
	}
}

// thousands puts more people into the read model than can be ordered while
// somebody waits.
func (s *scene) thousands() {
	people := make([]roster.Person, 3000)
	for o := range people {
		var id uuid.UUID
		binary.BigEndian.PutUint32(id[:], uint32(o+1))
		people[o] = roster.Person{ID: id, Ordinal: uint32(o), Version: 1, State: &customer.State{Name: customer.Name{Given: "Ada", Family: string([]rune("ÅZA")[o%3]) + fmt.Sprint(o)}}}
	}
	s.model.Roster().Put(people)
}

// Whoever reads many names goes on in the order of the first page, or is told to
// ask again while that is being made.
func TestPagesOfNamesStayInTheirOrder(t *testing.T) {
	s := newScene(t)
	s.thousands()
	ask := func(lang, cursor string) string {
		return fmt.Sprintf(`{"sort":"name","collation":%q,"limit":3,"cursor":%q}`, lang, cursor)
	}
	until := func(lang string) (page foundPage) {
		for page.Collation != lang {
			if t.Context().Err() != nil {
				t.Fatal("the order is never made")
			}
			page = s.find(t, "admin", ask(lang, ""))
		}
		return page
	}
	early := s.find(t, "admin", ask("da", ""))
	late := until("da")
	if next := s.find(t, "admin", ask("da", early.Next)); early.Collation != "und" || next.Collation != "und" {
		t.Errorf("%s goes on as %s", early.Collation, next.Collation)
	}
	want := s.find(t, "admin", ask("da", late.Next))
	if want.Collation != "da" {
		t.Errorf("da goes on as %s", want.Collation)
	}
	for _, other := range []string{"cs", "pl", "et", "hu"} {
		until(other)
	}
	w := s.call("admin", "POST", searchPath, ask("da", late.Next))
	if p := read[Problem](t, w); w.Code != http.StatusServiceUnavailable || p.Code != "order_not_made" || w.Header().Get("Retry-After") == "" {
		t.Fatalf("an order that is gone: %d %s", w.Code, w.Body)
	}
	until("da")
	if got := s.find(t, "admin", ask("da", late.Next)); fmt.Sprint(got.Items) != fmt.Sprint(want.Items) {
		t.Error("the order that was made again is another")
	}
}

// A sealed cursor comes back as it was, and no other does.
func TestSealedCursorsComeBack(t *testing.T) {
	c := newCursors([]byte(strings.Repeat("k", 32)))
	rapid.Check(t, func(t *rapid.T) {
		m := roster.Mark{Value: rapid.Int64().Draw(t, "value"), Ordinal: rapid.Uint32().Draw(t, "ordinal"), Key: rapid.String().Draw(t, "key"), Collation: rapid.SampledFrom([]string{"", "und", "de-u-co-phonebk"}).Draw(t, "collation")}
		sealed := c.seal("scope", &m)
		if got, err := c.open("scope", sealed); err != nil || *got != m {
			t.Fatalf("%v, not %v: %v", got, m, err)
		}
		if _, err := c.open("another", sealed); err == nil {
			t.Fatal("a cursor of another scope is taken")
		}
	})
}
