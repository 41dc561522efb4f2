package httpapi

import (
	"net/http"
	"strings"
	"testing"
)

// Who saves a search finds it again and can make it by its id; others only what
// is shared, and nobody changes another's but an admin.
func TestSavedSearches(t *testing.T) {
	s := crowded(t)
	save := func(who, body string) SavedSearch {
		t.Helper()
		w := s.call(who, "POST", savedPath, body)
		if w.Code != http.StatusCreated || w.Header().Get("ETag") != `"1"` {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		return read[SavedSearch](t, w)
	}
	mine := save("support", `{"name":"Mine","query":"zoe","sort":"name"}`)
	shared := save("support", `{"name":"Shared","filter":"\"vip\" in customer.tags","facets":["tags"],"shared":true}`)
	names := func(who string) string {
		var out []string
		for _, one := range read[struct{ Items []SavedSearch }](t, s.call(who, "GET", savedPath, "")).Items {
			out = append(out, one.Name)
		}
		return strings.Join(out, " ")
	}
	if got := names("support"); got != "Mine Shared" {
		t.Errorf("support: %s", got)
	}
	if got := names("admin"); got != "Shared" {
		t.Errorf("admin: %s", got)
	}
	if got := s.find(t, "support", `{"saved":"`+mine.ID+`"}`); got.Total != 1 || got.Collation != "und" {
		t.Errorf("%+v", got)
	}
	if got := s.find(t, "admin", `{"saved":"`+shared.ID+`","query":"smith"}`); got.Total != 1 || len(got.Facets["tags"]) != 2 {
		t.Errorf("%+v", got)
	}
	for _, c := range []struct {
		who, method, path, body string
		status                  int
	}{
		{"admin", "GET", savedPath + "/" + mine.ID, "", 404},
		{"admin", "POST", searchPath, `{"saved":"` + mine.ID + `"}`, 404},
		{"compliance", "PUT", savedPath + "/" + shared.ID, `{"name":"Taken"}`, 409},
		{"admin", "PUT", savedPath + "/" + shared.ID, `{"name":"Shared","filter":"\"vip\" in customer.tags","shared":true}`, 200},
		{"support", "PUT", savedPath + "/" + shared.ID, `{"name":"Shared","filter":"customer.age > 3"}`, 422},
		{"support", "PUT", savedPath + "/" + shared.ID, `{"name":""}`, 422},
		{"support", "PUT", savedPath + "/" + shared.ID, `{"name":"Shared","sort":"shoes"}`, 422},
		{"marketing", "GET", savedPath, "", 403},
	} {
		if w := s.call(c.who, c.method, c.path, c.body); w.Code != c.status {
			t.Errorf("%s %s %s: %d %s", c.who, c.method, c.path, w.Code, w.Body)
		}
	}
	if w := s.call("support", "DELETE", savedPath+"/"+shared.ID, "", `If-Match: "1"`); w.Code != 412 {
		t.Errorf("an older version: %d", w.Code)
	}
	if w := s.call("support", "DELETE", savedPath+"/"+shared.ID, ""); w.Code != 204 || names("admin") != "" {
		t.Errorf("%d, %s", w.Code, names("admin"))
	}
}

// What nobody but its owner sees does not stand in an admin's way for ever.
func TestAnAdminDropsASavedSearchUnseen(t *testing.T) {
	s := newScene(t)
	s.call("admin", "POST", segmentsPath, `{"name":"Best","type":"static"}`)
	one := read[SavedSearch](t, s.call("support", "POST", savedPath, `{"name":"Mine","filter":"\"best\" in customer.segments"}`))
	for _, c := range []struct {
		method, path string
		status       int
	}{
		{"DELETE", segmentsPath + "/best", 409}, {"GET", savedPath + "/" + one.ID, 404}, {"DELETE", savedPath + "/" + one.ID, 204}, {"DELETE", segmentsPath + "/best", 204},
	} {
		if w := s.call("admin", c.method, c.path, ""); w.Code != c.status {
			t.Errorf("%s %s: %d %s", c.method, c.path, w.Code, w.Body)
		}
	}
	if w := s.call("support", "POST", savedPath, `{"name":"Many","facets":["status","type","tags","country","segments","profile.language","profile.locale","profile.currency","profile.timezone","profile.gender","consents.marketing"]}`); w.Code != 422 {
		t.Errorf("eleven facets: %d", w.Code)
	}
}

// A segment that a saved search asks for is not deleted.
func TestASegmentThatASavedSearchAsksForStays(t *testing.T) {
	s := newScene(t)
	s.call("admin", "POST", segmentsPath, `{"name":"Best","type":"static"}`)
	one := read[SavedSearch](t, s.call("admin", "POST", savedPath, `{"name":"Secret name","filter":"\"best\" in customer.segments"}`))
	if got := read[Segment](t, s.call("admin", "GET", segmentsPath+"/best", "")); len(got.UsedBy) != 1 || got.UsedBy[0] != "search "+one.ID {
		t.Errorf("%v", got.UsedBy)
	}
	w := s.call("admin", "DELETE", segmentsPath+"/best", "")
	if w.Code != 409 || !strings.Contains(w.Body.String(), one.ID) || strings.Contains(w.Body.String(), "Secret") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	s.call("admin", "DELETE", savedPath+"/"+one.ID, "")
	if w := s.call("admin", "DELETE", segmentsPath+"/best", ""); w.Code != 204 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
