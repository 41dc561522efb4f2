package httpapi

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
)

// erase does what an erasure does, as far as reads can see.
func (s *scene) erase(t testing.TB, id string) {
	t.Helper()
	one := uuid.MustParse(id)
	stream := event.Stream{Type: "erasure", ID: one}
	r := eventstore.Record{Envelope: event.Envelope{Stream: stream, Version: 1, Type: "CustomerErased", OccurredAt: time.Now()}}
	if err := s.keys.Fence(t.Context(), one); err != nil {
		t.Fatal(err)
	}
	if err := s.store.Fence(t.Context(), one); err != nil {
		t.Fatal(err)
	}
	if _, err := s.store.Commit(t.Context(), eventstore.Commit{Appends: []eventstore.Append{{Stream: stream, Records: []eventstore.Record{r}}}}); err != nil {
		t.Fatal(err)
	}
}

// After an erasure nothing is found of a customer, by text, rule, facet or
// segment, now or as of before; everybody else stays.
func TestAnErasedCustomerIsInNoSearchAndNoSegment(t *testing.T) {
	s := newScene(t)
	var ids []string
	for _, name := range []string{"Adalbertine", "Bertolt", "Adalbertina"} {
		ids = append(ids, s.register(t, fmt.Sprintf(`{"name":{"given":%q},"email":"%s@quixotic.test","tags":["only%s","both"]}`, name, name, name)).ID)
	}
	s.segment(t, "tagged", `"both" in customer.tags`)
	s.segment(t, "vip", "")
	for _, id := range ids {
		s.call("admin", "PUT", segmentsPath+"/vip/members/"+id, "")
	}
	s.settle(t)
	before := "&asOf=" + instant().Format(time.RFC3339Nano)
	traces := func() map[string]string {
		out := map[string]string{}
		found := func(name, body string) {
			page := s.find(t, "admin", body)
			for _, c := range page.Items {
				if c.ID == ids[0] {
					out[name] = c.Name
				}
			}
			if _, there := out[name]; !there && page.Total > int64(len(page.Items)) {
				out[name] = "counted"
			}
			for facet, counts := range page.Facets {
				for _, c := range counts {
					if strings.Contains(c.Value, "Adalbertine") {
						out["facet "+facet] = c.Value
					}
				}
			}
		}
		found("text", `{"query":"adalbertine"}`)
		found("a part of it", `{"query":"adalb"}`)
		found("address", `{"query":"adalbertine@quixotic"}`)
		found("rule", `{"filter":"\"both\" in customer.tags","facets":["tags","segments"]}`)
		found("segment", `{"filter":"\"vip\" in customer.segments"}`)
		found("all", `{"facets":["tags"]}`)
		for _, key := range []string{"tagged", "vip"} {
			for _, query := range []string{"", before} {
				if slices.Contains(s.members(t, key, query), ids[0]) {
					out["members of "+key+query] = ids[0]
				}
			}
			if n := *s.segmentNow(t, key).Members; n != 2 {
				out["count of "+key] = fmt.Sprint(n)
			}
		}
		for _, o := range read[struct{ Items []SegmentOverlap }](t, s.call("admin", "POST", segmentsPath+"/overlap", `{"segments":["tagged","vip"]}`)).Items {
			if o.Count != 2 {
				out["overlap"] = fmt.Sprint(o.Count)
			}
		}
		if p := read[SegmentPreview](t, s.call("admin", "POST", segmentsPath+"/preview", `{"criteria":"\"both\" in customer.tags"}`)); slices.Contains(p.Sample, ids[0]) || p.Count != 2 {
			out["preview"] = fmt.Sprint(p.Count)
		}
		if body := s.call("admin", "POST", searchExportPath, `{}`).Body.String(); strings.Contains(body, ids[0]) || strings.Contains(body, "Adalbertine") {
			out["export"] = "a row"
		}
		for _, path := range []string{"/v1/customers/" + ids[0] + "/segments", segmentsPath + "/vip/members/" + ids[0]} {
			if w := s.call("admin", "GET", path, ""); w.Code == 200 {
				out[path] = w.Body.String()
			}
		}
		return out
	}
	if there := traces(); len(there) < 15 { // the control: before the erasure it is in all of them
		t.Errorf("only %v", slices.Sorted(maps.Keys(there)))
	}
	s.erase(t, ids[0])
	for round := range 2 { // at once, and after the segments were seen to
		for where, what := range traces() {
			t.Errorf("round %d: still in %s: %s", round, where, what)
		}
		s.settle(t)
	}
	if w := s.call("admin", "DELETE", segmentsPath+"/vip/members/"+ids[0], ""); w.Code >= 500 {
		t.Errorf("taken out afterwards: %d", w.Code)
	}
	if w := s.call("admin", "PUT", segmentsPath+"/vip/members/"+ids[0], ""); w.Code < 400 {
		t.Errorf("put in afterwards: %d", w.Code)
	}
	same(t, "the others", s.members(t, "vip", ""), ids[1], ids[2])
	if got := s.find(t, "admin", `{"query":"adalbertina"}`); got.Total != 1 || got.Items[0].ID != ids[2] {
		t.Errorf("the one of nearly that name: %+v", got)
	}
}
