package httpapi

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/acme/customers/internal/access"
)

// everything is a customer with something of everything.
func (s *scene) everything(t *testing.T) (id string) {
	t.Helper()
	return s.everythingOf(t, "ada@example.test")
}

func (s *scene) everythingOf(t *testing.T, email string) (id string) {
	t.Helper()
	id = s.register(t, `{"email":"`+email+`","phone":"+41446681800","name":{"family":"Lovelace"},"profile":{"dateOfBirth":"1990-12-10","locale":"de-CH"},"tags":["vip"]}`).ID
	path := "/v1/customers/" + id
	s.call("admin", "POST", path+"/addresses", anAddress)
	s.call("admin", "POST", path+"/consents/marketing/grant", `{"source":"web"}`)
	s.call(reporter, "POST", path+"/messages", `{"event":"complained","channel":"sms"}`)
	s.call(teller, "POST", path+"/activities", `{"id":"o`+email+`","source":"orders","type":"OrderCompleted","data":{"total":{"amount":"9.90","currency":"CHF"}}}`)
	s.call(teller, "POST", path+"/activities", `{"id":"t`+email+`","source":"support","type":"SupportTicketCreated","data":{"subject":"late"}}`)
	s.note(t, "support", id, `{"type":"support","content":"called","pinned":true}`)
	s.note(t, "compliance", id, `{"type":"compliance","content":"suspects"}`)
	return id
}

// Each form has what its consumer needs and nothing else, and needs its scope.
func TestAContextHasWhatItsConsumerNeeds(t *testing.T) {
	s := newScene(t)
	id := s.everything(t)
	for _, tc := range []struct {
		who, form       string
		parts           string // besides the customer
		customer        string // its members
		shows, withheld []string
	}{
		{"support", "", "activity addresses closedChannels consents customer flags latest notes preferences", "", []string{"Lovelace", "called", "Bundesplatz", "9.90", "vip"}, []string{"1990-12-10", "suspects"}},
		{"compliance", "", "activity addresses closedChannels consents customer flags latest notes preferences", "", []string{"suspects", "1990-12-10"}, nil},
		{"service;scope=context:order", "?for=order", "addresses customer", "email id name number phone registeredAt status type version withheld", []string{"Lovelace", "Bundesplatz", "ada@"}, []string{"vip", "called", "de-CH", "9.90"}},
		{"service;scope=context:cart", "?for=cart", "addresses customer preferences", "id number registeredAt status type version withheld", []string{"Bundesplatz"}, []string{"Lovelace", "ada@", "vip", "called"}},
		{"service;scope=context:notifications", "?for=notifications", "closedChannels consents customer preferences", "email id number phone registeredAt status type version withheld", []string{"ada@", "granted"}, []string{"Lovelace", "Bundesplatz", "vip"}},
		{"support", "?for=cart", "addresses customer preferences", "id number registeredAt status type version withheld", []string{"Bundesplatz"}, []string{"Lovelace", "ada@", "vip", "called"}},
		{"admin", "?for=order", "addresses customer", "email id name number phone registeredAt status type version withheld", []string{"Lovelace"}, []string{"vip", "de-CH"}},
		{"service;scope=customers:read", "", "activity addresses closedChannels consents customer flags latest preferences", "", []string{"Lovelace"}, []string{"1990-12-10", "called", "suspects"}},
	} {
		w := s.call(tc.who, "GET", "/v1/customers/"+id+"/context"+tc.form, "")
		if w.Code != 200 || w.Header().Get("Customers-Position") == "" {
			t.Errorf("%s%s: %d %s", tc.who, tc.form, w.Code, w.Body)
			continue
		}
		var got map[string]json.RawMessage
		var customer map[string]any
		_ = json.Unmarshal(w.Body.Bytes(), &got)
		_ = json.Unmarshal(got["customer"], &customer)
		if parts := strings.Join(slices.Sorted(maps.Keys(got)), " "); parts != tc.parts {
			t.Errorf("%s%s has %s", tc.who, tc.form, parts)
		}
		if members := strings.Join(slices.Sorted(maps.Keys(customer)), " "); tc.customer != "" && members != tc.customer {
			t.Errorf("%s%s: the customer has %s", tc.who, tc.form, members)
		}
		for _, what := range tc.shows {
			if !strings.Contains(w.Body.String(), what) {
				t.Errorf("%s%s lacks %q", tc.who, tc.form, what)
			}
		}
		for _, what := range tc.withheld {
			if strings.Contains(w.Body.String(), what) {
				t.Errorf("%s%s shows %q", tc.who, tc.form, what)
			}
		}
	}
	c := read[CustomerContext](t, s.call("support", "GET", "/v1/customers/"+id+"/context", ""))
	if got := fmt.Sprint(c.Flags); got != "[channel_closed email_unverified note_pinned phone_unverified tickets_open]" || len(c.Latest) != 9 || c.Activity.Orders != 1 {
		t.Errorf("flags %s, %d latest, %+v", got, len(c.Latest), c.Activity)
	}
	for _, try := range []struct {
		who, form string
		want      int
	}{{"service;scope=context:order", "", 403}, {"service;scope=context:order", "?for=cart", 403}, {"service;scope=context:cart", "?for=notifications", 403}, {"marketing", "", 403},
		{"customer;customer=" + id, "", 403}, {"support", "?for=gossip", 422}} {
		if w := s.call(try.who, "GET", "/v1/customers/"+id+"/context"+try.form, ""); w.Code != try.want {
			t.Errorf("%s%s: %d", try.who, try.form, w.Code)
		}
	}
	if w := s.call("admin", "GET", "/v1/customers/"+id+"/access-log", ""); !strings.Contains(w.Body.String(), "getOrderContext") {
		t.Error("the access log does not say which form was read")
	}
}

func TestContextsOfMany(t *testing.T) {
	s := newScene(t)
	ids := []string{s.everything(t), s.register(t, `{"email":"b@example.test"}`).ID}
	body := `{"id":"` + ids[0] + `"}` + "\n" + `{"id":"` + ids[1] + `"}` + "\n" + `{"id":"0191d2a8-0000-7000-8000-00000000000f"}` + "\n" + `{"id":"me"}` + "\n{\n"
	w := s.call("service;scope=context:notifications", "POST", contextsPath+"?for=notifications", body, "Content-Type: "+mediaLines)
	got := linesOf[ContextOutcome](t, w.Body.Bytes())
	for i, want := range []int{200, 200, 404, 422, 400} {
		if len(got) != 5 || got[i].Status != want || (want == 200) != (got[i].Context != nil) {
			t.Fatalf("line %d, expected %d: %s", i+1, want, w.Body)
		}
	}
	alone := s.call("service;scope=context:notifications", "GET", "/v1/customers/"+ids[0]+"/context?for=notifications", "")
	one, _ := json.Marshal(got[0].Context)
	two, _ := json.Marshal(read[CustomerContext](t, alone))
	if string(one) != string(two) || strings.Contains(w.Body.String(), "Lovelace") {
		t.Errorf("of many %s, alone %s", one, two)
	}
	for _, tc := range []struct {
		who, query, body string
		want             int
	}{{"service;scope=context:order", "?for=cart", body, 403}, {"marketing", "", body, 403}, {"service;scope=context:order", "?for=order", strings.Repeat(`{"id":"`+ids[0]+"\"}\n", maxContexts+1), 413}, {"service;scope=context:order", "?for=order", "", 200}} {
		if w := s.call(tc.who, "POST", contextsPath+tc.query, tc.body, "Content-Type: "+mediaLines); w.Code != tc.want {
			t.Errorf("%s%s: %d", tc.who, tc.query, w.Code)
		}
	}
	s.app.Access.(*access.Log).Close()
	if w := s.call("support", "POST", contextsPath, body, "Content-Type: "+mediaLines); w.Code < 500 {
		t.Errorf("shown without a record: %d", w.Code)
	}
}

// Support sees in one answer which segments a customer is in; an order does not.
func TestAContextNamesTheSegments(t *testing.T) {
	s := newScene(t)
	id := s.register(t, `{"email":"ada@example.test"}`).ID
	s.call("admin", "POST", "/v1/segments", `{"name":"Best of all","type":"static","key":"best"}`)
	for _, in := range []bool{true, false} {
		method := map[bool]string{true: "PUT", false: "DELETE"}[in]
		if w := s.call("admin", method, "/v1/segments/best/members/"+id, ""); w.Code != 204 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		for path, shown := range map[string]bool{"/context": in, "/context?for=order": false, "/segments": in} {
			w := s.call("support", "GET", "/v1/customers/"+id+path, "")
			if w.Code != 200 || strings.Contains(w.Body.String(), "Best of all") != shown {
				t.Errorf("%v %s: %d %s", in, path, w.Code, w.Body)
			}
		}
	}
}
