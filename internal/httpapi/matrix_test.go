package httpapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/fault"
)

// TestRolesOverHTTP runs every operation of the OpenAPI document as every
// caller, on nobody, on oneself and on another, and holds the answer to the
// table that is reviewed with the policies (internal/authz/testdata).
func TestRolesOverHTTP(t *testing.T) {
	table, err := os.ReadFile("../authz/testdata/operations.txt")
	if err != nil {
		t.Fatal(err)
	}
	decided, err := parseTable(string(table))
	if err != nil {
		t.Fatal(err)
	}
	deviations, tried := runMatrix(t, decided)
	for _, d := range deviations {
		t.Error(d)
	}
	if tried < 500 {
		t.Errorf("only %d requests", tried)
	}
}

// The runner has to see a deviation: the table with one decision turned round.
func TestAWrongTableIsSeen(t *testing.T) {
	for _, turned := range []struct{ action, from, to string }{{"getCustomer", "yes", "no"}, {"archiveCustomer", "no", "yes"}} {
		who := caller{name: "support"}
		seen, _ := runMatrix(t, map[decision]string{{who.name, turned.action, "other"}: turned.to})
		if len(seen) == 0 {
			t.Errorf("%s for support is %s, and nobody sees that the table says %s", turned.action, turned.from, turned.to)
		}
	}
}

type caller struct{ name string }

// token gives the caller's token for a relation to the customer of id.
func (c caller) token(relation, id string) string {
	role, scopes, _ := strings.Cut(c.name, "+")
	token := role
	if relation == "self" && role == "customer" {
		token += ";customer=" + id
	}
	if role == "customer" && relation != "self" {
		token += ";customer=0191d2a8-0000-7000-8000-00000000000f"
	}
	if scopes == "every scope" {
		scopes = strings.Join(authz.Scopes(), "+")
	}
	for scope := range strings.SplitSeq(scopes, "+") {
		if scope != "" {
			token += ";scope=" + scope
		}
	}
	return token
}

type decision struct{ caller, action, relation string }

// parseTable reads the golden table: a caller's line, then its actions.
func parseTable(text string) (map[decision]string, error) {
	out := map[decision]string{}
	who := ""
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		switch {
		case len(fields) == 0 || strings.HasPrefix(line, "#"):
		case len(fields) < 4:
			return nil, fmt.Errorf("what is %q?", line)
		case !strings.HasPrefix(line, " "):
			who = strings.Join(fields[:len(fields)-3], " ")
		default:
			for i, relation := range []string{"none", "self", "other"} {
				out[decision{who, fields[0], relation}] = fields[1+i]
			}
		}
	}
	return out, nil
}

// runMatrix lists what deviates from the decisions, for the operations and
// callers that they are about.
func runMatrix(t *testing.T, decided map[decision]string) (deviations []string, tried int) {
	s := newScene(t)
	n := 0
	fresh := func() string { // a customer of its own for each request: some change it
		n++
		return s.register(t, fmt.Sprintf(`{"email":"p%d@example.test","phone":"+41446681800"}`, n)).ID
	}
	operations := described(routes(Config{}).huma.OpenAPI())
	for d, want := range decided {
		for _, op := range operations {
			if op.OperationID != d.action && op.OperationID != variants[authz.Action(d.action)] {
				continue
			}
			onOne := onOne(op.Path)
			if onOne == (d.relation == "none") || d.relation == "self" && !strings.HasPrefix(d.caller, "customer") {
				continue // the operation has no such relation, or the caller cannot be it
			}
			id := fresh()
			token, action := caller{d.caller}.token(d.relation, id), authz.Action(d.action)
			got := s.ask(op, token, id, action, purposeHeader+": ")
			answer := answerOf(got.Code, onOne)
			if strings.Contains(got.Body.String(), fault.ErrPurposeNeeded.Code) && answerOf(s.ask(op, token, id, action, purposeHeader+": audit").Code, onOne) == "yes" {
				answer = "purpose"
			}
			tried++
			if answer != want {
				deviations = append(deviations, fmt.Sprintf("%s %s on %s: %d (%s), the table says %s", d.caller, d.action, d.relation, got.Code, answer, want))
			}
		}
	}
	return deviations, tried
}

// onOne tells whether an operation is about one customer.
func onOne(path string) bool {
	return strings.Contains(path, "/v1/customers/{id}") || strings.Contains(path, "{addressId}") || strings.Contains(path, "{customerId}")
}

// ask sends a request that is right but for, maybe, its caller.
func (s *scene) ask(op *huma.Operation, token, id string, action authz.Action, headers ...string) *httptest.ResponseRecorder {
	target, body := s.on(op.Path, id), bodyOf(op.OperationID)
	switch op.OperationID {
	case "getCustomer":
		if action == authz.GetCustomerAsOf {
			target += "?asOf=2100-01-01T00:00:00Z"
		}
	case "getContext":
		target += map[authz.Action]string{authz.GetOrderContext: "?for=order", authz.GetCartContext: "?for=cart", authz.GetNotificationContext: "?for=notifications"}[action]
	case "patchCustomer":
		if action == authz.ClassifyCustomer {
			body = `{"tags":["a"]}`
		}
	case "registerCustomer":
		body = `{"externalIds":{"crm":"` + id + `"}}`
	case "batchRegisterCustomers", "batchDecideContact", "batchRecordConsents", "batchReportMessages", "batchCreatePreferenceLinks", "batchRecordActivities":
		headers = append(headers, "Content-Type: "+mediaLines)
	case "loadSegmentMembers":
		headers = append(headers, "Content-Type: "+mediaTable)
	case "getConsentReceipt":
		s.call("admin", "POST", strings.Replace(target, "/receipt", "/grant", 1), `{"source":"web"}`) // there is none of nothing
	case "liftSuppression":
		s.call("admin", "POST", strings.Replace(target, "/suppressions/email", "/messages", 1), bodyOf("reportMessage")) // something to lift
	case "batchGetContext":
		headers = append(headers, "Content-Type: "+mediaLines)
		if _, form, ok := strings.Cut(token, "scope=context:"); ok && !strings.Contains(token, "customers:read") {
			target += "?for=" + form // each form has its scope
		}
	case "patchNote", "deleteNote": // compliance changes its own alone
		if strings.HasPrefix(token, "compliance") && strings.Contains(target, id) {
			var n Note
			_ = json.Unmarshal(s.call("compliance", "POST", "/v1/customers/"+id+"/notes", `{"type":"compliance","content":"x"}`).Body.Bytes(), &n)
			target = strings.NewReplacer("{id}", id, "{noteId}", n.ID).Replace(op.Path)
		}
	case "lookupCustomer":
		body = `{"number":"C-00000001"}`
	}
	if op.RequestBody == nil {
		body = ""
	}
	return s.call(token, op.Method, target, body, headers...)
}

// answerOf turns a status into the table's words. A refusal for any other
// reason than who is asking is a yes; so is a 404 about what is no customer.
func answerOf(status int, onOne bool) string {
	switch {
	case status == http.StatusForbidden:
		return "no"
	case status == http.StatusNotFound && onOne:
		return "hidden"
	case status == http.StatusUnauthorized, status >= 500:
		return http.StatusText(status)
	}
	return "yes"
}
