package httpapi

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

type addressList struct{ Items []Address }

// The way of an address: added, changed, made a default, removed, and still
// there for the order that refers to it.
func TestAnAddressIsNeverLostToAnOrder(t *testing.T) {
	s := newScene(t)
	id := s.register(t, `{"email":"ada@example.test"}`).ID
	self, url := "customer;customer="+id, "/v1/customers/"+id+"/addresses"
	w := s.call(self, "POST", url, `{"type":"shipping","label":"Home","recipient":"Ada Lovelace","street":[" Bundesplatz   3 "],"city":"Bern","postalCode":"CH-3011","country":"ch"}`)
	home := read[Address](t, w)
	if w.Code != 201 || w.Header().Get("ETag") != `"1"` || w.Header().Get("Location") != "/v1/addresses/"+home.ID+"/versions/1" {
		t.Fatalf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	want := AddressLines{Recipient: "Ada Lovelace", Street: []string{"Bundesplatz 3"}, City: "Bern", PostalCode: "3011", Country: "CH"}
	if d := cmp.Diff(want, home.AddressLines); d != "" || !*home.IsDefault || !home.IsValidated || home.Validation.Verdict != "corrected" || len(home.Validation.Corrections) != 2 {
		t.Errorf("%s%+v", d, home)
	}
	if d := cmp.Diff([]string{"Ada Lovelace", "Bundesplatz 3", "CH-3011 Bern", "SWITZERLAND"}, home.Formatted.Label); d != "" {
		t.Error(d)
	}
	office := read[Address](t, s.call(self, "POST", url, `{"type":"shipping","street":["1 Main St"],"city":"San Francisco","state":"California","postalCode":"94105","country":"US","isDefault":true}`))
	if office.State != "CA" || !*office.IsDefault {
		t.Errorf("%+v", office)
	}
	one := url + "/" + home.ID
	if w := s.call(self, "PATCH", one, `{"city":"Basel","postalCode":"4051"}`, `If-Match: "7"`); w.Code != 412 {
		t.Errorf("another version: %d", w.Code)
	}
	w = s.call(self, "PATCH", one, `{"city":"Basel","postalCode":"4051","label":null}`, `If-Match: "1"`)
	if moved := read[Address](t, w); w.Code != 200 || moved.Version != 2 || moved.City != "Basel" || moved.Label != "" || *moved.IsDefault {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := s.call(self, "PUT", one+"/default", `{"type":"shipping"}`); w.Code != 200 || !*read[Address](t, w).IsDefault {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := s.call(self, "DELETE", one, ""); w.Code != 204 || w.Body.Len() != 0 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	list := read[addressList](t, s.call(self, "GET", url+"?type=shipping", ""))
	if len(list.Items) != 1 || list.Items[0].ID != office.ID || !*list.Items[0].IsDefault {
		t.Errorf("%+v", list)
	}
	for version, city := range map[string]string{"1": "Bern", "2": "Basel"} {
		w := s.call("service;scope=addresses:read", "GET", "/v1/addresses/"+home.ID+"/versions/"+version, "")
		if got := read[Address](t, w); w.Code != 200 || got.City != city || got.Recipient != "Ada Lovelace" {
			t.Errorf("version %s: %d %s", version, w.Code, w.Body)
		}
	}
	for _, path := range []string{"/v1/addresses/" + home.ID + "/versions/3", "/v1/addresses/" + uuid.NewString() + "/versions/1"} {
		if w := s.call("admin", "GET", path, ""); w.Code != 404 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	if w := s.call("customer;customer="+uuid.NewString(), "GET", "/v1/addresses/"+home.ID+"/versions/1", ""); w.Code != 404 {
		t.Errorf("another customer reads it: %d", w.Code)
	}
}

func TestABadAddressIsRefusedWithItsReasons(t *testing.T) {
	s := newScene(t)
	id := s.register(t, `{"email":"ada@example.test"}`).ID
	url := "/v1/customers/" + id + "/addresses"
	for body, want := range map[string][]string{
		`{"type":"shipping","country":"CH"}`: {`"/street"`, `"/city"`, `"/postalCode"`, `"missing"`},
		`{"type":"shipping","street":["x"],"city":"Zürich-Secret","postalCode":"99","country":"CH"}`:           {`"/postalCode"`, `"postal_code_invalid"`},
		`{"type":"shipping","street":["x"],"city":"Buffalo","state":"NY","postalCode":"94105","country":"US"}`: {`"postal_code_elsewhere"`},
		`{"type":"shipping","street":["x"],"city":"y","country":"QQ"}`:                                         {`"/country"`, `"country_unknown"`},
		`{"type":"holiday","street":["x"],"city":"Bern","postalCode":"3011","country":"CH"}`:                   {`"/type"`},
		`{"type":"shipping","street":["x"],"city":"Bern","postalCode":"3011","country":"CH","phone":"12"}`:     {`"/phone"`, `"invalid_phone"`},
		`{"type":"shipping","street":["a","b","c","d","e","f"],"city":"B","postalCode":"3011","country":"CH"}`: {`"/street"`},
	} {
		w := s.call("admin", "POST", url, body)
		if w.Code != 422 {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
		for _, text := range want {
			if !strings.Contains(w.Body.String(), text) {
				t.Errorf("%s: no %s in %s", body, text, w.Body)
			}
		}
		if strings.Contains(w.Body.String(), "Secret") {
			t.Errorf("the answer repeats a value: %s", w.Body)
		}
	}
	// The same through a source that is lenient: stored, and marked.
	w := s.call("admin", "POST", url, `{"type":"shipping","street":["x"],"city":"Bern","postalCode":"99","country":"CH"}`, "Customers-Source: import")
	if a := read[Address](t, w); w.Code != 201 || a.IsValidated || a.Validation.Verdict != "invalid" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestTheSameRequestAddsOneAddress(t *testing.T) {
	s := newScene(t)
	id := s.register(t, `{"email":"ada@example.test"}`).ID
	url := "/v1/customers/" + id + "/addresses"
	first := read[Address](t, s.call("admin", "POST", url, anAddress, "Idempotency-Key: k"))
	s.call("admin", "PATCH", url+"/"+first.ID, `{"label":"later"}`)
	w := s.call("admin", "POST", url, anAddress, "Idempotency-Key: k")
	if again := read[Address](t, w); w.Code != 201 || again.ID != first.ID || again.Version != 1 || w.Header().Get("Idempotency-Replayed") != "true" {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	if list := read[addressList](t, s.call("admin", "GET", url, "")); len(list.Items) != 1 {
		t.Errorf("%d addresses", len(list.Items))
	}
}

func TestValidateStoresNothing(t *testing.T) {
	s := newScene(t)
	w := s.call("support", "POST", "/v1/addresses/validate", `{"lines":["Ada Lovelace","10 Downing Street","London","sw1a2aa"],"country":"GB"}`)
	r := read[AddressReport](t, w)
	if w.Code != 200 || r.Verdict != "valid" && r.Verdict != "corrected" || !r.IsValidated {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := s.call("support", "POST", "/v1/addresses/validate", `{"lines":["x"],"country":"QQ"}`); w.Code != 422 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := s.call("marketing", "POST", "/v1/addresses/validate", `{"country":"CH"}`); w.Code != http.StatusForbidden {
		t.Errorf("marketing: %d", w.Code)
	}
}

func TestAFormCanBeDrawnFromAFormat(t *testing.T) {
	s := newScene(t)
	f := read[AddressFormat](t, s.call("customer;customer="+uuid.NewString(), "GET", "/v1/address-formats/jp", ""))
	if d := cmp.Diff([][]string{{"postalCode"}, {"state"}, {"street"}, {"company"}, {"recipient"}}, f.Lines); d != "" {
		t.Error(d)
	}
	if len(f.Areas) != 47 || f.Types["state"] != "prefecture" || f.PostalCode.Pattern == "" || !strings.Contains(strings.Join(f.Required, " "), "postalCode") {
		t.Errorf("%+v", f)
	}
	if w := s.call("admin", "GET", "/v1/address-formats/QQ", ""); w.Code != 404 {
		t.Errorf("no country: %d", w.Code)
	}
}

func TestARegistrationMayBringAddresses(t *testing.T) {
	s := newScene(t)
	good := `{"type":"shipping","street":["Bundesplatz 3"],"city":"Bern","postalCode":"3011","country":"CH"}`
	w := s.call("admin", "POST", "/v1/customers", `{"email":"ada@example.test","addresses":[`+good+`,{"type":"shipping","street":["x"],"city":"y","postalCode":"9","country":"CH"}]}`)
	if w.Code != 422 || !strings.Contains(w.Body.String(), `"/addresses/1/postalCode"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	w = s.call("admin", "POST", "/v1/customers", `{"email":"ada@example.test","addresses":[`+good+`,`+strings.Replace(good, "shipping", "billing", 1)+`]}`)
	if w.Code != 201 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	url := "/v1/customers/" + read[Customer](t, w).ID + "/addresses"
	if list := read[addressList](t, s.call("admin", "GET", url, "")); len(list.Items) != 2 || !*list.Items[0].IsDefault || !*list.Items[1].IsDefault {
		t.Errorf("%+v", list)
	}
	// The same again, as an import that runs twice: nothing is added.
	batch := `{"email":"ada@example.test","addresses":[` + good + `]}`
	for range 2 {
		if w := s.call("admin", "POST", "/v1/customers/batch?mode=upsert", batch, "Content-Type: "+mediaLines); w.Code != 200 || !strings.Contains(w.Body.String(), `"updated"`) {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
	if list := read[addressList](t, s.call("admin", "GET", url, "")); len(list.Items) != 2 {
		t.Errorf("%d addresses after the import", len(list.Items))
	}
	if w := s.call("admin", "POST", "/v1/customers", `{"email":"b@example.test","addresses":[`+strings.Repeat(good+",", 10)+good+`]}`); w.Code != 422 {
		t.Errorf("eleven: %d", w.Code)
	}
}

// Who may write but not read is told that there is an address, no more.
func TestAWriterWithoutReadingSeesNoAddress(t *testing.T) {
	s := newScene(t)
	id := s.register(t, `{"email":"ada@example.test"}`).ID
	w := s.call("service;scope=customers:write", "POST", "/v1/customers/"+id+"/addresses", anAddress)
	if w.Code != 201 || strings.Contains(w.Body.String(), "Bern") || !strings.Contains(w.Body.String(), `"withheld"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
