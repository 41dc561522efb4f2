package httpapi

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/access"
	"github.com/acme/customers/internal/authz"
)

type foundNotes struct {
	Total int64
	Items []FoundNote
	Next  string
}

func (f *foundNotes) texts() string {
	var out []string
	for _, i := range f.Items {
		out = append(out, i.Note.Content)
	}
	return fmt.Sprint(f.Total, " [", strings.Join(out, "; "), "]")
}

func (s *scene) searchNotes(t *testing.T, who, body string) foundNotes {
	t.Helper()
	s.searchReady(t)
	w := s.call(who, "POST", "/v1/notes/search", body)
	if w.Code != 200 {
		t.Fatalf("%s for %s: %d %s", body, who, w.Code, w.Body)
	}
	return read[foundNotes](t, w)
}

func (s *scene) searchReady(t *testing.T) {
	for s.app.Model.SearchReady(t.Context()) != nil {
	}
}

// notedScene has a customer each for some notes of several types, a minute apart.
func notedScene(t *testing.T) (s *scene, ids []string) {
	s = newScene(t)
	for i, n := range []struct{ who, body string }{
		{"support", `{"type":"support","content":"Customer called: wants a refund for order #4711"}`},
		{"admin", `{"type":"sales","content":"Big spender; refunded before. Café customer","pinned":true}`},
		{"compliance", `{"type":"compliance","content":"Suspects fraud: refund refund refund"}`},
		{"support;sub=ann", `{"type":"support","content":"客户要求退款, no REFUND yet"}`},
	} {
		id := s.register(t, fmt.Sprintf(`{"email":"c%d@example.test","name":{"given":"Given%d","family":"Family"}}`, i, i)).ID
		s.note(t, n.who, id, n.body)
		ids = append(ids, id)
	}
	return s, ids
}

// What a role may not read it does not find, nor by its words, nor in a total.
func TestNotesAreFoundByWhoMayReadTheirType(t *testing.T) {
	s, _ := notedScene(t)
	const called, spender, suspects, han = "Customer called: wants a refund for order #4711", "Big spender; refunded before. Café customer", "Suspects fraud: refund refund refund", "客户要求退款, no REFUND yet"
	staff := fmt.Sprintf("3 [%s; %s; %s]", han, spender, called)
	for who, want := range map[string]string{"support": staff, "admin": staff, "service;scope=notes:read": staff, "compliance": fmt.Sprintf("4 [%s; %s; %s; %s]", han, suspects, spender, called)} {
		found := s.searchNotes(t, who, `{"query":"refund"}`)
		if got := found.texts(); got != want {
			t.Errorf("%s finds %s", who, got)
		}
	}
	for _, body := range []string{`{"query":"suspects"}`, `{"query":"fraud"}`, `{"types":["compliance"]}`, `{"query":"\"refund refund\""}`, `{"author":"test:compliance"}`} {
		for _, who := range []string{"support", "admin", "service;scope=notes:read"} {
			if w := s.call(who, "POST", "/v1/notes/search", body); w.Code != 200 || w.Body.String() != `{"total":0,"items":[]}` {
				t.Errorf("%s for %s: %d %s", body, who, w.Code, w.Body)
			}
		}
		found := s.searchNotes(t, "compliance", body)
		if got := found.texts(); got != "1 ["+suspects+"]" {
			t.Errorf("control: %s for compliance: %s", body, got)
		}
	}
	for _, who := range []string{"marketing", "customer;customer=" + uuid.NewString(), "service;scope=customers:read", "service;scope=notes:write", "service"} {
		if w := s.call(who, "POST", "/v1/notes/search", `{}`); w.Code != 403 && w.Code != 404 || strings.Contains(w.Body.String(), "total") {
			t.Errorf("%s: %d %s", who, w.Code, w.Body)
		}
	}
	if w := s.call("compliance", "POST", "/v1/notes/search", `{}`, purposeHeader+": "); w.Code != 403 || !strings.Contains(w.Body.String(), "purpose_required") {
		t.Errorf("compliance without a purpose: %d %s", w.Code, w.Body)
	}
}

func TestNotesAreFoundByWordsAndFilters(t *testing.T) {
	s, _ := notedScene(t)
	all := s.searchNotes(t, "compliance", `{}`)
	second := all.Items[2].Note.CreatedAt.Format(time.RFC3339Nano)
	for body, want := range map[string]string{
		`{"query":"refund","sort":"relevance"}`:                            "4 [Susp; 客户要求; Cust; Big ]",
		`{"query":"cafe CUST"}`:                                            "1 [Big ]",
		`{"query":"\"refund for order\""}`:                                 "1 [Cust]",
		`{"query":"\"for refund\""}`:                                       "0 []",
		`{"query":"退款"}`:                                                   "1 [客户要求]",
		`{"query":"4711"}`:                                                 "1 [Cust]",
		`{"query":"efund"}`:                                                "0 []",
		`{"types":["sales","support"]}`:                                    "3 [客户要求; Big ; Cust]",
		`{"types":["never"]}`:                                              "0 []",
		`{"author":"ann"}`:                                                 "1 [客户要求]",
		`{"pinned":true}`:                                                  "1 [Big ]",
		`{"pinned":false,"query":"customer"}`:                              "1 [Cust]",
		`{"from":"` + second + `","query":"refund","sort":"newest"}`:       "3 [客户要求; Susp; Big ]",
		`{"to":"` + second + `"}`:                                          "1 [Cust]",
		`{"from":"` + second + `","to":"` + second + `"}`:                  "0 []",
		`{"query":"","types":[],"limit":200,"sort":"relevance"}`:           "4 [客户要求; Susp; Big ; Cust]",
		`{"query":"refund","types":["compliance","sales"],"pinned":false}`: "1 [Susp]",
	} {
		found := s.searchNotes(t, "compliance", body)
		for i := range found.Items {
			found.Items[i].Note.Content = string([]rune(found.Items[i].Note.Content)[:4])
		}
		if got := found.texts(); got != want {
			t.Errorf("%s: %s, want %s", body, got, want)
		}
	}
	for body, code := range map[string]string{`{"query":"!!"}`: "no_words", `{"query":"a b c d e f g h i j k"}`: "too_many_words", `{"query":"` + strings.Repeat("x", 201) + `"}`: "too_long",
		`{"sort":"oldest"}`: "invalid_sort", `{"limit":201}`: "invalid_limit", `{"limit":-1}`: "invalid_limit", `{"cursor":"x"}`: "bad_cursor", `{"text":"x"}`: "unknown"} {
		if w := s.call("support", "POST", "/v1/notes/search", body); w.Code != 422 && w.Code != 400 || !strings.Contains(w.Body.String(), code) {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	}
}

// A note comes with what listNotes has of it, where it matches, and whom it is
// about, as far as the caller may see that.
func TestFoundNotesShowWhomTheyAreAbout(t *testing.T) {
	s, ids := notedScene(t)
	listed := read[struct{ Items []Note }](t, s.call("support", "GET", "/v1/customers/"+ids[0]+"/notes", "")).Items[0]
	for who, name := range map[string]string{"support": "Given0 Family", "service;scope=notes:read;scope=customers:read": "Given0 Family", "service;scope=notes:read": ""} {
		found := s.searchNotes(t, who, `{"query":"refund call 4711"}`)
		if len(found.Items) != 1 {
			t.Fatalf("%s: %s", who, found.texts())
		}
		got := found.Items[0]
		want := FoundNote{Note: listed, Snippet: listed.Content, Highlights: []Highlight{{9, 13}, {25, 31}, {43, 47}}, Customer: NotedCustomer{ids[0], "C-00000001", name, "pending"}}
		if a, b := toJSON(got), toJSON(want); a != b {
			t.Errorf("%s: %s, want %s", who, a, b)
		}
	}
	s.call("admin", "POST", "/v1/customers/"+ids[0]+"/activate", "{}")
	s.call("support", "PATCH", "/v1/customers/"+ids[0]+"/notes/"+listed.ID, `{"content":"called 4711"}`)
	found := s.searchNotes(t, "support", `{"query":"4711"}`)
	if got := found.Items[0]; got.Customer.Status != "active" || got.Note.Revision != 2 || got.Note.Editor == nil || got.Note.Content != "called 4711" {
		t.Errorf("after a change: %+v", got)
	}
}

func toJSON(v any) string {
	text, _ := json.Marshal(v)
	return string(text)
}

// Pages go on where the one before ended, whatever was written and deleted
// meanwhile, and for the same search alone.
func TestFoundNotesComePageByPage(t *testing.T) {
	s := newScene(t)
	id := s.register(t, `{"email":"ada@example.test"}`).ID
	var notes []Note
	for i := range 9 {
		notes = append(notes, s.note(t, "support", id, fmt.Sprintf(`{"type":"support","content":"call%d called"}`, i)))
	}
	for _, sort := range []string{"newest", "relevance"} {
		var got []string
		cursor := ""
		for page := 0; page == 0 || cursor != ""; page++ {
			found := s.searchNotes(t, "support", fmt.Sprintf(`{"query":"call","sort":%q,"limit":2,"cursor":%q}`, sort, cursor))
			for _, i := range found.Items {
				got = append(got, i.Note.Content[:5])
			}
			if cursor = found.Next; page == 0 && sort == "newest" { // the last one shown, one to come, and a new one
				for _, n := range []int{7, 5} {
					s.call("support", "POST", "/v1/customers/"+id+"/notes/"+notes[n].ID+"/delete", `{"reason":"x"}`)
				}
				s.note(t, "support", id, `{"type":"support","content":"callX called"}`)
			}
		}
		want := map[string]string{"newest": "[call8 call7 call6 call4 call3 call2 call1 call0]", "relevance": "[callX call8 call6 call4 call3 call2 call1 call0]"}[sort]
		if fmt.Sprint(got) != want {
			t.Errorf("%s: %v", sort, got)
		}
	}
	first := s.searchNotes(t, "support", `{"query":"call","limit":2}`)
	for who, body := range map[string]string{"support": `{"query":"calls","cursor":%q}`, "admin": `{"query":"call","cursor":%q}`, "support;sub=x": `{"query":"call","cursor":%q}`} {
		if w := s.call(who, "POST", "/v1/notes/search", fmt.Sprintf(body, first.Next)); w.Code != 400 {
			t.Errorf("the cursor of another search or caller: %d", w.Code)
		}
	}
	if more := s.searchNotes(t, "support", fmt.Sprintf(`{"query":"call","limit":200,"cursor":%q}`, first.Next)); len(more.Items) != 6 || more.Total != 8 {
		t.Errorf("with another limit: %s", more.texts())
	}
}

// A search is one entry, about those who were shown, and without what was looked
// for; one that shows nobody is none.
func TestSearchesOfNotesAreOnRecord(t *testing.T) {
	s, ids := notedScene(t)
	log := &recording{AccessLog: s.app.Access}
	s.app.Access = log
	s.searchNotes(t, "support", `{"query":"refund","limit":2}`)
	if len(log.entries) != 1 {
		t.Fatalf("%d entries", len(log.entries))
	}
	e := log.entries[0]
	for i, want := range []bool{false, true, false, true} {
		if s.isAbout(t, e, ids[i]) != want {
			t.Errorf("about the %d.: %v", i, !want)
		}
	}
	shown := authz.FieldMask(e.Fields)
	if !shown.Has(authz.FieldNotes) || !shown.Has(authz.FieldName) || shown.Has(authz.FieldContact) || strings.Contains(fmt.Sprint(access.Entry{Action: e.Action, Purpose: e.Purpose, From: e.From, Trace: e.Trace}), "refund") {
		t.Errorf("on record: %+v", e)
	}
	log.entries = nil
	s.searchNotes(t, "support", `{"query":"fraud"}`)
	if len(log.entries) != 0 {
		t.Errorf("nobody was shown: %+v", log.entries)
	}
	if strings.Contains(s.log.String(), "fraud") {
		t.Error("what was looked for is in the log")
	}
}
