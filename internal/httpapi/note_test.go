package httpapi

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// notes are what a caller sees, in order.
func (s *scene) notes(t *testing.T, who, id, query string) (out []string) {
	t.Helper()
	for _, n := range read[struct{ Items []Note }](t, s.call(who, "GET", "/v1/customers/"+id+"/notes"+query, "")).Items {
		out = append(out, n.Content)
	}
	return out
}

func (s *scene) note(t *testing.T, who, id, body string) Note {
	t.Helper()
	w := s.call(who, "POST", "/v1/customers/"+id+"/notes", body)
	if w.Code != 201 || w.Header().Get("Location") == "" {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	s.clock.pass(time.Minute)
	return read[Note](t, w)
}

// Notes are seen by those who may read their type, and by nobody else.
func TestNotesAreSeenByWhoMayReadTheirType(t *testing.T) {
	s := newScene(t)
	id := s.register(t, `{"email":"ada@example.test"}`).ID
	s.note(t, "support", id, `{"type":"support","content":"called"}`)
	pinned := s.note(t, "admin", id, `{"type":"sales","content":"big spender","pinned":true}`)
	secret := s.note(t, "compliance", id, `{"type":"compliance","content":"suspects"}`)
	s.note(t, "service;scope=notes:write", id, `{"type":"support","content":"ticket 7"}`)
	for who, want := range map[string]string{
		"support": "[big spender ticket 7 called]", "admin": "[big spender ticket 7 called]", "service;scope=notes:read": "[big spender ticket 7 called]",
		"compliance": "[big spender ticket 7 suspects called]", "marketing": "[]", "customer;customer=" + id: "[]", "service;scope=customers:read": "[]",
	} {
		if got := fmt.Sprint(s.notes(t, who, id, "")); got != want {
			t.Errorf("%s sees %s", who, got)
		}
	}
	for query, want := range map[string]string{"?type=support": "[ticket 7 called]", "?pinned=true": "[big spender]", "?author=" + pinned.Author.ID: "[big spender]", "?limit=1": "[big spender]",
		"?from=" + pinned.CreatedAt.Format(time.RFC3339Nano) + "&pinned=false": "[ticket 7]", "?to=" + pinned.CreatedAt.Format(time.RFC3339Nano): "[called]", "?type=compliance": "[]"} {
		if got := fmt.Sprint(s.notes(t, "support", id, query)); got != want {
			t.Errorf("%s: %s", query, got)
		}
	}
	path := "/v1/customers/" + id + "/notes/" + secret.ID
	for _, try := range []struct {
		method, path, body string
	}{{"PATCH", path, `{"content":"x"}`}, {"POST", path + "/delete", `{"reason":"x"}`}, {"GET", path + "/history", ""}, {"PATCH", path, `{"type":"support"}`}} {
		if w := s.call("admin", try.method, try.path, try.body); w.Code != 404 || strings.Contains(w.Body.String(), "suspects") {
			t.Errorf("%s of what it may not read: %d %s", try.method, w.Code, w.Body)
		}
	}
	if w := s.call("compliance", "PATCH", "/v1/customers/"+id+"/notes/"+pinned.ID, `{"content":"x"}`); w.Code != 403 {
		t.Errorf("compliance changes what it may only read: %d", w.Code)
	}
	w := s.call("service;scope=notes:write", "PATCH", "/v1/customers/"+id+"/notes/"+pinned.ID, `{"pinned":false}`)
	if w.Code != 200 || strings.Contains(w.Body.String(), "spender") {
		t.Errorf("who only writes is shown the note: %d %s", w.Code, w.Body)
	}
	if w := s.call("admin", "GET", "/v1/customers/"+id+"/access-log", ""); !strings.Contains(w.Body.String(), `"operation":"listNotes"`) || strings.Contains(w.Body.String(), "called") {
		t.Errorf("the access log: %s", w.Body)
	}
}

// Every revision is kept, of a deleted note too, and nobody writes over what he
// has not seen.
func TestNotesKeepTheirRevisions(t *testing.T) {
	s := newScene(t)
	id := s.register(t, `{"email":"ada@example.test"}`).ID
	n := s.note(t, "support", id, `{"type":"support","content":"caled"}`)
	path := "/v1/customers/" + id + "/notes/" + n.ID
	if w := s.call("admin", "PATCH", path, `{"content":"called","pinned":true}`, `If-Match: "1"`); w.Code != 200 || w.Header().Get("ETag") != `"2"` {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	for body, want := range map[string]int{`{"content":"x"}`: 412, `{"content":null}`: 412} {
		if w := s.call("support", "PATCH", path, body, `If-Match: "1"`); w.Code != want {
			t.Errorf("%s on a revision that is over: %d", body, w.Code)
		}
	}
	if w := s.call("support", "PATCH", path, `{"content":null}`); w.Code != 422 {
		t.Errorf("emptied: %d", w.Code)
	}
	if w := s.call("support", "POST", path+"/delete", `{"reason":"of another customer"}`, `If-Match: "2"`); w.Code != 204 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if got := s.notes(t, "support", id, ""); len(got) > 0 {
		t.Errorf("still there: %v", got)
	}
	if w := s.call("support", "GET", "/v1/customers/"+id+"/timeline?kind=note", ""); strings.Contains(w.Body.String(), "called") || !strings.Contains(w.Body.String(), "NoteDeleted") {
		t.Errorf("the timeline still has its text: %s", w.Body)
	}
	revisions := read[struct{ Items []NoteRevision }](t, s.call("compliance", "GET", path+"/history", "")).Items
	var told []string
	for _, r := range revisions {
		told = append(told, fmt.Sprint(r.Revision, r.By.Kind, r.Content, r.Pinned, r.Deleted, r.Reason))
	}
	if got := strings.Join(told, "; "); got != "1supportcaledfalse false; 2admincalledtrue false; 3supportfalse trueof another customer" {
		t.Errorf("the history: %s", got)
	}
	for range 2 { // the same note, once
		if w := s.call("support", "POST", "/v1/customers/"+id+"/notes", `{"type":"support","content":"again"}`, "Idempotency-Key: k"); w.Code != 201 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
	if got := s.notes(t, "support", id, ""); len(got) != 1 {
		t.Errorf("written twice: %v", got)
	}
	if w := s.call("support", "POST", "/v1/customers/"+id+"/notes", `{"type":"support","content":"other"}`, "Idempotency-Key: k"); w.Code != 422 {
		t.Errorf("the key with another note: %d", w.Code)
	}
}

// What a change has done already is not held against it when it is sent again
// under its key: the version that it was for is over, the note is gone.
func TestAChangeThatIsSentAgainIsNotRefused(t *testing.T) {
	s := newScene(t)
	id := s.register(t, `{"email":"ada@example.test"}`).ID
	path := "/v1/customers/" + id + "/notes/" + s.note(t, "support", id, `{"type":"support","content":"called"}`).ID
	for _, c := range []struct {
		key  string
		edit int
	}{{"k-1", 200}, {"k-1", 200}, {"k-2", 412}} {
		if w := s.call("support", "PATCH", path, `{"pinned":true}`, `If-Match: "1"`, "Idempotency-Key: "+c.key); w.Code != c.edit {
			t.Errorf("edited under %s: %d %s", c.key, w.Code, w.Body)
		}
	}
	for _, c := range []struct {
		key    string
		remove int
	}{{"k-3", 204}, {"k-3", 204}, {"k-4", 404}} {
		if w := s.call("support", "POST", path+"/delete", `{"reason":"wrong"}`, "Idempotency-Key: "+c.key); w.Code != c.remove {
			t.Errorf("removed under %s: %d %s", c.key, w.Code, w.Body)
		}
	}
}

func TestNotesAreReadPageByPage(t *testing.T) {
	s := newScene(t)
	id := s.register(t, `{"email":"ada@example.test"}`).ID
	for i := range 7 {
		s.note(t, "support", id, fmt.Sprintf(`{"type":"support","content":"n%d","pinned":%v}`, i, i == 2))
	}
	var all []string
	cursor := ""
	for range 10 {
		page := read[struct {
			Items []Note
			Next  string
		}](t, s.call("support", "GET", "/v1/customers/"+id+"/notes?limit=3&cursor="+cursor, ""))
		for _, n := range page.Items {
			all = append(all, n.Content)
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if got := fmt.Sprint(all); got != "[n2 n6 n5 n4 n3 n1 n0]" {
		t.Error(got)
	}
	other := s.register(t, `{"email":"b@example.test"}`).ID
	if w := s.call("support", "GET", "/v1/customers/"+other+"/notes?cursor=x", ""); w.Code != 400 {
		t.Errorf("a made-up cursor: %d", w.Code)
	}
}
