package httpapi

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A hundred who change the same address at once, each another thing: nobody is
// turned away, and every version is there.
func TestChangesOfOneAddressDoNotCollide(t *testing.T) {
	s := newScene(t)
	id := s.register(t, `{"email":"ada@example.test"}`).ID
	url := "/v1/customers/" + id + "/addresses"
	one := read[Address](t, s.call("admin", "POST", url, anAddress))
	other := read[Address](t, s.call("admin", "POST", url, anAddress))
	var refused atomic.Int64
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() {
			method, target, body := "PATCH", url+"/"+one.ID, fmt.Sprintf(`{"label":"label %d"}`, i)
			switch i % 4 {
			case 1:
				body = fmt.Sprintf(`{"street":["Gasse %d"]}`, i)
			case 2:
				method, target, body = "PUT", url+"/"+[]string{one.ID, other.ID}[i/4%2]+"/default", `{"type":"shipping"}`
			}
			if w := s.call("admin", method, target, body); w.Code != 200 {
				refused.Add(1)
				t.Logf("%s: %d %s", body, w.Code, w.Body)
			}
		})
	}
	wg.Wait()
	if n := refused.Load(); n > 0 {
		t.Errorf("%d of 100 were turned away", n)
	}
	list := read[addressList](t, s.call("admin", "GET", url, ""))
	defaults := 0
	for _, a := range list.Items {
		if *a.IsDefault {
			defaults++
		}
		for n := range a.Version {
			if w := s.call("admin", "GET", fmt.Sprintf("/v1/addresses/%s/versions/%d", strings.ToUpper(a.ID), n+1), ""); w.Code != 200 || read[Address](t, w).Version != n+1 {
				t.Errorf("version %d of %s: %d %s", n+1, a.ID, w.Code, w.Body)
			}
		}
	}
	if defaults != 1 || list.Items[0].Version != 76 {
		t.Errorf("%d defaults, version %d", defaults, list.Items[0].Version)
	}
}

// An answer that is given again shows a person again: it is on record, and it
// is of the version that the first answer showed.
func TestAnAnswerGivenAgainIsOnRecord(t *testing.T) {
	s := newScene(t)
	id := s.register(t, `{"email":"ada@example.test"}`).ID
	url := "/v1/customers/" + id + "/addresses"
	one := read[Address](t, s.call("admin", "POST", url, anAddress, "Idempotency-Key: add"))
	steps := []struct{ operation, method, target, body string }{
		{"addAddress", "POST", url, anAddress},
		{"patchAddress", "PATCH", url + "/" + one.ID, `{"city":"Basel","postalCode":"4051"}`},
		{"setDefaultAddress", "PUT", url + "/" + one.ID + "/default", `{"type":"shipping"}`},
	}
	for _, step := range steps[1:] {
		s.call("admin", step.method, step.target, step.body, "Idempotency-Key: "+step.operation)
	}
	s.call("admin", "DELETE", url+"/"+one.ID, "", "Idempotency-Key: removeAddress")
	entries := func(operation string) int {
		log := read[struct{ Items []AccessEntry }](t, s.call("compliance", "GET", "/v1/customers/"+id+"/access-log?limit=200", ""))
		n := 0
		for _, e := range log.Items {
			if e.Operation == operation {
				n++
			}
		}
		return n
	}
	for i, step := range steps {
		key := step.operation
		if i == 0 {
			key = "add"
		}
		before := entries(step.operation)
		w := s.call("admin", step.method, step.target, step.body, "Idempotency-Key: "+key)
		if w.Code/100 != 2 || w.Header().Get("Idempotency-Replayed") != "true" || read[Address](t, w).ID != one.ID {
			t.Errorf("%s again: %d %v %s", step.operation, w.Code, w.Header(), w.Body)
		}
		if after := entries(step.operation); after != before+1 {
			t.Errorf("%s again: %d entries became %d", step.operation, before, after)
		}
	}
	w := s.call("admin", "DELETE", url+"/"+one.ID, "", "Idempotency-Key: removeAddress")
	if w.Code != 204 || w.Header().Get("Idempotency-Replayed") != "true" {
		t.Errorf("removed again: %d %v", w.Code, w.Header())
	}
	if w := s.call("admin", "POST", url, strings.Replace(anAddress, "Bern", "Basel", 1), "Idempotency-Key: add"); w.Code != 422 || !strings.Contains(w.Body.String(), "idempotency_key_reused") {
		t.Errorf("the key with another address: %d %s", w.Code, w.Body)
	}
}

func TestIfMatchIsTheAddresss(t *testing.T) {
	s := newScene(t)
	id := s.register(t, `{"email":"ada@example.test"}`).ID
	url := "/v1/customers/" + id + "/addresses"
	s.call("admin", "POST", url, anAddress)
	w := s.call("admin", "POST", url, anAddress)
	one, tag := read[Address](t, w), "If-Match: "+w.Header().Get("ETag")
	for _, step := range []struct{ method, path, body string }{
		{"PUT", "/default", `{"type":"shipping"}`}, {"PATCH", "", `{"label":"x"}`}, {"DELETE", "", ""},
	} {
		target := url + "/" + one.ID + step.path
		if w := s.call("admin", step.method, target, step.body, `If-Match: "99"`); w.Code != 412 {
			t.Errorf("%s with another version: %d", step.method, w.Code)
		}
		w := s.call("admin", step.method, target, step.body, tag)
		if w.Code/100 != 2 {
			t.Errorf("%s with the address's version: %d %s", step.method, w.Code, w.Body)
		}
		if next := w.Header().Get("ETag"); next != "" {
			tag = "If-Match: " + next
		}
	}
}

func TestHalfAPositionIsNone(t *testing.T) {
	s := newScene(t)
	id := s.register(t, `{"email":"ada@example.test"}`).ID
	url := "/v1/customers/" + id + "/addresses"
	for _, position := range []string{`{}`, `{"latitude":1}`, `{"latitude":91,"longitude":0}`} {
		body := strings.Replace(anAddress, `"type"`, `"coordinates":`+position+`,"type"`, 1)
		if w := s.call("admin", "POST", url, body); w.Code != 422 && w.Code != 400 {
			t.Errorf("%s: %d %s", position, w.Code, w.Body)
		}
	}
	w := s.call("admin", "POST", url, strings.Replace(anAddress, `"type"`, `"coordinates":{"latitude":46.9,"longitude":7.4},"type"`, 1))
	one := read[Address](t, w)
	if one.Coordinates.Precision != "provided" {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if moved := read[Address](t, s.call("admin", "PATCH", url+"/"+one.ID, `{"city":"Basel","postalCode":"4051"}`)); moved.Coordinates.Precision != "place" || moved.Coordinates.Latitude == 46.9 {
		t.Errorf("the position of the old place: %+v", moved.Coordinates)
	}
}

// What cannot be stored is not asked about either.
func TestTextsAreCheckedBeforeAnybodyIsAsked(t *testing.T) {
	s := newScene(t)
	id := s.register(t, `{"email":"ada@example.test"}`).ID
	for name, body := range map[string]string{
		"a bidirectional override": `{"street":["x"],"city":"a\u202eb","postalCode":"3011","country":"CH"}`,
		"NUL":                      `{"street":["x"],"city":"a\u0000b","postalCode":"3011","country":"CH"}`,
		"nothing visible":          `{"street":["\u200d"],"city":"Bern","postalCode":"3011","country":"CH"}`,
		"a filler":                 `{"street":["\u3164"],"city":"Bern","postalCode":"3011","country":"CH"}`,
		"dots":                     `{"street":["..."],"city":"Bern","postalCode":"3011","country":"CH"}`,
		"too long":                 `{"street":["` + strings.Repeat("x", 201) + `"],"city":"Bern","postalCode":"3011","country":"CH"}`,
		"endless lines":            `{"country":"IT","lines":["` + strings.Repeat("a b ", 15000) + `"]}`,
		"fields and lines":         `{"country":"CH","city":"Bern","lines":["x","3011 Bern"]}`,
	} {
		if w := s.call("admin", "POST", "/v1/addresses/validate", body); w.Code != 422 && w.Code != 400 {
			t.Errorf("validate, %s: %d %s", name, w.Code, w.Body)
		}
		if strings.Contains(body, "lines") {
			continue
		}
		add := strings.Replace(body, "{", `{"type":"shipping",`, 1)
		if w := s.call("admin", "POST", "/v1/customers/"+id+"/addresses", add); w.Code != 422 && w.Code != 400 {
			t.Errorf("add, %s: %d %s", name, w.Code, w.Body)
		}
	}
}

// The history tells which field of which address changed, and as of an instant
// the addresses are those of then.
func TestAddressesHaveAHistory(t *testing.T) {
	s := newScene(t)
	id := s.register(t, `{"email":"ada@example.test"}`).ID
	url := "/v1/customers/" + id
	one := read[Address](t, s.call("admin", "POST", url+"/addresses", anAddress))
	s.call("admin", "PATCH", url+"/addresses/"+one.ID, `{"city":"Basel","postalCode":"4051"}`)
	history := s.call("admin", "GET", url+"/history", "").Body.String()
	if !strings.Contains(history, `{"field":"addresses.`+one.ID+`.city","before":"Bern","after":"Basel"}`) {
		t.Errorf("history: %s", history)
	}
	if masked := s.call("service;scope=customers:write", "GET", url+"/history", ""); masked.Code != 403 {
		t.Errorf("history without reading: %d", masked.Code)
	}
	var then string // when the address was added
	for _, e := range read[struct{ Items []HistoryEntry }](t, s.call("admin", "GET", url+"/history", "")).Items {
		if e.Type == "DefaultAddressChanged" {
			then = e.RecordedAt.Format(time.RFC3339Nano)
		}
	}
	if list := read[addressList](t, s.call("admin", "GET", url+"/addresses?asOf="+then, "")); len(list.Items) != 1 || list.Items[0].City != "Bern" || !*list.Items[0].IsDefault {
		t.Errorf("as of %s: %+v", then, list)
	}
	if w := s.call("admin", "GET", url+"/addresses?asOf=2000-01-01T00:00:00Z", ""); w.Code != 404 {
		t.Errorf("before there was anybody: %d", w.Code)
	}
}
