package httpapi

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/index"
	"github.com/acme/customers/internal/reactor"
)

// settle has segments brought up to their rules.
func (s *scene) settle(t testing.TB) {
	t.Helper()
	k := reactor.Segmenter{Segments: s.model.Segments(), Roster: s.model.Roster(), Compile: s.app.Language.Compile, Record: s.app, Ready: s.model.Loaded(),
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
	if w.Code != 201 || w.Header().Get("Location") != segmentsPath+"/"+made.ID || w.Header().Get("ETag") != `"1"` || made.Key != "the-a-s" || made.Applied != 0 || made.Members != 0 ||
		made.Recalculation == nil || made.Recalculation.Version != 1 {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	same(t, "before the first version is calculated", s.members(t, made.ID, ""))
	s.settle(t)
	if now := s.segmentNow(t, "the-a-s"); now.Applied != 1 || now.Members != 2 || now.Recalculation != nil {
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
	if again := s.segment(t, "the-a-s", `"b" in customer.tags`); again.ID == made.ID || again.Members != 2 {
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
		{"an unknown field", "admin", "POST", segmentsPath, dynamic(`customer.shoeSize > 4711`), 422, "invalid", "/criteria rule_unknown_field", "line 1, column 9"},
		{"on the second line", "admin", "POST", segmentsPath, dynamic("customer.country == \"DE\" &&\n  customer.shoeSize > 4711"), 422, "invalid", "/criteria rule_unknown_field", "line 2, column 11"},
		{"an unknown segment", "admin", "POST", segmentsPath, dynamic(`"q4711" in customer.segments`), 422, "invalid", "/criteria rule_unknown_segment", "line 1, column 1"},
		{"itself, before it is", "admin", "POST", segmentsPath, dynamic(`"new" in customer.segments`), 422, "invalid", "/criteria rule_unknown_segment", ""},
		{"an unknown purpose", "admin", "POST", segmentsPath, dynamic(`customer.consents["q4711"] == "granted"`), 422, "invalid", "/criteria rule_unknown_purpose", "line 1"},
		{"no expression", "admin", "POST", segmentsPath, dynamic(`customer.country == "4711`), 422, "invalid", "/criteria rule_syntax", "line 1"},
		{"no answer", "admin", "POST", segmentsPath, dynamic(`"4711"`), 422, "invalid", "/criteria rule_not_boolean", ""},
		{"what the caller may not see", "admin", "POST", segmentsPath, dynamic(`customer.age > 47`), 422, "invalid", "/criteria rule_forbidden_field", "customer.age"},
		{"no name", "admin", "POST", segmentsPath, `{"key":"new","name":" ","type":"static"}`, 422, "invalid", "/name required", ""},
		{"a rule for one by hand", "admin", "POST", segmentsPath, `{"key":"new","name":"N","type":"static","criteria":"true"}`, 422, "invalid", "/criteria not_dynamic", ""},
		{"none for one by a rule", "admin", "POST", segmentsPath, `{"key":"new","name":"N","type":"dynamic"}`, 422, "invalid", "/criteria required", ""},
		{"of no type", "admin", "POST", segmentsPath, `{"key":"new","name":"N","type":"4711"}`, 422, "invalid", "/type", ""},
		{"a key that cannot be", "admin", "POST", segmentsPath, `{"key":"N 4711","name":"N","type":"static"}`, 422, "invalid", "/key invalid_key", ""},
		{"a rule to one by hand", "admin", "PATCH", vip, rule(`customer.status == "active"`), 422, "invalid", "/criteria not_dynamic", ""},
		{"itself", "admin", "PATCH", aPath, rule(`"a" in customer.segments`), 422, "segment_cycle", "", ""},
		{"itself through another", "admin", "PATCH", aPath, rule(`customer.country == "DE" || "b" in customer.segments`), 422, "segment_cycle", "", ""},
		{"itself through two", "admin", "PATCH", aPath, rule(`!("c" in customer.segments)`), 422, "segment_cycle", "", ""},
		{"a version that never was", "admin", "PATCH", aPath, `{"rollBackTo":2}`, 422, "invalid", "/rollBackTo unknown_version", ""},
		{"a rule and a version", "admin", "PATCH", aPath, `{"rollBackTo":1,"criteria":"customer.status == \"active\""}`, 422, "invalid", "/rollBackTo ambiguous", ""},
		{"nobody's segment", "admin", "PATCH", segmentsPath + "/nobody", `{"name":"N"}`, 404, "not_found", "", ""},
		{"to end what two others ask for", "admin", "DELETE", segmentsPath + "/b", "", 409, "segment_in_use", " used_by", "c"},
		{"to end what others ask for", "admin", "DELETE", vip, "", 409, "segment_in_use", " used_by", "a"},
		{"to try what is no rule", "admin", "POST", segmentsPath + "/preview", rule(`customer.shoeSize > 4711`), 422, "invalid", "/criteria rule_unknown_field", "line 1, column 9"},
		{"to try for nobody's segment", "admin", "POST", segmentsPath + "/preview", `{"criteria":"customer.status == \"active\"","segment":"nobody"}`, 404, "not_found", "", ""},
		{"one alone to hold against", "admin", "POST", segmentsPath + "/overlap", `{"segments":["vip"]}`, 422, "invalid", "/segments", ""},
		{"nobody's to hold against", "admin", "POST", segmentsPath + "/overlap", `{"segments":["vip","q4711"]}`, 422, "invalid", "/segments unknown_segment", ""},
		{"a member by hand where a rule says", "admin", "PUT", aPath + "/members/" + uuid.NewString(), "", 409, "segment_not_static", "", ""},
		{"many by hand where a rule says", "admin", "POST", aPath + "/members", `{"add":[]}`, 409, "segment_not_static", "", ""},
		{"what is no id", "admin", "POST", vip + "/members", `{"add":["q4711"]}`, 422, "invalid", "/add invalid_id", ""},
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
		if strings.Contains(w.Body.String(), "4711") {
			t.Errorf("%s: it repeats what was sent: %s", tc.name, w.Body)
		}
	}
	if strings.Contains(s.log.String(), "4711") {
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

func TestMembersByHand(t *testing.T) {
	s := newScene(t)
	ids := s.tagged(t, "", "", "", "")
	s.segment(t, "vip", "")
	s.segment(t, "all", `customer.status != "archived"`)
	members := segmentsPath + "/vip/members/"
	nobody := uuid.NewString()
	for _, tc := range []struct {
		method, path string
		status       int
		code         string
	}{
		{"PUT", members + ids[0], 204, ""}, {"PUT", members + ids[0], 204, ""}, {"PUT", members + ids[1], 204, ""}, {"DELETE", members + ids[1], 204, ""}, {"DELETE", members + ids[1], 204, ""},
		{"DELETE", members + ids[2], 204, ""}, {"PUT", members + nobody, 404, "not_found"}, {"DELETE", members + nobody, 404, "not_found"}, {"PUT", segmentsPath + "/nobody/members/" + ids[0], 404, "not_found"},
		{"PUT", segmentsPath + "/all/members/" + ids[0], 409, "segment_not_static"}, {"DELETE", segmentsPath + "/all/members/" + ids[0], 409, "segment_not_static"}, {"PUT", members + "q4711", 404, "not_found"},
	} {
		w := s.call("admin", tc.method, tc.path, "")
		if w.Code != tc.status || tc.code != "" && read[Problem](t, w).Code != tc.code {
			t.Errorf("%s %s: %d %s", tc.method, tc.path, w.Code, w.Body)
		}
	}
	same(t, "one by one", s.members(t, "vip", ""), ids[0])
	body := fmt.Sprintf(`{"add":["%s","%s","%s","%s"],"remove":["%s","%s"]}`, ids[1], ids[2], ids[2], nobody, ids[0], nobody)
	for range 2 { // sent again, it does the same
		w := s.call("service;scope=segments:write", "POST", segmentsPath+"/vip/members", body)
		done := read[struct {
			Changed int
			Unknown []string
		}](t, w)
		if w.Code != 200 || done.Changed != 4 || len(done.Unknown) == 0 || done.Unknown[0] != nobody {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		same(t, "many", s.members(t, "vip", ""), ids[1], ids[2])
	}
	for range 2 {
		if w := s.call("admin", "PUT", members+ids[3], "", "Idempotency-Key: k"); w.Code != 204 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
	if w := s.call("admin", "PUT", members+ids[0], "", "Idempotency-Key: k"); w.Code != 422 {
		t.Errorf("another under the key: %d %s", w.Code, w.Body)
	}
	same(t, "in the end", s.members(t, "vip", ""), ids[1], ids[2], ids[3])
}

// A page begins where the one before ended, whoever comes and leaves meanwhile:
// who is a member all the time is seen once.
func TestPagesOfMembersHoldWhileMembersChange(t *testing.T) {
	s := newScene(t)
	ids := s.tagged(t, make([]string, 40)...)
	s.segment(t, "vip", "")
	change := func(add, remove []string) {
		t.Helper()
		quoted := func(ids []string) string { return `["` + strings.Join(ids, `","`) + `"]` }
		if w := s.call("admin", "POST", segmentsPath+"/vip/members", `{"add":`+quoted(add)+`,"remove":`+quoted(remove)+`}`); w.Code != 200 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	var steady, first, second []string
	for i, id := range ids {
		switch i % 4 {
		case 0, 1:
			steady = append(steady, id)
		case 2:
			first = append(first, id)
		default:
			second = append(second, id)
		}
	}
	change(append(slices.Clone(steady), first...), []string{ids[3]})
	seen := map[string]int{}
	cursor := ""
	for turn := 0; ; turn++ {
		page := read[memberPage](t, s.call("admin", "GET", segmentsPath+"/vip/members?limit=3&cursor="+cursor, ""))
		for _, id := range page.Items {
			seen[id]++
		}
		if cursor = page.Next; cursor == "" {
			break
		}
		if w := s.call("admin", "GET", segmentsPath+"/other/members?cursor="+cursor, ""); w.Code != 400 && w.Code != 404 {
			t.Errorf("the cursor of another segment: %d", w.Code)
		}
		if turn%2 == 0 {
			change(second, first)
		} else {
			change(first, second)
		}
	}
	for _, id := range steady {
		if seen[id] != 1 {
			t.Errorf("a member all the time is seen %d times", seen[id])
		}
	}
	for id, n := range seen {
		if n > 1 {
			t.Errorf("%s is seen %d times", id, n)
		}
	}
}

func TestTryingARuleChangesNothing(t *testing.T) {
	s := newScene(t)
	ids := s.tagged(t, "a", "a b", "b", "")
	s.segment(t, "a", `"a" in customer.tags`)
	head, err := s.store.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := read[SegmentPreview](t, s.call("admin", "POST", segmentsPath+"/preview", `{"criteria":"\"b\" in customer.tags"}`))
	if d := cmp.Diff(SegmentPreview{Count: 2, Sample: []string{ids[1], ids[2]}}, got); d != "" {
		t.Error(d)
	}
	got = read[SegmentPreview](t, s.call("compliance", "POST", segmentsPath+"/preview", `{"criteria":"\"b\" in customer.tags","segment":"a"}`))
	if d := cmp.Diff(SegmentPreview{Count: 2, Sample: []string{ids[1], ids[2]}, Change: &SegmentDelta{1, 1, []string{ids[2]}, []string{ids[0]}}}, got); d != "" {
		t.Error(d)
	}
	s.settle(t)
	if after, err := s.store.Head(t.Context()); err != nil || after != head {
		t.Errorf("something was recorded: %d, %d, %v", head, after, err)
	}
	same(t, "afterwards", s.members(t, "a", ""), ids[0], ids[1])
	for _, who := range []string{"marketing", "support", "service;scope=segments:read"} {
		if w := s.call(who, "POST", segmentsPath+"/preview", `{"criteria":"\"b\" in customer.tags"}`); w.Code != 403 {
			t.Errorf("%s tries: %d", who, w.Code)
		}
	}
	if w := s.call("admin", "GET", "/v1/customers/"+ids[2]+"/access-log", ""); !strings.Contains(w.Body.String(), "previewSegment") {
		t.Errorf("who was shown is not on record: %s", w.Body)
	}
}

// Why somebody is a member is told with the values that the caller may see; what
// depends on another is withheld, too.
func TestWhyACustomerIsAMember(t *testing.T) {
	s := newScene(t)
	id := s.register(t, `{"email":"ada@example.test","tags":["vip"],"profile":{"dateOfBirth":"1980-02-03"}}`).ID
	s.segment(t, "grown", `"vip" in customer.tags && customer.age >= 18`)
	path := segmentsPath + "/grown/members/" + id
	told := func(who string) (m SegmentMember, parts []string) {
		t.Helper()
		w := s.call(who, "GET", path, "")
		if w.Code != 200 {
			t.Fatalf("%s: %d %s", who, w.Code, w.Body)
		}
		m = read[SegmentMember](t, w)
		for _, p := range m.Explained {
			line := fmt.Sprint(p.Depth, " ", p.Outcome)
			for _, v := range p.Values {
				line += fmt.Sprint(" ", v.Path, "=", v.Value)
				if v.Withheld {
					line += " withheld"
				}
			}
			parts = append(parts, line)
		}
		return m, parts
	}
	age := s.clock.Now().Year() - 1980
	if s.clock.Now().Before(time.Date(s.clock.Now().Year(), 2, 3, 0, 0, 0, 0, time.UTC)) {
		age--
	}
	hidden := []string{"0 withheld", "1 true customer.tags=[vip]", "1 withheld customer.age=<nil> withheld"}
	for who, want := range map[string][]string{
		"support": hidden, "admin": hidden, "support;scope=customers:date-of-birth": hidden,
		"admin;scope=customers:date-of-birth": {"0 true", "1 true customer.tags=[vip]", fmt.Sprintf("1 true customer.age=%d", age)},
	} {
		m, parts := told(who)
		if d := cmp.Diff(want, parts); d != "" {
			t.Errorf("%s: %s", who, d)
		}
		if !m.Member || m.By != "rule" || m.Version != 1 || m.Since.IsZero() || m.Segment != "grown" || m.Criteria == "" {
			t.Errorf("%s: %+v", who, m)
		}
		if body := s.call(who, "GET", path, "").Body.String(); strings.Contains(who, "support") && (strings.Contains(body, "1980") || strings.Contains(body, fmt.Sprintf(`"value":%d`, age))) {
			t.Errorf("%s is shown the age: %s", who, body)
		}
	}
	if w := s.call("support", "GET", segmentsPath+"/grown/members/"+uuid.NewString(), ""); w.Code != 404 {
		t.Errorf("of nobody: %d", w.Code)
	}
	if w := s.call("admin", "GET", "/v1/customers/"+id+"/access-log", ""); !strings.Contains(w.Body.String(), "getSegmentMember") {
		t.Errorf("not on record: %s", w.Body)
	}
	s.call("admin", "PATCH", "/v1/customers/"+id, `{"tags":[]}`)
	s.settle(t)
	m, parts := told("support")
	if m.Member || m.Since.IsZero() || parts[1] != "1 false customer.tags=<nil>" && parts[1] != "1 false customer.tags=[]" {
		t.Errorf("%+v %v", m, parts)
	}
}

// instant is one that is later than all that was recorded, and earlier than all
// that will be.
func instant() time.Time {
	at := time.Now().UTC().Truncate(time.Microsecond).Add(time.Microsecond)
	for time.Now().Before(at.Add(2 * time.Microsecond)) {
	}
	return at
}

// Who was a member at an instant is what readers saw then: between joining and
// leaving, and by the version of the rule that was applied.
func TestMembersAsOfAnInstant(t *testing.T) {
	s := newScene(t)
	ids := s.tagged(t, "a", "b", "a b", "")
	type seen struct {
		at time.Time
		by map[string][]string // members, by segment
	}
	var all []seen
	keys := []string{"hand", "rule", "late"}
	note := func() {
		t.Helper()
		now := seen{at: instant(), by: map[string][]string{}}
		for _, key := range keys {
			if s.call("admin", "GET", segmentsPath+"/"+key, "").Code == 200 {
				now.by[key] = s.members(t, key, "")
			}
		}
		all = append(all, now)
	}
	put := func(method, key, id string) {
		t.Helper()
		if w := s.call("admin", method, segmentsPath+"/"+key+"/members/"+id, ""); w.Code != 204 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	patch := func(key, rule string) {
		t.Helper()
		if w := s.call("admin", "PATCH", segmentsPath+"/"+key, fmt.Sprintf(`{"criteria":%q}`, rule)); w.Code != 200 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	note()
	s.segment(t, "hand", "")
	s.segment(t, "rule", `"a" in customer.tags`)
	note()
	put("PUT", "hand", ids[0])
	put("PUT", "hand", ids[3])
	note()
	patch("rule", `"b" in customer.tags`)
	note() // being calculated: still the first
	s.settle(t)
	note()
	put("DELETE", "hand", ids[0])
	s.call("admin", "PATCH", "/v1/customers/"+ids[3], `{"tags":["b"]}`)
	s.settle(t)
	note()
	put("PUT", "hand", ids[0])
	patch("rule", `"a" in customer.tags || "b" in customer.tags`)
	s.settle(t)
	s.segment(t, "late", `"hand" in customer.segments`)
	note()
	patch("rule", `customer.status == "archived"`)
	s.settle(t)
	note()
	if n := len(all[len(all)-1].by["rule"]) + len(all[6].by["late"]); n != 2 {
		t.Fatalf("the story is another: %+v", all)
	}
	for i, then := range all {
		at := "asOf=" + then.at.Format(time.RFC3339Nano)
		for _, key := range keys {
			same(t, fmt.Sprint("moment ", i, ", ", key), s.members(t, key, "&"+at), then.by[key]...)
		}
		for n, id := range ids {
			var want []string
			for key, members := range then.by {
				if slices.Contains(members, id) {
					want = append(want, key)
				}
			}
			same(t, fmt.Sprint("moment ", i, ", customer ", n), s.segmentsOf(t, "support", id, "?"+at), want...)
		}
	}
	for i := 1; i < len(all); i++ { // the control: the moments differ, so that another's answer is noticed
		if i != 3 && cmp.Equal(all[i].by, all[i-1].by) {
			t.Errorf("moments %d and %d are the same", i-1, i)
		}
	}
}

// What counts say of combinations is what counting one by one gives.
func TestOverlapsAreWhatCountingGives(t *testing.T) {
	s := newScene(t)
	tags := []string{"", "a", "b", "c", "a b", "a b", "b c", "a c", "a b c", "", "a b c", "a b c"}
	s.tagged(t, tags...)
	for _, key := range []string{"a", "b", "c"} {
		s.segment(t, "s"+key, fmt.Sprintf("%q in customer.tags", key))
	}
	want := map[string]int64{}
	for _, tag := range tags {
		if tag != "" {
			want["s"+strings.Join(strings.Fields(tag), " s")]++
		}
	}
	ask := func(who string, segments ...string) map[string]int64 {
		got := map[string]int64{}
		w := s.call(who, "POST", segmentsPath+"/overlap", `{"segments":["`+strings.Join(segments, `","`)+`"]}`)
		for _, o := range read[struct{ Items []SegmentOverlap }](t, w).Items {
			got[strings.Join(o.Segments, " ")] = o.Count
		}
		return got
	}
	if d := cmp.Diff(want, ask("marketing", "sa", "sb", "sc")); d != "" {
		t.Error(d)
	}
	pair := map[string]int64{}
	for combination, n := range want {
		if kept := strings.Join(slices.DeleteFunc(strings.Fields(combination), func(k string) bool { return k == "sb" }), " "); kept != "" {
			pair[kept] += n
		}
	}
	if d := cmp.Diff(pair, ask("marketing", "sa", "sc")); d != "" {
		t.Error(d)
	}
}

// Marketing sees segments, ids and counts, and nothing else of anybody; a
// customer its own segments, and nobody else's.
func TestWhoSeesWhatOfSegments(t *testing.T) {
	s := newScene(t)
	ada := s.register(t, `{"name":{"given":"Adalbertine","family":"Zweistein"},"email":"ada@quixotic.test","phone":"+41446681800","tags":["quixotag"],"externalIds":{"crm":"X-7391"},
		"profile":{"dateOfBirth":"1984-12-09","gender":"quixogender","attributes":{"plan":"quixoplan"}}}`).ID
	bert := s.register(t, `{"name":{"given":"Bertolt"},"email":"bert@quixotic.test","tags":["quixotag"]}`).ID
	s.segment(t, "tagged", `size(customer.tags) > 0`)
	s.segment(t, "vip", "")
	s.call("admin", "PUT", segmentsPath+"/vip/members/"+ada, "")
	s.settle(t)
	secrets := []string{"Adalbertine", "Zweistein", "quixo", "Bertolt", "4466", "X-7391", "1984"}
	shown := map[string]bool{}
	for path, status := range map[string]int{
		segmentsPath: 200, segmentsPath + "/tagged": 200, segmentsPath + "/tagged/members": 200, segmentsPath + "/tagged/members?asOf=2100-01-01T00:00:00Z": 200, segmentsPath + "/vip/history": 200,
		segmentsPath + "/tagged/versions": 200, "/v1/customers/" + ada + "/segments": 200,
		segmentsPath + "/tagged/members/" + ada: 403, "/v1/customers/" + ada: 403, "/v1/customers/" + ada + "/timeline": 403, "/v1/customers/" + ada + "/consents": 403, "/v1/customers/" + ada + "/access-log": 403,
	} {
		w := s.call("marketing", "GET", path, "")
		if w.Code != status {
			t.Errorf("marketing, %s: %d %s", path, w.Code, w.Body)
		}
		for _, secret := range secrets {
			if strings.Contains(w.Body.String(), secret) {
				t.Errorf("marketing sees %s at %s: %s", secret, path, w.Body)
			}
		}
		shown[path] = strings.Contains(w.Body.String(), ada)
	}
	if !shown[segmentsPath+"/tagged/members"] {
		t.Error("marketing does not see the ids")
	}
	for _, try := range []struct{ method, path, body string }{
		{"POST", segmentsPath, `{"key":"new","name":"N","type":"static"}`}, {"PATCH", segmentsPath + "/vip", `{"name":"x"}`}, {"DELETE", segmentsPath + "/vip", ""}, {"POST", segmentsPath + "/preview", `{"criteria":"customer.email.present"}`},
		{"POST", segmentsPath + "/vip/members", `{"add":["` + bert + `"]}`}, {"PUT", segmentsPath + "/vip/members/" + bert, ""}, {"DELETE", segmentsPath + "/vip/members/" + ada, ""},
		{"POST", searchPath, `{"query":"ada"}`}, {"POST", searchExportPath, `{}`},
	} {
		if w := s.call("marketing", try.method, try.path, try.body); w.Code != 403 || strings.Contains(w.Body.String(), ada) {
			t.Errorf("marketing, %s %s: %d %s", try.method, try.path, w.Code, w.Body)
		}
	}
	if got := s.segmentsOf(t, "customer;customer="+ada, ada, ""); !slices.Equal(got, []string{"tagged", "vip"}) {
		t.Errorf("a customer sees of itself %v", got)
	}
	other := s.call("customer;customer="+ada, "GET", "/v1/customers/"+bert+"/segments", "")
	nobody := s.call("customer;customer="+ada, "GET", "/v1/customers/"+uuid.NewString()+"/segments", "")
	if other.Code != 404 || read[Problem](t, other).Code != read[Problem](t, nobody).Code || other.Code != nobody.Code {
		t.Errorf("of another: %d %s, of nobody: %d %s", other.Code, other.Body, nobody.Code, nobody.Body)
	}
	for _, path := range []string{segmentsPath, segmentsPath + "/vip", segmentsPath + "/vip/members", segmentsPath + "/vip/members/" + ada, segmentsPath + "/vip/history", segmentsPath + "/vip/versions"} {
		if w := s.call("customer;customer="+ada, "GET", path, ""); w.Code != 403 && w.Code != 404 || strings.Contains(w.Body.String(), ada) {
			t.Errorf("a customer, %s: %d %s", path, w.Code, w.Body)
		}
	}
	if got := s.segmentsOf(t, "support", bert, ""); !slices.Equal(got, []string{"tagged"}) { // the control
		t.Errorf("%v", got)
	}
}

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
			if n := s.segmentNow(t, key).Members; n != 2 {
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
