package httpapi

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// births makes segments that tell of a date of birth, each in its own way, and
// two that do not; the customer is or was in all of them.
func (s *scene) births(t *testing.T) (id string, telling, plain []string) {
	t.Helper()
	id = s.register(t, `{"name":{"given":"Ada"},"email":"ada@quixotic.test","tags":["vip"],"profile":{"dateOfBirth":"1980-02-03"}}`).ID
	patch := func(key, criteria string) {
		t.Helper()
		if w := s.call("admin", "PATCH", segmentsPath+"/"+key, fmt.Sprintf(`{"criteria":%q}`, criteria)); w.Code != http.StatusOK {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		s.settle(t)
	}
	s.segment(t, "t-age", `"vip" in customer.tags && customer.age >= 18`)
	s.segment(t, "t-known", `has(customer.age)`)
	s.segment(t, "t-through", `"t-age" in customer.segments`)
	s.segment(t, "t-further", `"t-through" in customer.segments || "vip" in customer.tags`)
	s.segment(t, "t-once", `customer.age < 99`)
	patch("t-once", `"vip" in customer.tags`)
	s.segment(t, "t-now", `"vip" in customer.tags`)
	if w := s.call("admin;scope=customers:date-of-birth", "PATCH", segmentsPath+"/t-now", `{"criteria":"customer.age > 17"}`); w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	s.settle(t)
	s.segment(t, "gone", `customer.age > 1`)
	s.segment(t, "t-throughgone", `"gone" in customer.segments`)
	patch("t-throughgone", `"vip" in customer.tags`)
	if w := s.call("admin", "DELETE", segmentsPath+"/gone", ""); w.Code != http.StatusNoContent {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	s.segment(t, "p-tags", `"vip" in customer.tags`)
	s.segment(t, "p-hand", "")
	s.call("admin", "PUT", segmentsPath+"/p-hand/members/"+id, "")
	s.settle(t)
	return id, []string{"t-age", "t-further", "t-known", "t-now", "t-once", "t-through", "t-throughgone"}, []string{"p-hand", "p-tags"}
}

// membership lists, for every answer that can tell who is in a segment, of which
// segments it does; those that the caller may not ask at all are left out.
func (s *scene) membership(t *testing.T, who, id string, keys []string) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	told := func(answer, method, path, body string, headers ...string) {
		t.Helper()
		w := s.call(who, method, path, body, headers...)
		if w.Code == http.StatusForbidden {
			return
		}
		if w.Code != http.StatusOK {
			t.Fatalf("%s, %s: %d %s", who, answer, w.Code, w.Body)
		}
		out[answer] = []string{}
		for _, key := range keys {
			if strings.Contains(w.Body.String(), `"`+key+`"`) || strings.Contains(w.Body.String(), ": "+key) {
				out[answer] = append(out[answer], key)
			}
		}
	}
	one := "/v1/customers/" + id
	told("segments", "GET", one+"/segments", "")
	told("segments as of", "GET", one+"/segments?asOf=2100-01-01T00:00:00Z", "")
	told("context", "GET", one+"/context", "")
	told("timeline", "GET", one+"/timeline?kind=membership", "")
	told("live", "GET", one+"/timeline/live", "", "Last-Event-ID: 1")
	told("facets", "POST", searchPath, `{"query":"ada","facets":["segments"]}`)
	asked := func(answer, key string, method, path, body string) {
		t.Helper()
		switch w := s.call(who, method, path, body); {
		case w.Code == http.StatusForbidden:
		case w.Code == http.StatusOK:
			out[answer] = append(out[answer], key)
		case w.Code == http.StatusNotFound || strings.Contains(w.Body.String(), "rule_forbidden_field") || strings.Contains(w.Body.String(), "unknown_segment"):
			out[answer] = append(out[answer], []string{}...)
		default:
			t.Fatalf("%s, %s of %s: %d %s", who, answer, key, w.Code, w.Body)
		}
	}
	for _, key := range keys {
		filter := fmt.Sprintf(`{"filter":"\"%s\" in customer.segments"}`, key)
		asked("explained", key, "GET", segmentsPath+"/"+key+"/members/"+id, "")
		asked("members", key, "GET", segmentsPath+"/"+key+"/members", "")
		asked("filter", key, "POST", searchPath, filter)
		asked("export", key, "POST", searchExportPath, filter)
		asked("overlap", key, "POST", segmentsPath+"/overlap", `{"segments":["p-hand","`+key+`"]}`)
		asked("preview", key, "POST", segmentsPath+"/preview", `{"criteria":"customer.status == \"archived\"","segment":"`+key+`"}`)
		asked("rule", key, "POST", segmentsPath+"/preview", strings.Replace(filter, "filter", "criteria", 1))
		asked("history", key, "GET", segmentsPath+"/"+key+"/history", "")
		asked("put into another", key, "POST", segmentsPath+"/p-hand/members", `{"addFound":`+filter+`}`)
	}
	s.sized(t, who, keys, out)
	return out
}

// sized lists the segments of which a caller is told how many members they have.
func (s *scene) sized(t *testing.T, who string, keys []string, out map[string][]string) {
	t.Helper()
	if w := s.call(who, "GET", segmentsPath, ""); w.Code == http.StatusOK {
		out["sizes"] = []string{}
		for _, one := range read[struct{ Items []Segment }](t, w).Items {
			if one.Members != nil && slices.Contains(keys, one.Key) {
				out["sizes"] = append(out["sizes"], one.Key)
			}
		}
	}
	for _, key := range keys {
		if w := s.call(who, "GET", segmentsPath+"/"+key, ""); w.Code == http.StatusOK {
			out["size"] = append(out["size"], []string{}...)
			if read[Segment](t, w).Members != nil {
				out["size"] = append(out["size"], key)
			}
		}
		if w := s.call(who, "POST", segmentsPath+"/"+key+"/recompute", ""); w.Code == http.StatusOK && read[SegmentRecomputed](t, w).Members != nil || w.Code == http.StatusConflict {
			out["recomputed"] = append(out["recomputed"], key) // conflict: nothing is computed of one by hand
		}
	}
}

// Who sees who somebody is and may not see the date of birth is told of nobody
// that he is in a segment that follows from it, by any way; who sees ids alone, or
// the date itself, is.
func TestMembershipDoesNotTellADateOfBirth(t *testing.T) {
	s := newScene(t)
	id, telling, plain := s.births(t)
	all := append(slices.Clone(plain), telling...)
	slices.Sort(all)
	for who, sees := range map[string]struct {
		keys    []string
		answers int
	}{
		"support":                               {plain, 10},
		"support;scope=customers:date-of-birth": {plain, 10},
		"admin":                                 {plain, 18},
		"service;scope=segments:read;scope=customers:read": {plain, 8},
		"admin;scope=customers:date-of-birth":              {all, 18},
		"compliance":                                       {all, 16},
		"marketing":                                        {all, 7},
		"service;scope=segments:read":                      {all, 7},
		"customer;customer=" + id:                          {all, 4},
		"service;scope=segments:read;scope=customers:read;scope=customers:date-of-birth": {all, 8},
	} {
		got := s.membership(t, who, id, all)
		if len(got) != sees.answers {
			t.Errorf("%s is answered %d times, not %d: %v", who, len(got), sees.answers, got)
		}
		for answer, keys := range got {
			if d := cmp.Diff(sees.keys, sorted(keys...)); d != "" {
				t.Errorf("%s, %s (-want +got): %s", who, answer, d)
			}
		}
		for _, path := range []string{segmentsPath, segmentsPath + "/t-age"} { // rules and counts are about nobody
			if w := s.call(who, "GET", path, ""); !strings.HasPrefix(who, "customer") && !strings.Contains(w.Body.String(), "t-age") {
				t.Errorf("%s, %s: %d %s", who, path, w.Code, w.Body)
			}
		}
	}
}
