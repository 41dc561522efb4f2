package httpapi

import (
	"fmt"
	"strings"
	"testing"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/bus"
)

// inquiry is a request for an action, on a customer that has something of
// everything.
type inquiry struct {
	who, method, path, body string
	headers                 []string
	about                   []string // customers
	marks                   []string // values of theirs
}

// inquire makes the request that fits an operation, on behalf of one who may.
func (s *scene) inquire(t *testing.T, n int, action authz.Action, method, path string) inquiry {
	t.Helper()
	email := fmt.Sprintf("ada@example%d.test", n)
	id := s.everythingOf(t, email)
	q := inquiry{who: "admin", method: method, body: bodyOf(string(action)), about: []string{id},
		marks: []string{"ada@example", "Lovelace", "+41446681800", "1990-12-10", "Bundesplatz", "called", "suspects", `"9.90"`, "late"}}
	line := `{"id":"` + id + `"}`
	lines := []string{"Content-Type: " + mediaLines}
	switch action {
	case authz.GetMe:
		q.who = "customer;customer=" + id
	case authz.GetCustomerAsOf:
		path += "?asOf=2100-01-01T00:00:00Z"
	case authz.GetOrderContext, authz.GetCartContext, authz.GetNotificationContext:
		path += map[authz.Action]string{authz.GetOrderContext: "?for=order", authz.GetCartContext: "?for=cart", authz.GetNotificationContext: "?for=notifications"}[action]
	case authz.BatchGetContext:
		q.about = append(q.about, s.register(t, `{"email":"b`+email+`"}`).ID)
		q.body, q.headers = line+"\n"+`{"id":"`+q.about[1]+`"}`+"\n", lines
	case authz.ClassifyCustomer:
		q.body = `{"tags":["a"]}`
	case authz.RegisterCustomer:
		q.body, q.about = `{"externalIds":{"crm":"`+id+`"}}`, nil
	case authz.BatchRegisterCustomers:
		q.body, q.headers = `{"email":"`+email+`","tags":["a"]}`, lines
		path += "?mode=upsert"
	case authz.LookupCustomer:
		q.body = `{"email":"` + email + `"}`
	case authz.BatchRecordActivities:
		q.body, q.headers = `{"customerId":"`+id+`","id":"1","source":"identity","type":"UserAuthenticated"}`, lines
	case authz.BatchDecideContact:
		q.body, q.headers = `{"id":"`+id+`","channel":"email","topic":"newsletter"}`, lines
	case authz.BatchReportMessages:
		q.body, q.headers = `{"id":"`+id+`","event":"complained","channel":"email"}`, lines
	case authz.BatchRecordConsents:
		q.body, q.headers = `{"id":"`+id+`","purpose":"analytics","act":"grant","source":"web"}`, lines
	case authz.BatchCreatePreferenceLinks:
		q.body, q.headers = `{"id":"`+id+`","kind":"preferences","channel":"email"}`, lines
	case authz.GetVerificationDelivery:
		q.who = "service;scope=notifications"
		path = strings.Replace(path, "{id}", s.verification(t, id, "email").DeliveryID, 1)
	case authz.ConfirmEmailVerification, authz.ConfirmPhoneVerification:
		channel := strings.ToLower(strings.TrimSuffix(strings.TrimPrefix(string(action), "confirm"), "Verification"))
		asked := s.verification(t, id, channel)
		w := s.call("service;scope=notifications", "POST", "/v1/verifications/"+asked.DeliveryID+"/delivery", "")
		q.body = `{"code":"` + read[struct{ Code string }](t, w).Code + `"}`
	case authz.ShowDeadLetter, authz.ReplayDeadLetter:
		raw := []byte(`{"specversion":"1.0","id":"1","source":"/support","type":"acme.support.SupportTicketCreated.v1","data":{"subject":"late"}}`)
		if err := s.letters.Put(t.Context(), bus.Letter{Subject: "support.v1.SupportTicketCreated", Data: raw, Code: "unknown_customer"}); err != nil {
			t.Fatal(err)
		}
		letters, _ := s.letters.List(t.Context(), "", 1)
		path = strings.Replace(path, "{id}", letters[0].ID, 1)
		q.about = nil
	case authz.GetConsentReceipt, authz.RevokeConsent, authz.LiftSuppression:
		s.call(reporter, "POST", "/v1/customers/"+id+"/messages", `{"event":"complained","channel":"email"}`)
	case authz.DeactivateCustomer:
		s.call("admin", "POST", "/v1/customers/"+id+"/activate", "{}")
	case authz.RequestConsent, authz.DenyConsent:
		path = strings.ReplaceAll(path, "{purpose}", "analytics")
	case authz.SearchCustomers, authz.ExportSearch:
		q.body = `{"query":"` + email + `"}`
	case authz.LoadSegmentMembers:
		q.body, q.headers = "email\n"+email+"\n", []string{"Content-Type: " + mediaTable}
	case authz.PreviewSegment:
		q.about = nil // the first of all
	case authz.StreamTimeline:
		q.headers = []string{"Last-Event-ID: 1"}
	}
	q.path = s.on(path, id)
	return q
}

func (s *scene) verification(t *testing.T, id, channel string) VerificationRequested {
	t.Helper()
	return read[VerificationRequested](t, s.call("admin", "POST", "/v1/customers/"+id+"/"+channel+"/verification", ""))
}
