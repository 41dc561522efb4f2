package httpapi

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

const teller = "service;scope=activities:write"

// What is told in any order, again and again, is in the figures once.
func TestActivitiesAreInTheFiguresOnce(t *testing.T) {
	s := newScene(t)
	id := s.register(t, `{"email":"ada@example.test","userId":"u1","externalIds":{"crm":"7"}}`).ID
	path := "/v1/customers/" + id
	order := func(n int, amount, currency, at string) string {
		return fmt.Sprintf(`{"id":"o%d","source":"orders","type":"OrderCompleted","time":%q,"data":{"total":{"amount":%q,"currency":%q}}}`, n, at, amount, currency)
	}
	for range 2 {
		for _, body := range []string{order(2, "50.50", "CHF", "2026-03-01T10:00:00Z"), order(1, "100", "CHF", "2026-01-01T10:00:00Z"), order(3, "7", "EUR", "2026-02-01T10:00:00Z"),
			`{"id":"t1","source":"support","type":"SupportTicketCreated","data":{"subject":"late"}}`} {
			if w := s.call(teller, "POST", path+"/activities", body); w.Code != 204 {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
		}
	}
	for _, told := range []string{`{"id":"evt-77","source":"orders","type":"OrderCompleted","data":{"orderId":"o3","total":{"amount":"7","currency":"EUR"}}}`,
		`{"id":"evt-78","source":"support","type":"SupportTicketCreated","data":{"ticketId":"t1","subject":"late"}}`} { // the same by another event
		if w := s.call(teller, "POST", path+"/activities", told); w.Code != 204 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	lines := `{"userId":"u1","id":"l1","source":"identity","type":"UserAuthenticated"}` + "\n" + `{"externalId":{"source":"crm","id":"7"},"id":"l2","source":"identity","type":"UserAuthenticated"}` + "\n" +
		`{"customerId":"` + id + `","id":"l1","source":"identity","type":"UserAuthenticated"}` + "\n" + `{"userId":"nobody","id":"l3","source":"identity","type":"UserAuthenticated"}` + "\n" +
		`{"id":"l3","source":"identity","type":"UserAuthenticated"}` + "\n" + `{"userId":"u1","id":"l3","source":"gossip","type":"Heard"}` + "\n" + "{\n"
	w := s.call(teller, "POST", activitiesPath, lines, "Content-Type: "+mediaLines)
	got := linesOf[ActivityOutcome](t, w.Body.Bytes())
	for i, want := range []int{204, 204, 204, 409, 422, 422, 400} {
		if len(got) != 7 || got[i].Status != want {
			t.Fatalf("line %d, expected %d: %s", i+1, want, w.Body)
		}
	}
	a := read[ActivitySummary](t, s.call("support", "GET", path+"/activity", ""))
	if want := `3 orders, 6 activities, 1 tickets, first 2026-01-01, last 2026-03-01, [{CHF 2 150.50 75.25} {EUR 1 7.00 7.00}]`; want != fmt.Sprintf("%d orders, %d activities, %d tickets, first %s, last %s, %v",
		a.Orders, a.Activities, a.OpenTickets, a.FirstPurchaseAt.Format("2006-01-02"), a.LastPurchaseAt.Format("2006-01-02"), a.Spent) {
		t.Errorf("%+v", a)
	}
	w = s.call("support", "GET", path+"/timeline?kind=activity", "")
	if n := strings.Count(w.Body.String(), `"type":"PurchaseRecorded"`); n != 3 || !strings.Contains(w.Body.String(), "late") || !strings.Contains(w.Body.String(), `"amount":"50.50"`) {
		t.Errorf("the timeline has %d purchases: %s", n, w.Body)
	}
	for _, tc := range []struct {
		who, body, code string
		want            int
	}{
		{"support", order(9, "1", "CHF", "2026-01-01T10:00:00Z"), "", 403}, {"service;scope=customers:write", order(9, "1", "CHF", "2026-01-01T10:00:00Z"), "", 403},
		{teller, order(9, "much", "CHF", "2026-01-01T10:00:00Z"), "invalid_amount", 422}, {teller, order(9, "-1", "CHF", "2026-01-01T10:00:00Z"), "invalid_amount", 422}, {teller, order(9, "1", "chf", "2026-01-01T10:00:00Z"), "invalid_currency", 422},
		{teller, order(9, "1", "CHF", "2099-01-01T10:00:00Z"), "in_the_future", 422}, {teller, `{"id":"x","source":"orders","type":"OrderCompleted","data":{"total":7}}`, "schema", 422},
		{teller, `{"id":"x","source":"orders","type":"OrderCompleted"}`, "schema", 422}, {teller, `{"id":"","source":"identity","type":"UserAuthenticated"}`, "invalid_id", 422},
	} {
		if w := s.call(tc.who, "POST", path+"/activities", tc.body); w.Code != tc.want || !strings.Contains(w.Body.String(), tc.code) {
			t.Errorf("%s %s: %d %s", tc.who, tc.body, w.Code, w.Body)
		}
	}
	for who, want := range map[string]int{"marketing": 403, teller: 403, "customer;customer=" + id: 200, "compliance": 200} {
		if w := s.call(who, "GET", path+"/activity", ""); w.Code != want {
			t.Errorf("%s: %d", who, w.Code)
		}
	}
}

// What a customer does elsewhere is its last activity in every answer at once,
// and an answer that a caller has is no longer the same.
func TestTheLastActivityIsThatElsewhere(t *testing.T) {
	s := newScene(t)
	id := s.register(t, `{"email":"ada@example.test"}`).ID
	path := "/v1/customers/" + id
	before := s.call("support", "GET", path, "")
	s.clock.pass(time.Hour)
	if w := s.call(teller, "POST", path+"/activities", `{"id":"l1","source":"identity","type":"UserAuthenticated"}`); w.Code != 204 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	after := s.call("support", "GET", path, "", "If-None-Match: "+before.Header().Get("ETag"))
	if got := read[Customer](t, after); after.Code != 200 || !got.LastActivityAt.Equal(s.clock.Now()) || got.Version != 1 {
		t.Errorf("%d %s", after.Code, after.Body)
	}
	tag := after.Header().Get("ETag")
	if w := s.call("support", "GET", path, "", "If-None-Match: "+tag); w.Code != 304 {
		t.Errorf("the same again: %d", w.Code)
	}
	found := read[struct{ Items []Customer }](t, s.call("support", "POST", "/v1/customers/lookup", `{"email":"ada@example.test"}`))
	if !found.Items[0].LastActivityAt.Equal(s.clock.Now()) {
		t.Errorf("looked up: %s", found.Items[0].LastActivityAt)
	}
	if w := s.call("service;scope=customers:read;scope=customers:write", "PATCH", path, `{"tags":["vip"]}`, "If-Match: "+tag, "Content-Type: application/merge-patch+json"); w.Code != 200 || w.Header().Get("ETag") == tag {
		t.Errorf("a change of the version that the tag is of: %d %s", w.Code, w.Body)
	}
}
