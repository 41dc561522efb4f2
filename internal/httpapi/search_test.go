package httpapi

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type foundPage struct {
	Total     int64
	Items     []FoundCustomer
	Facets    map[string][]FacetCount
	Collation string
	Next      string
}

func (s *scene) find(t *testing.T, who, body string) foundPage {
	t.Helper()
	w := s.call(who, "POST", searchPath, body)
	if w.Code != http.StatusOK {
		t.Fatalf("%s: %d %s", body, w.Code, w.Body)
	}
	return read[foundPage](t, w)
}

// crowded registers people to be found.
func crowded(t *testing.T) *scene {
	s := newScene(t)
	for _, in := range []string{
		`{"name":{"given":"Zoë","family":"Müller-Lüdenscheidt"},"email":"zoe@example.test","phone":"+41791234567","tags":["vip"],"externalIds":{"crm":"X-77"},"profile":{"dateOfBirth":"1990-02-01","locale":"de-CH"}}`,
		`{"name":{"given":"Robert","family":"Smith","preferred":"Bob"},"email":"smith@example.test","tags":["vip","beta"]}`,
		`{"name":{"given":"=cmd()","family":"-1+1"},"email":"eve@example.test"}`,
		`{"name":{"given":"花子","family":"山田"},"type":"business","email":"hanako@example.test"}`,
	} {
		s.register(t, in)
	}
	id := s.find(t, "admin", `{"query":"zoë müller"}`).Items[0].ID
	s.call("admin", "POST", "/v1/customers/"+id+"/addresses", anAddress)
	return s
}

func TestCustomersAreFound(t *testing.T) {
	s := crowded(t)
	for query, want := range map[string]string{
		"zoe mueller": "zoe@example.test", "ludenscheidt ZOE": "zoe@example.test", "muler": "zoe@example.test", "079 123 45 67": "zoe@example.test", "4567": "zoe@example.test",
		"C-00000001": "zoe@example.test", "x77": "zoe@example.test", "zoe@": "zoe@example.test", "bob": "smith@example.test", "bobby smth": "smith@example.test", "beta": "smith@example.test",
		"山田": "hanako@example.test", "nobody": "none", "zoe smith": "none",
	} {
		got := s.find(t, "support", fmt.Sprintf(`{"query":%q}`, query))
		if want == "none" {
			if got.Total != 0 || len(got.Items) != 0 {
				t.Errorf("%q finds %v", query, got.Items)
			}
			continue
		}
		if got.Total != 1 || got.Items[0].Email != want || len(got.Items[0].Matches) == 0 || got.Items[0].Score == 0 {
			t.Errorf("%q: %+v", query, got)
		}
	}
	hit := s.find(t, "support", `{"query":"ludenscheidt"}`).Items[0]
	want := []Match{{"name", "Zoë Müller-Lüdenscheidt", 11, 23, "exact"}}
	if d := cmp.Diff(want, hit.Matches); d != "" {
		t.Error(d)
	}
}

// What is found changes with what is acknowledged, at once.
func TestASearchIsNeverStale(t *testing.T) {
	s := crowded(t)
	for i := range 100 {
		c := s.register(t, fmt.Sprintf(`{"name":{"given":"Stale","family":"Number%d"},"email":"s%d@example.test"}`, i, i))
		if got := s.find(t, "admin", fmt.Sprintf(`{"query":"number%d"}`, i)); got.Total != 1 || got.Items[0].ID != c.ID {
			t.Fatalf("%d: %+v", i, got)
		}
		s.call("admin", "PATCH", "/v1/customers/"+c.ID, fmt.Sprintf(`{"name":{"family":"Renamed%d"}}`, i), "Content-Type: "+mediaPatch)
		if got := s.find(t, "admin", fmt.Sprintf(`{"query":"renamed%d"}`, i)); got.Total != 1 {
			t.Fatalf("%d: %+v", i, got)
		}
		if got := s.find(t, "admin", fmt.Sprintf(`{"query":"number%d"}`, i)); got.Total != 1 || len(got.Items[0].Former) != 1 || got.Items[0].Matches[0].Field != "formerNames" {
			t.Fatalf("%d: %+v", i, got)
		}
	}
}

// Nobody finds by what he may not see, nor sees it.
func TestWhoMayNotSeeMayNotFind(t *testing.T) {
	s := crowded(t)
	const searcher = "service;scope=customers:search"
	for query, total := range map[string]int64{"zoe": 0, "zoe@example.test": 0, "vip": 0, "x77": 0, "4567": 0, "C-00000001": 1} {
		w := s.call(searcher, "POST", searchPath, fmt.Sprintf(`{"query":%q}`, query))
		got := read[foundPage](t, w)
		if got.Total != total {
			t.Errorf("%q finds %d", query, got.Total)
		}
		for _, secret := range []string{"Zo", "example", "+4179", "vip", "X-77"} {
			if strings.Contains(w.Body.String(), secret) {
				t.Errorf("%q shows %s: %s", query, secret, w.Body)
			}
		}
	}
	for who, bodies := range map[string]map[string]string{
		searcher: {`{"filter":"\"vip\" in customer.tags"}`: "/filter rule_forbidden_field", `{"sort":"name"}`: "/sort invalid_sort", `{"sort":"-lastActivityAt"}`: "/sort invalid_sort",
			`{"facets":["tags"]}`: "/facets invalid_facet"},
		"support": {`{"filter":"customer.age > 30"}`: "/filter rule_forbidden_field", `{"filter":"has(customer.age) || true"}`: "/filter rule_forbidden_field"},
		"admin":   {`{"filter":"customer.age > 30"}`: "/filter rule_forbidden_field"},
	} {
		for body, want := range bodies {
			w := s.call(who, "POST", searchPath, body)
			p := read[Problem](t, w)
			if w.Code != http.StatusUnprocessableEntity || len(p.Errors) == 0 || p.Errors[0].Pointer+" "+p.Errors[0].Code != want {
				t.Errorf("%s %s: %d %s", who, body, w.Code, w.Body)
			}
		}
	}
	if got := s.find(t, "admin;scope=customers:date-of-birth", `{"filter":"customer.age > 30"}`); got.Total != 1 { // the control
		t.Errorf("%+v", got)
	}
	for _, who := range []string{"marketing", "customer;customer=0191d2a8-0000-7000-8000-00000000000f", "service"} {
		if w := s.call(who, "POST", searchPath, `{}`); w.Code != http.StatusForbidden {
			t.Errorf("%s: %d", who, w.Code)
		}
	}
}

func TestFilterFacetsAndOrder(t *testing.T) {
	s := crowded(t)
	got := s.find(t, "admin", `{"filter":"\"vip\" in customer.tags","facets":["tags","type","country","profile.language"],"sort":"-name"}`)
	emails := []string{}
	for _, c := range got.Items {
		emails = append(emails, c.Email)
	}
	if got.Total != 2 || !slices.Equal(emails, []string{"smith@example.test", "zoe@example.test"}) {
		t.Errorf("%d %v", got.Total, emails)
	}
	want := map[string][]FacetCount{"tags": {{"vip", 2}, {"beta", 1}}, "type": {{"individual", 2}}, "country": {{"CH", 1}}, "profile.language": {{"de", 1}}}
	if d := cmp.Diff(want, got.Facets); d != "" {
		t.Error(d)
	}
	if got := s.find(t, "admin", `{"sort":"name","collation":"xx-Klingon"}`); got.Collation != "und" || got.Items[0].Email != "eve@example.test" {
		t.Errorf("%+v", got)
	}
	for body, want := range map[string]string{
		`{"sort":"age"}`: "/sort invalid_sort", `{"sort":"-relevance"}`: "/sort invalid_sort", `{"facets":["age"]}`: "/facets invalid_facet", `{"facets":["consents.unheard"]}`: "/facets invalid_facet",
		`{"limit":201}`: "/limit invalid_limit", `{"limit":-1}`: "/limit invalid_limit", `{"filter":"customer.status =="}`: "/filter rule_syntax", `{"filter":"customer.shoeSize > 3"}`: "/filter rule_unknown_field",
		`{"query":"a b c d e f g h i j k"}`: "/query too_long",
	} {
		w := s.call("admin", "POST", searchPath, body)
		p := read[Problem](t, w)
		if w.Code != http.StatusUnprocessableEntity || len(p.Errors) == 0 || p.Errors[0].Pointer+" "+p.Errors[0].Code != want {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	}
}

// Pages go on where the one before ended; a cursor is of one query and one
// caller, and shows no name.
func TestPagesOfASearch(t *testing.T) {
	s := newScene(t)
	for i := range 25 {
		s.register(t, fmt.Sprintf(`{"name":{"given":"Ada","family":"Family%02d"},"email":"s%d@example.test"}`, i, i))
	}
	for _, sort := range []string{"relevance", "name", "-name", "registeredAt"} {
		var names []string
		cursor := ""
		for {
			body, _ := json.Marshal(map[string]any{"query": "ada", "sort": sort, "limit": 10, "cursor": cursor})
			page := s.find(t, "admin", string(body))
			if page.Total != 25 {
				t.Fatalf("%+v", page)
			}
			for _, c := range page.Items {
				names = append(names, c.Name)
			}
			if cursor = page.Next; cursor == "" {
				break
			}
			if raw, _ := cursorText.DecodeString(cursor); strings.Contains(strings.ToLower(string(raw)), "family") {
				t.Error("a cursor shows a name")
			}
			for who, body := range map[string]string{"admin": `{"query":"adb","sort":"` + sort + `","cursor":"` + cursor + `"}`, "support": `{"query":"ada","sort":"` + sort + `","cursor":"` + cursor + `"}`} {
				if w := s.call(who, "POST", searchPath, body); w.Code != http.StatusBadRequest {
					t.Errorf("another's cursor: %d", w.Code)
				}
			}
		}
		if sort == "-name" {
			slices.Reverse(names)
		}
		for i, name := range names {
			if name != fmt.Sprintf("Ada Family%02d", i) {
				t.Fatalf("%s: %v", sort, names)
			}
		}
		if len(names) != 25 {
			t.Errorf("%s: %d", sort, len(names))
		}
	}
}

func TestExportOfASearch(t *testing.T) {
	s := crowded(t)
	w := s.call("admin", "POST", searchExportPath, `{"format":"csv"}`)
	table, err := csv.NewReader(w.Body).ReadAll()
	if err != nil || len(table) != 5 || strings.Join(table[0], ",") != strings.Join(columnsOf(new(ExportedCustomer)), ",") {
		t.Fatalf("%v %v", err, table)
	}
	for _, row := range table[1:] {
		for i, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				t.Errorf("%s is live: %s", table[0][i], cell)
			}
		}
	}
	if w.Header().Get("Customers-Through") == "" || w.Result().Trailer.Get("Customers-Rows") != "4" {
		t.Errorf("%v %v", w.Header(), w.Result().Trailer)
	}
	var numbers []string
	for after := ""; ; { // broken off after each row
		body := fmt.Sprintf(`{"filter":"customer.type == \"individual\"","after":%q}`, after)
		lines := strings.Split(strings.TrimSpace(s.call("admin", "POST", searchExportPath, body).Body.String()), "\n")
		if lines[0] == "" {
			break
		}
		var c ExportedCustomer
		if err := json.Unmarshal([]byte(lines[0]), &c); err != nil {
			t.Fatal(err)
		}
		numbers, after = append(numbers, c.Number), c.Number
	}
	if strings.Join(numbers, " ") != "C-00000001 C-00000002 C-00000003" {
		t.Errorf("%v", numbers)
	}
	for body, status := range map[string]int{`{"after":"7"}`: 422, `{"after":"C-0"}`: 422, `{"format":"xml"}`: 422, `{"filter":"x"}`: 422} {
		if w := s.call("admin", "POST", searchExportPath, body); w.Code != status {
			t.Errorf("%s: %d", body, w.Code)
		}
	}
	if w := s.call("support", "POST", searchExportPath, `{}`); w.Code != http.StatusForbidden {
		t.Errorf("support exports: %d", w.Code)
	}
}
