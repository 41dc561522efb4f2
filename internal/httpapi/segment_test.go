package httpapi

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/index"
	"github.com/acme/customers/internal/reactor"
)

// settle has segments brought up to their rules.
func (s *scene) settle(t testing.TB) {
	t.Helper()
	k := reactor.Segmenter{Segments: s.model.Segments(), Roster: s.model.Roster, Compile: s.app.Language.Compile, Record: s.app, Ready: s.model.Loaded(),
		CaughtUp: func(ctx context.Context) error { return s.model.WaitHead(ctx, index.Freshness{}) },
		Mine:     func(context.Context) (bool, error) { return true, nil }, Clock: s.clock.Now, Log: slog.New(slog.DiscardHandler)}
	<-k.Ready
	defer s.model.Roster().Unwatch()
	for {
		before, err := s.store.Head(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		more, err := k.Round(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if after, err := s.store.Head(t.Context()); err == nil && !more && before == after {
			return
		}
	}
}

// segment makes one and has it calculated; without criteria it is static.
func (s *scene) segment(t testing.TB, key, criteria string) Segment {
	t.Helper()
	kind := "static"
	if criteria != "" {
		kind = "dynamic"
	}
	w := s.call("admin;scope=customers:date-of-birth", "POST", segmentsPath, fmt.Sprintf(`{"key":%q,"name":"The %s","type":%q,"criteria":%q}`, key, key, kind, criteria))
	if w.Code != http.StatusCreated {
		t.Fatalf("%s: %d %s", key, w.Code, w.Body)
	}
	s.settle(t)
	return s.segmentNow(t, key)
}

func (s *scene) segmentNow(t testing.TB, ref string) Segment {
	t.Helper()
	return read[Segment](t, s.call("admin", "GET", segmentsPath+"/"+ref, ""))
}

type memberPage struct {
	Total *int64
	Items []string
	Next  string
}

// members are a segment's, read page by page, sorted.
func (s *scene) members(t testing.TB, ref, query string) (ids []string) {
	t.Helper()
	for cursor := ""; ; {
		w := s.call("admin", "GET", segmentsPath+"/"+ref+"/members?limit=3"+query+"&cursor="+cursor, "")
		if w.Code != http.StatusOK {
			t.Fatalf("%s: %d %s", ref, w.Code, w.Body)
		}
		page := read[memberPage](t, w)
		ids = append(ids, page.Items...)
		if cursor = page.Next; cursor == "" {
			slices.Sort(ids)
			return ids
		}
	}
}

// tagged registers people with tags.
func (s *scene) tagged(t testing.TB, tags ...string) (ids []string) {
	t.Helper()
	for i, tag := range tags {
		list := "[]"
		if tag != "" {
			list = `["` + strings.Join(strings.Fields(tag), `","`) + `"]`
		}
		ids = append(ids, s.register(t, fmt.Sprintf(`{"email":"%s%d@example.test","tags":%s}`, uuid.NewString()[:8], i, list)).ID)
	}
	return ids
}

func sorted(ids ...string) []string { return slices.Sorted(slices.Values(ids)) }

// same compares members with who should be.
func same(t testing.TB, what string, got []string, want ...string) {
	t.Helper()
	if d := cmp.Diff(sorted(want...), sorted(got...)); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

// A dynamic segment goes through its life: made, changed, rolled back, ended;
// what its readers see is one version or the next.
func TestTheLifeOfASegment(t *testing.T) {
	s := newScene(t)
	ids := s.tagged(t, "a", "a b", "b", "")
	w := s.call("admin", "POST", segmentsPath, `{"name":"The A's!","description":"x","type":"dynamic","criteria":"\"a\" in customer.tags"}`)
	made := read[Segment](t, w)
	if w.Code != 201 || w.Header().Get("Location") != segmentsPath+"/"+made.ID || w.Header().Get("ETag") != `"1"` || made.Key != "the-a-s" || made.Applied != 0 || *made.Members != 0 ||
		made.Recalculation == nil || made.Recalculation.Version != 1 {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	same(t, "before the first version is calculated", s.members(t, made.ID, ""))
	s.settle(t)
	if now := s.segmentNow(t, "the-a-s"); now.Applied != 1 || *now.Members != 2 || now.Recalculation != nil {
		t.Errorf("%+v", now)
	}
	same(t, "by the first version", s.members(t, "the-a-s", ""), ids[0], ids[1])

	path := segmentsPath + "/the-a-s"
	if w := s.call("admin", "PATCH", path, `{"criteria":"\"b\" in customer.tags"}`); w.Code != 200 || read[Segment](t, w).Version != 2 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	same(t, "while the second is calculated", s.members(t, "the-a-s", ""), ids[0], ids[1])
	if w := s.call("admin", "PATCH", path, `{"criteria":"customer.type == \"business\""}`); w.Code != 409 || read[Problem](t, w).Code != "segment_calculating" {
		t.Errorf("a third meanwhile: %d %s", w.Code, w.Body)
	}
	if w := s.call("admin", "PATCH", path, `{"name":"B"}`); w.Code != 200 || read[Segment](t, w).Name != "B" {
		t.Errorf("another name meanwhile: %d %s", w.Code, w.Body)
	}
	s.settle(t)
	same(t, "by the second version", s.members(t, "the-a-s", ""), ids[1], ids[2])
	if w := s.call("admin", "PATCH", path, `{"rollBackTo":1}`); w.Code != 200 || read[Segment](t, w).Version != 3 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	s.settle(t)
	same(t, "rolled back", s.members(t, "the-a-s", ""), ids[0], ids[1])
	var versions []string
	for _, v := range read[struct{ Items []SegmentVersion }](t, s.call("admin", "GET", path+"/versions", "")).Items {
		versions = append(versions, fmt.Sprint(v.Version, " ", v.Criteria, " ", v.RolledBackTo, " ", !v.AppliedAt.IsZero()))
	}
	want := []string{`1 "a" in customer.tags 0 true`, `2 "b" in customer.tags 0 true`, `3 "a" in customer.tags 1 true`}
	if d := cmp.Diff(want, versions); d != "" {
		t.Error(d)
	}
	history := read[struct {
		Members int64
		Items   []SegmentSize
	}](t, s.call("admin", "GET", path+"/history", ""))
	if len(history.Items) != 3 || history.Members != 2 || history.Items[0].Entered != 2 || history.Items[2].Entered != 1 || history.Items[2].Left != 1 || history.Items[2].Churn != 0.5 || history.Items[2].Growth != 0 {
		t.Errorf("%+v", history)
	}

	if w := s.call("admin", "DELETE", path, "", `If-Match: "1"`); w.Code != 412 {
		t.Errorf("of an old version: %d", w.Code)
	}
	if w := s.call("admin", "DELETE", path, "", "If-Match: "+s.call("admin", "GET", path, "").Header().Get("ETag")); w.Code != 204 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	for _, ref := range []string{made.ID, "the-a-s"} {
		for method, target := range map[string]string{"GET": "", "PATCH": "", "DELETE": ""} {
			body := ""
			if method == "PATCH" {
				body = `{"name":"x"}`
			}
			if w := s.call("admin", method, segmentsPath+"/"+ref+target, body); w.Code != 404 {
				t.Errorf("%s of what is gone: %d", method, w.Code)
			}
		}
	}
	if got := s.segmentsOf(t, "admin", ids[0], ""); len(got) != 0 {
		t.Errorf("still in %v", got)
	}
	s.settle(t)
	if again := s.segment(t, "the-a-s", `"b" in customer.tags`); again.ID == made.ID || *again.Members != 2 {
		t.Errorf("the key again: %+v", again)
	}
}

// segmentsOf are the keys of the segments of a customer.
func (s *scene) segmentsOf(t testing.TB, who, id, query string) (keys []string) {
	t.Helper()
	w := s.call(who, "GET", "/v1/customers/"+id+"/segments"+query, "")
	if w.Code != 200 {
		t.Fatalf("%s: %d %s", who, w.Code, w.Body)
	}
	for _, c := range read[struct{ Items []CustomerSegment }](t, w).Items {
		keys = append(keys, c.Key)
	}
	return keys
}

// What is refused says what is wrong and where, and repeats nothing of it.
func TestSegmentsAreRefused(t *testing.T) {
	s := newScene(t)
	s.segment(t, "vip", "")
	s.segment(t, "a", `"vip" in customer.segments`)
	s.segment(t, "b", `"a" in customer.segments`)
	s.segment(t, "c", `!("b" in customer.segments) || customer.status == "active"`)
	dynamic := func(criteria string) string {
		return fmt.Sprintf(`{"key":"new","name":"N","type":"dynamic","criteria":%q}`, criteria)
	}
	rule := func(criteria string) string { return fmt.Sprintf(`{"criteria":%q}`, criteria) }
	vip, aPath := segmentsPath+"/vip", segmentsPath+"/a"
	for _, tc := range []struct {
		name, who, method, path, body string
		status                        int
		code, at, says                string // of the problem, of its first field, and in its message
	}{
		{"a key that is taken", "admin", "POST", segmentsPath, `{"key":"vip","name":"N","type":"static"}`, 409, "segment_key_taken", "", ""},
		{"an unknown field", "admin", "POST", segmentsPath, dynamic(`customer.shoeSize > 47114711`), 422, "invalid", "/criteria rule_unknown_field", "line 1, column 9"},
		{"on the second line", "admin", "POST", segmentsPath, dynamic("customer.country == \"DE\" &&\n  customer.shoeSize > 47114711"), 422, "invalid", "/criteria rule_unknown_field", "line 2, column 11"},
		{"an unknown segment", "admin", "POST", segmentsPath, dynamic(`"q47114711" in customer.segments`), 422, "invalid", "/criteria rule_unknown_segment", "line 1, column 1"},
		{"itself, before it is", "admin", "POST", segmentsPath, dynamic(`"new" in customer.segments`), 422, "invalid", "/criteria rule_unknown_segment", ""},
		{"an unknown purpose", "admin", "POST", segmentsPath, dynamic(`customer.consents["q47114711"] == "granted"`), 422, "invalid", "/criteria rule_unknown_purpose", "line 1"},
		{"no expression", "admin", "POST", segmentsPath, dynamic(`customer.country == "47114711`), 422, "invalid", "/criteria rule_syntax", "line 1"},
		{"no answer", "admin", "POST", segmentsPath, dynamic(`"47114711"`), 422, "invalid", "/criteria rule_not_boolean", ""},
		{"what the caller may not see", "admin", "POST", segmentsPath, dynamic(`customer.age > 47`), 422, "invalid", "/criteria rule_forbidden_field", "customer.age"},
		{"no name", "admin", "POST", segmentsPath, `{"key":"new","name":" ","type":"static"}`, 422, "invalid", "/name required", ""},
		{"a rule for one by hand", "admin", "POST", segmentsPath, `{"key":"new","name":"N","type":"static","criteria":"true"}`, 422, "invalid", "/criteria not_dynamic", ""},
		{"none for one by a rule", "admin", "POST", segmentsPath, `{"key":"new","name":"N","type":"dynamic"}`, 422, "invalid", "/criteria required", ""},
		{"of no type", "admin", "POST", segmentsPath, `{"key":"new","name":"N","type":"47114711"}`, 422, "invalid", "/type", ""},
		{"a key that cannot be", "admin", "POST", segmentsPath, `{"key":"N 47114711","name":"N","type":"static"}`, 422, "invalid", "/key invalid_key", ""},
		{"a rule to one by hand", "admin", "PATCH", vip, rule(`customer.status == "active"`), 422, "invalid", "/criteria not_dynamic", ""},
		{"itself", "admin", "PATCH", aPath, rule(`"a" in customer.segments`), 422, "segment_cycle", "", ""},
		{"itself through another", "admin", "PATCH", aPath, rule(`customer.country == "DE" || "b" in customer.segments`), 422, "segment_cycle", "", ""},
		{"itself through two", "admin", "PATCH", aPath, rule(`!("c" in customer.segments)`), 422, "segment_cycle", "", ""},
		{"a version that never was", "admin", "PATCH", aPath, `{"rollBackTo":2}`, 422, "invalid", "/rollBackTo unknown_version", ""},
		{"a rule and a version", "admin", "PATCH", aPath, `{"rollBackTo":1,"criteria":"customer.status == \"active\""}`, 422, "invalid", "/rollBackTo ambiguous", ""},
		{"nobody's segment", "admin", "PATCH", segmentsPath + "/nobody", `{"name":"N"}`, 404, "not_found", "", ""},
		{"to end what two others ask for", "admin", "DELETE", segmentsPath + "/b", "", 409, "segment_in_use", " used_by", "c"},
		{"to end what others ask for", "admin", "DELETE", vip, "", 409, "segment_in_use", " used_by", "a"},
		{"to try what is no rule", "admin", "POST", segmentsPath + "/preview", rule(`customer.shoeSize > 47114711`), 422, "invalid", "/criteria rule_unknown_field", "line 1, column 9"},
		{"to try for nobody's segment", "admin", "POST", segmentsPath + "/preview", `{"criteria":"customer.status == \"active\"","segment":"nobody"}`, 404, "not_found", "", ""},
		{"one alone to hold against", "admin", "POST", segmentsPath + "/overlap", `{"segments":["vip"]}`, 422, "invalid", "/segments", ""},
		{"too many to hold against", "admin", "POST", segmentsPath + "/overlap", `{"segments":["vip"` + strings.Repeat(`,"vip"`, 64) + `]}`, 422, "invalid", "/segments", ""},
		{"nobody's to hold against", "admin", "POST", segmentsPath + "/overlap", `{"segments":["vip","q47114711"]}`, 422, "invalid", "/segments unknown_segment", ""},
		{"a member by hand where a rule says", "admin", "PUT", aPath + "/members/" + uuid.NewString(), "", 409, "segment_not_static", "", ""},
		{"many by hand where a rule says", "admin", "POST", aPath + "/members", `{"add":[]}`, 409, "segment_not_static", "", ""},
		{"what is no id", "admin", "POST", vip + "/members", `{"add":["q47114711"]}`, 422, "invalid", "/add invalid_id", ""},
	} {
		w := s.call(tc.who, tc.method, tc.path, tc.body)
		p := read[Problem](t, w)
		at, says := "", ""
		if len(p.Errors) > 0 {
			at, says = p.Errors[0].Pointer+" "+p.Errors[0].Code, p.Errors[0].Detail
		}
		if w.Code != tc.status || p.Code != tc.code || !strings.HasPrefix(at, tc.at) || tc.at == "" && at != "" && tc.status != 404 || !strings.Contains(says, tc.says) {
			t.Errorf("%s: %d %s", tc.name, w.Code, w.Body)
		}
		if strings.Contains(w.Body.String(), "47114711") {
			t.Errorf("%s: it repeats what was sent: %s", tc.name, w.Body)
		}
	}
	if strings.Contains(s.log.String(), "47114711") {
		t.Error("the log repeats what was sent")
	}
	all := read[struct{ Items []Segment }](t, s.call("admin", "GET", segmentsPath, "")).Items
	keys := make([]string, len(all))
	for i, one := range all {
		keys[i] = one.Key
		if one.Version != 1 {
			t.Errorf("%s is at version %d", one.Key, one.Version)
		}
	}
	same(t, "what is there afterwards", keys, "a", "b", "c", "vip")
	for _, key := range []string{"c", "b", "a", "vip"} { // the control: from the other end they all go
		if w := s.call("admin", "DELETE", segmentsPath+"/"+key, ""); w.Code != 204 {
			t.Errorf("%s: %d %s", key, w.Code, w.Body)
		}
	}
}

// A change of a segment that is sent again under its key has been done, whatever
// became of the segment since.
func TestAChangeOfASegmentIsMadeOnce(t *testing.T) {
	s := newScene(t)
	made := `{"key":"a","name":"A","type":"dynamic","criteria":"customer.status == \"active\""}`
	first := s.call("admin", "POST", segmentsPath, made, "Idempotency-Key: make")
	path := first.Header().Get("Location")
	again := func(when string, status int, etag string, send func() (int, string)) {
		t.Helper()
		if code, got := send(); code != status || got != etag {
			t.Errorf("%s: %d, version %s", when, code, got)
		}
	}
	post := func(body, key string) func() (int, string) {
		return func() (int, string) {
			w := s.call("admin", "POST", segmentsPath, body, "Idempotency-Key: "+key)
			if w.Code == 201 && w.Header().Get("Location") != path {
				t.Errorf("it is another: %s", w.Header().Get("Location"))
			}
			return w.Code, w.Header().Get("ETag")
		}
	}
	again("made again", 201, `"1"`, post(made, "make"))
	again("made under another key", 409, "", post(made, "other"))
	again("another under the key", 422, "", post(strings.Replace(made, `"a"`, `"b"`, 1), "make"))
	s.settle(t)
	again("made again once it is calculated", 201, `"1"`, post(made, "make"))

	patch := func(body, key string, headers ...string) func() (int, string) {
		return func() (int, string) {
			w := s.call("admin", "PATCH", path, body, append(headers, "Idempotency-Key: "+key)...)
			return w.Code, w.Header().Get("ETag")
		}
	}
	etag := s.call("admin", "GET", path, "").Header().Get("ETag")
	second := `{"criteria":"customer.status == \"inactive\""}`
	again("of a version that is over", 412, "", patch(second, "early", `If-Match: "1"`))
	again("changed", 200, `"3"`, patch(second, "change", "If-Match: "+etag))
	again("changed again", 200, `"3"`, patch(second, "change", "If-Match: "+etag))
	again("another change under the key", 422, "", patch(`{"name":"B"}`, "change"))
	s.settle(t)
	again("changed again once it is calculated", 200, `"3"`, patch(second, "change", "If-Match: "+etag))
	back := `{"rollBackTo":1}`
	again("rolled back", 200, `"5"`, patch(back, "back"))
	again("changed again while another is calculated", 200, `"3"`, patch(second, "change", "If-Match: "+etag))
	again("rolled back again", 200, `"5"`, patch(back, "back"))
	s.settle(t)
	if now := s.segmentNow(t, "a"); now.Version != 3 || now.Criteria != `customer.status == "active"` {
		t.Errorf("%+v", now)
	}

	remove := func(key string) func() (int, string) {
		return func() (int, string) {
			w := s.call("admin", "DELETE", path, "", "Idempotency-Key: "+key)
			return w.Code, ""
		}
	}
	again("ended", 204, "", remove("end"))
	again("ended again", 204, "", remove("end"))
	again("ended under another key", 404, "", remove("else"))
	again("changed again when it is gone", 200, `"3"`, patch(second, "change", "If-Match: "+etag))
	s.segment(t, "a", `customer.status == "archived"`) // another of the same key
	again("made again when another is there", 201, `"1"`, post(made, "make"))
	if all := read[struct{ Items []Segment }](t, s.call("admin", "GET", segmentsPath, "")).Items; len(all) != 1 || all[0].Criteria != `customer.status == "archived"` {
		t.Errorf("%+v", all)
	}
}

// A change that is refused changes nothing, and no rule is ever empty.
func TestARefusedChangeOfASegmentChangesNothing(t *testing.T) {
	s := newScene(t)
	s.call("admin", "POST", segmentsPath, `{"name":"By hand","key":"hand","type":"static"}`)
	s.call("admin", "POST", segmentsPath, `{"name":"By rule","key":"rule","type":"dynamic","criteria":"customer.status == \"active\""}`)
	for _, c := range []struct {
		key, body string
		status    int
	}{
		{"hand", `{"name":"Changed","criteria":"true"}`, 422}, {"rule", `{"name":"Changed","rollBackTo":7}`, 422}, {"rule", `{"name":"Changed","criteria":""}`, 422},
		{"rule", `{"name":"Changed","rollBackTo":0}`, 422}, {"rule", `{"name":"Changed","criteria":"customer.status == \"pending\""}`, 409},
	} {
		w := s.call("admin", "PATCH", segmentsPath+"/"+c.key, c.body, "Content-Type: "+mediaPatch)
		got := read[Segment](t, s.call("admin", "GET", segmentsPath+"/"+c.key, ""))
		if w.Code != c.status || got.Name == "Changed" || got.Version != 1 {
			t.Errorf("%s: %d %s, %+v", c.body, w.Code, w.Body, got)
		}
	}
	for _, body := range []string{`{"addFound":{}}`, `{"removeFound":{}}`} {
		if w := s.call("admin", "POST", segmentsPath+"/hand/members", body); w.Code != 422 {
			t.Errorf("%s: %d", body, w.Code)
		}
	}
	if w := s.call("admin", "POST", segmentsPath, `{"name":"An id","key":"0123456789abcdef0123456789abcdef","type":"static"}`); w.Code != 422 {
		t.Errorf("an id as a key: %d", w.Code)
	}
}
