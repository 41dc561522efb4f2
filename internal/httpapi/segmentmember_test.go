package httpapi

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/rule"
)

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

// Why somebody is a member is told with the values that the caller may see, and
// not at all to whom that would tell an age.
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
	const may = "admin;scope=customers:date-of-birth"
	for _, who := range []string{"support", "admin", "support;scope=customers:date-of-birth"} {
		w, none := s.call(who, "GET", path, ""), s.call(who, "GET", segmentsPath+"/none/members/"+id, "")
		if w.Code != 404 || none.Code != 404 || read[Problem](t, w).Code != read[Problem](t, none).Code {
			t.Errorf("%s: %d %s, and of no segment %d %s", who, w.Code, w.Body, none.Code, none.Body)
		}
	}
	whole := []string{"0 true", "1 true customer.tags=[vip]", fmt.Sprintf("1 true customer.age=%d", age)}
	for who, want := range map[string][]string{may: whole, "compliance": whole} {
		m, parts := told(who)
		if d := cmp.Diff(want, parts); d != "" {
			t.Errorf("%s: %s", who, d)
		}
		if !m.Member || m.By != "rule" || m.Version != 1 || m.Since.IsZero() || m.Segment != "grown" || m.Criteria == "" {
			t.Errorf("%s: %+v", who, m)
		}
	}
	if w := s.call(may, "GET", segmentsPath+"/grown/members/"+uuid.NewString(), ""); w.Code != 404 {
		t.Errorf("of nobody: %d", w.Code)
	}
	if w := s.call("admin", "GET", "/v1/customers/"+id+"/access-log", ""); !strings.Contains(w.Body.String(), "getSegmentMember") {
		t.Errorf("not on record: %s", w.Body)
	}
	s.call("admin", "PATCH", "/v1/customers/"+id, `{"tags":[]}`)
	s.settle(t)
	m, parts := told(may)
	if m.Member || m.Since.IsZero() || parts[1] != "1 false customer.tags=<nil>" && parts[1] != "1 false customer.tags=[]" {
		t.Errorf("%+v %v", m, parts)
	}
}

// What a policy withholds of a rule is said to be withheld, and has no value.
func TestWithheldPartsOfARuleHaveNoValue(t *testing.T) {
	got := flat(nil, &rule.Part{Source: "a && b", Outcome: rule.Withheld, Parts: []rule.Part{
		{Source: "a", Outcome: rule.True, Values: []rule.Value{{Path: "customer.tags", Value: []string{"vip"}}}},
		{Source: "b", Outcome: rule.Withheld, Values: []rule.Value{{Path: "customer.orders.count", Withheld: true}}}}}, 0)
	want := []RulePart{{Source: "a && b", Outcome: "withheld"}, {Depth: 1, Source: "a", Outcome: "true", Values: []RuleValue{{Path: "customer.tags", Value: []string{"vip"}}}},
		{Depth: 1, Source: "b", Outcome: "withheld", Values: []RuleValue{{Path: "customer.orders.count", Withheld: true}}}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
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
	if got := ask("marketing", slices.Repeat([]string{"sa"}, 64)...); len(got) != 1 || got[strings.Repeat("sa ", 63)+"sa"] != want["sa"]+want["sa sb"]+want["sa sc"]+want["sa sb sc"] {
		t.Errorf("64 of one: %v", got)
	}
}

// What is left out of the combinations is told of.
func TestWhatIsLeftOutIsSummedUp(t *testing.T) {
	for more, want := range map[int64]string{0: `{"items":[{"segments":["a"],"count":7}]}`, 3: `{"items":[{"segments":["a"],"count":7}],"more":{"combinations":3,"customers":5}}`} {
		got, err := json.Marshal(renderOverlaps(&app.Overlaps{Told: []app.Overlap{{Segments: []string{"a"}, Count: 7}}, More: more, Others: 5}))
		if err != nil || string(got) != want {
			t.Errorf("%s %v", got, err)
		}
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
