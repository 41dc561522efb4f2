package httpapi

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/acme/customers/internal/access"
)

const reporter = "service;scope=contact:report"

// What was reported counts in the next decision, once however often it is told.
func TestReportedMessagesAreCounted(t *testing.T) {
	s := newScene(t)
	path := "/v1/customers/" + s.register(t, `{"email":"ada@example.test"}`).ID
	s.call("admin", "POST", path+"/consents/marketing/grant", `{"source":"web"}`)
	s.call("admin", "PATCH", path+"/preferences", `{"notifications":{"atMost":2,"period":"week"}}`)
	ask := func() ContactDecision {
		return read[ContactDecision](t, s.call(decider, "POST", path+"/contact-decision", `{"channel":"email","topic":"newsletter"}`))
	}
	tell := func(body string, want int, headers ...string) {
		t.Helper()
		if w := s.call(reporter, "POST", path+"/messages", body, headers...); w.Code != want || w.Code == 204 && w.Header().Get("Customers-Position") == "" {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	}
	first := s.clock.Now()
	const one = `{"event":"sent","channel":"email","topic":"newsletter","messageId":"m1"}`
	tell(one, 204)
	tell(one, 204)                                                                               // told twice
	tell(`{"event":"sent","channel":"sms","topic":"orderUpdates","messageId":"m2"}`, 204)        // had to be
	tell(`{"event":"sent","channel":"email","topic":"newsletter"}`, 422)                         // nobody could tell it twice
	tell(`{"event":"sent","channel":"email","messageId":"m3"}`, 422)                             // about what?
	tell(`{"event":"read","channel":"email","topic":"newsletter","messageId":"m3"}`, 422)        // no such event
	tell(`{"event":"manual","channel":"email"}`, 422)                                            // nor this
	tell(`{"event":"sent","channel":"fax","topic":"newsletter","messageId":"m3"}`, 422)          // no such channel
	tell(`{"event":"sent","channel":"email","topic":"gossip","messageId":"m3"}`, 422)            // no such topic
	tell(`{"event":"sent","channel":"email","topic":"offers","messageId":"m3","to":"x@y"}`, 422) // no address is taken
	if d := ask(); d.Decision != "allow" {
		t.Fatalf("after one of two: %+v", d)
	}
	s.clock.pass(time.Hour)
	const two = `{"event":"sent","channel":"sms","purpose":"marketing","messageId":"m4"}`
	tell(two, 204, "Idempotency-Key: k")
	tell(two, 204, "Idempotency-Key: k")
	tell(one, 422, "Idempotency-Key: k")
	if d := ask(); d.Decision != "defer" || !d.Until.Equal(first.Add(7*24*time.Hour)) || d.Reasons[len(d.Reasons)-1].Evidence != "message/3" {
		t.Errorf("after two of two: %+v", d)
	}
	if w := s.call("admin", "GET", path+"/history", ""); strings.Contains(w.Body.String(), "m1") {
		t.Error("a message's id is shown")
	}
}

// What bounces is for that address; a complaint is for all of them.
func TestSuppressionsCloseAChannelUntilTheyAreLifted(t *testing.T) {
	s := newScene(t)
	id := s.register(t, `{"email":"ada@example.test","externalIds":{"crm":"1"}}`).ID
	path := "/v1/customers/" + id
	closed := func(who string) string {
		t.Helper()
		w := s.call(who, "GET", path+"/suppressions", "")
		var out []string
		for _, by := range read[struct{ Items []Suppression }](t, w).Items {
			out = append(out, by.Channel+" "+by.Cause)
		}
		return strings.Join(out, ", ")
	}
	decision := func(topic string) string {
		d := read[ContactDecision](t, s.call("admin", "POST", path+"/contact-decision", fmt.Sprintf(`{"channel":"email","topic":%q}`, topic)))
		return d.Decision
	}
	tell := func(body string) {
		t.Helper()
		if w := s.call(reporter, "POST", path+"/messages", body); w.Code != 204 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	tell(`{"event":"bounced","channel":"email"}`)
	if got := closed("support"); got != "email bounced" || decision("orderUpdates") != "deny" {
		t.Errorf("closed: %s", got)
	}
	before := time.Now() // as the store says
	s.clock.pass(time.Hour)
	s.call("admin", "PATCH", path+"/contact", `{"email":"new@example.test"}`)
	if got := closed("support"); got != "" || decision("orderUpdates") != "allow" {
		t.Errorf("a new address is closed: %s", got)
	}
	tell(`{"event":"bounced","channel":"email","at":"` + before.Format(time.RFC3339Nano) + `"}`) // of the old one, told late
	if got := closed("support"); got != "" {
		t.Errorf("the new address pays for the old one: %s", got)
	}
	if w := s.call(reporter, "POST", path+"/messages", `{"event":"bounced","channel":"email","at":"2020-01-01T00:00:00Z"}`); w.Code != 422 || !strings.Contains(w.Body.String(), "before_the_customer") {
		t.Errorf("a bounce before there was a customer: %d %s", w.Code, w.Body)
	}
	tell(`{"event":"complained","channel":"email","messageId":"m1"}`)
	tell(`{"event":"suppressed","channel":"sms"}`)
	if got := closed("customer;customer=" + id); got != "email complained, sms manual" || decision("orderUpdates") != "allow" || decision("account") != "allow" {
		t.Errorf("closed: %s", got)
	}
	for _, tc := range []struct {
		who, channel string
		want         int
	}{{"marketing", "email", 403}, {reporter, "email", 403}, {"customer;customer=0191d2a8-0000-7000-8000-00000000000f", "email", 404},
		{"customer;customer=" + id, "email", 204}, {"support", "email", 404}, {"support", "fax", 404}, {"support", "sms", 204}} {
		if w := s.call(tc.who, "DELETE", path+"/suppressions/"+tc.channel, ""); w.Code != tc.want {
			t.Errorf("%s lifts %s: %d %s", tc.who, tc.channel, w.Code, w.Body)
		}
	}
	if got := closed("support"); got != "" {
		t.Errorf("still closed: %s", got)
	}
}

func TestManyMessagesAreReportedAtOnce(t *testing.T) {
	s := newScene(t)
	ids := s.people(t, 4)
	line := func(id, channel string, n int) string {
		return fmt.Sprintf(`{"id":%q,"event":"sent","channel":%q,"topic":"offers","messageId":"m%d"}`+"\n", id, channel, n)
	}
	body := line(ids[0], "email", 1) + line(ids[0], "email", 1) + line(ids[1], "sms", 1) + "\n" +
		line("0191d2a8-0000-7000-8000-00000000000f", "email", 1) + line("me", "email", 1) + line(ids[2], "fax", 1) + "{\n"
	w := s.call(reporter, "POST", "/v1/messages", body, "Content-Type: "+mediaLines)
	got := linesOf[MessageOutcome](t, w.Body.Bytes())
	for i, want := range []int{204, 204, 204, 404, 422, 422, 400} {
		if len(got) != 7 || got[i].Line != i+1 || got[i].Status != want || (want >= 400) != (got[i].Problem != nil) {
			t.Fatalf("line %d, expected %d: %s", i+1, want, w.Body)
		}
	}
	for _, tc := range []struct {
		who, body string
		want      int
	}{{"support", body, 403}, {decider, body, 403}, {reporter, strings.Repeat(line(ids[0], "email", 1), maxBatchLines+1), 413}, {reporter, "", 200}} {
		if w := s.call(tc.who, "POST", "/v1/messages", tc.body, "Content-Type: "+mediaLines); w.Code != tc.want {
			t.Errorf("%s with %d bytes: %d", tc.who, len(tc.body), w.Code)
		}
	}
	s.app.Access.(*access.Log).Close() // to report is to read nothing
	if w := s.call(reporter, "POST", "/v1/customers/"+ids[3]+"/messages", `{"event":"sent","channel":"email","topic":"offers","messageId":"m"}`); w.Code != http.StatusNoContent {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
