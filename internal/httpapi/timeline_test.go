package httpapi

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/acme/customers/internal/app"
)

type timelinePage struct {
	Items          []TimelineEntry
	Next, Previous string
}

// A timeline has everything with this subject, and shows each caller what it
// may see of it.
func TestATimelineShowsWhatTheCallerMaySee(t *testing.T) {
	s := newScene(t)
	id := s.register(t, `{"email":"ada@example.test","name":{"family":"Lovelace"},"profile":{"dateOfBirth":"1990-12-10"}}`).ID
	path := "/v1/customers/" + id
	s.call("admin", "POST", path+"/consents/marketing/grant", `{"source":"phone","method":"spoken","details":{"call":"rec-7"}}`)
	s.call("admin", "PATCH", path+"/preferences", `{"communication":{"sms":false}}`)
	s.call(reporter, "POST", path+"/messages", `{"event":"bounced","channel":"email"}`)
	s.note(t, "support", id, `{"type":"support","content":"called back"}`)
	s.note(t, "compliance", id, `{"type":"compliance","content":"suspects"}`)
	see := func(who, query string) (types []string, body string) {
		w := s.call(who, "GET", path+"/timeline"+query, "")
		if w.Code != 200 {
			t.Fatalf("%s: %d %s", who, w.Code, w.Body)
		}
		for _, e := range read[timelinePage](t, w).Items {
			types = append(types, e.Type)
		}
		slices.Sort(types)
		return types, w.Body.String()
	}
	own := []string{"CommunicationOptOut", "ConsentGranted", "ConsentRequested", "ContactSuppressed", "CustomerRegistered", "PreferencesUpdated"}
	for _, tc := range []struct {
		who             string
		notes           int
		shows, withheld []string
	}{
		{"support", 1, []string{"Lovelace", "called back", "rec-7", "ada@"}, []string{"1990-12-10", "suspects"}},
		{"compliance", 2, []string{"Lovelace", "called back", "suspects", "1990-12-10"}, nil},
		{"admin", 1, []string{"called back"}, []string{"1990-12-10", "suspects"}},
		{"customer;customer=" + id, 0, []string{"Lovelace", "1990-12-10", "rec-7"}, []string{"called back", "suspects", "test:admin"}},
	} {
		types, body := see(tc.who, "")
		want := slices.Sorted(slices.Values(append(slices.Repeat([]string{"NoteAdded"}, tc.notes), own...)))
		if !slices.Equal(types, want) {
			t.Errorf("%s sees %s", tc.who, types)
		}
		for _, what := range tc.shows {
			if !strings.Contains(body, what) {
				t.Errorf("%s does not see %q", tc.who, what)
			}
		}
		for _, what := range tc.withheld {
			if strings.Contains(body, what) {
				t.Errorf("%s sees %q: %s", tc.who, what, body)
			}
		}
	}
	for query, want := range map[string]string{"?kind=consent": "[ConsentGranted ConsentRequested]", "?type=ConsentGranted,NoteAdded": "[ConsentGranted NoteAdded]", "?source=phone": "[ConsentGranted ConsentRequested]",
		"?significant=true": "[CommunicationOptOut ConsentGranted ContactSuppressed CustomerRegistered]", "?to=2020-01-01T00:00:00Z": "[]"} {
		if types, _ := see("support", query); fmt.Sprint(types) != want {
			t.Errorf("%s: %s", query, types)
		}
	}
	s.app.Significant = app.Significance{{Kind: "note", Significant: new(true)}, {Type: "ConsentGranted", Fields: map[string]string{"evidence.purpose": "marketing"}, Significant: new(false)}}
	if types, _ := see("support", "?significant=true"); fmt.Sprint(types) != "[CommunicationOptOut ContactSuppressed CustomerRegistered NoteAdded]" {
		t.Errorf("what is significant by rules: %s", types)
	}
	s.app.Significant = nil
	first := read[timelinePage](t, s.call("support", "GET", path+"/timeline?limit=1&kind=consent", ""))
	if e := first.Items[0]; e.Summary != "The customer gave or renewed a consent: marketing, spoken" || !e.Significant || first.Next == "" || first.Previous == "" {
		t.Errorf("%+v", e)
	}
	for _, who := range []string{"marketing", "customer;customer=0191d2a8-0000-7000-8000-00000000000f", "service;scope=customers:read"} {
		if w := s.call(who, "GET", path+"/timeline", ""); w.Code == 200 {
			t.Errorf("%s reads a timeline", who)
		}
	}
	other := s.register(t, `{"email":"b@example.test"}`).ID
	if w := s.call("support", "GET", "/v1/customers/"+other+"/timeline?cursor="+first.Next, ""); w.Code != 400 {
		t.Errorf("a cursor of another timeline: %d", w.Code)
	}
	if w := s.call("admin", "GET", path+"/access-log", ""); !strings.Contains(w.Body.String(), "getTimeline") {
		t.Error("nobody can see that it was read")
	}
}
