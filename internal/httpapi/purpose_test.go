package httpapi

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/fault"
)

// Who reads says what for, and that is on record with the network it came from;
// the customer sees what for, not from where.
func TestWhatAReadIsForIsOnRecord(t *testing.T) {
	s := newScene(t)
	id := s.register(t, `{"email":"ada@example.test"}`).ID
	url := "/v1/customers/" + id
	for _, c := range []struct {
		who, purpose string
		status       int
		code         string
	}{
		{"support", "customer-care", 200, ""},
		{"support", "", 200, ""},
		{"support", "curiosity", 422, fault.ErrUnknownPurpose.Code},
		{"support", "audit,security", 422, fault.ErrUnknownPurpose.Code},
		{"support", "Customer-Care", 422, fault.ErrUnknownPurpose.Code},
		{"compliance", "", 403, fault.ErrPurposeNeeded.Code},
		{"compliance", "legal-compliance", 200, ""},
		{"marketing", "curiosity", 403, fault.ErrForbidden.Code}, // no lesson in our words for who may not ask
	} {
		w := s.call(c.who, "GET", url, "", purposeHeader+": "+c.purpose)
		if code := read[struct{ Code string }](t, w).Code; w.Code != c.status || code != c.code {
			t.Errorf("%s for %q: %d %s, want %d %s", c.who, c.purpose, w.Code, code, c.status, c.code)
		}
	}
	type seen struct{ Who, Channel, Purpose, From string }
	list := func(who string) (out []seen) {
		for _, e := range read[struct{ Items []AccessEntry }](t, s.call(who, "GET", url+"/access-log", "")).Items {
			if e.Operation == "getCustomer" {
				out = append(out, seen{e.Actor.Kind, e.Channel, e.Purpose, e.From})
			}
		}
		return out
	}
	const from = "192.0.2.1" // httptest's
	want := []seen{{"compliance", "api", "legal-compliance", from}, {"support", "api", "", from}, {"support", "api", "customer-care", from}}
	if diff := cmp.Diff(want, list("compliance")); diff != "" {
		t.Error(diff)
	}
	for i := range want {
		want[i].From = ""
	}
	if diff := cmp.Diff(want, list("customer;customer="+id)); diff != "" {
		t.Errorf("the customer's own: %s", diff)
	}
}

// On record is what an answer can show, not all that the caller may see.
func TestWhatIsOnRecordIsWhatWasShown(t *testing.T) {
	s := newScene(t)
	id := s.everything(t)
	path := "/v1/customers/" + id
	for _, c := range []struct{ who, path, operation, fields string }{
		{"support", path, "getCustomer", "identity name contact userId externalIds demographics attributes tags completeness activity"},
		{"customer;customer=" + id, path + "/activity", "getActivity", "identity activity"},
		{"support", path + "/addresses", "listAddresses", "identity addresses"},
		{"support", path + "/context?for=cart", "getCartContext", "identity addresses preferences"},
		{"support", path + "/notes", "listNotes", "identity historyActor notes"},
	} {
		if w := s.call(c.who, "GET", c.path, ""); w.Code != 200 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		log := read[struct{ Items []AccessEntry }](t, s.call("compliance", "GET", path+"/access-log?limit=5", "")).Items
		i := slices.IndexFunc(log, func(e AccessEntry) bool { return e.Operation == c.operation })
		if i < 0 || strings.Join(log[i].Fields, " ") != c.fields {
			t.Errorf("%s: on record is %v", c.operation, log[i].Fields)
		}
	}
}

// What shows somebody to compliance needs a purpose, and whatever is new does.
func TestComplianceSaysWhatForWhateverItReads(t *testing.T) {
	rules, err := authz.LoadPolicies(authz.Embedded())
	if err != nil {
		t.Fatal(err)
	}
	auditor, without := authz.Principal{Role: authz.RoleCompliance}, 0
	for _, action := range authz.Actions() {
		for _, rel := range []authz.Relation{authz.None, authz.Other} {
			if rules.Allow(auditor, action, rel) != nil || rules.NeedsPurpose(auditor, action, rel) {
				continue
			}
			without++
			if _, shows := silent[action]; !shows {
				t.Errorf("%s needs no purpose", action)
			}
		}
	}
	if without == 0 {
		t.Error("control: nothing is free")
	}
}

// Compliance sees who read how many customers: batches count each, and what
// lies outside of the time does not.
func TestReadersAreCountedByWhatTheyRead(t *testing.T) {
	s := newScene(t)
	s.app.Unusual = map[string]int64{"support": 1}
	one, two := s.register(t, `{"email":"a@example.test"}`).ID, s.register(t, `{"email":"b@example.test"}`).ID
	before := s.clock.Now()
	s.call("admin", "GET", "/v1/customers/"+one, "")
	s.clock.pass(2 * time.Hour)
	for range 3 {
		s.call("support;sub=agent-1", "GET", "/v1/customers/"+one, "", purposeHeader+": customer-care")
	}
	s.call("support;sub=agent-2", "POST", "/v1/contexts", `{"id":"`+one+`"}`+"\n"+`{"id":"`+two+`"}`, "Content-Type: "+mediaLines)
	s.call("customer;customer="+one, "GET", "/v1/me", "")
	type answer struct {
		Items []Reader
		Total int
	}
	list := func(query string) answer {
		return read[answer](t, s.call("compliance", "GET", "/v1/access-log/readers"+query, ""))
	}
	got := list("?to=" + url.QueryEscape(s.clock.Now().Add(time.Second).Format(time.RFC3339)))
	type seen struct {
		ID                 string
		Customers, Entries int64
		Unusual            bool
	}
	var have []seen
	for _, r := range got.Items {
		have = append(have, seen{r.Actor.ID, r.Customers, r.Entries, r.Unusual})
	}
	if diff := cmp.Diff([]seen{{"agent-2", 2, 1, true}, {"agent-1", 1, 3, false}}, have); diff != "" {
		t.Error(diff)
	}
	if first := list("?limit=1&to=" + url.QueryEscape(s.clock.Now().Add(time.Second).Format(time.RFC3339))); len(first.Items) != 1 || first.Total != 2 {
		t.Errorf("a limit of one: %d of %d", len(first.Items), first.Total)
	}
	if early := list("?to=" + url.QueryEscape(before.Add(time.Hour).Format(time.RFC3339))); early.Total != 1 || early.Items[0].Actor.Kind != "admin" {
		t.Errorf("before that: %+v", early)
	}
	for _, query := range []string{"?from=2026-01-01T00:00:00Z&to=2026-01-01T00:00:00Z", "?from=2026-01-01T00:00:00Z&to=2026-03-01T00:00:00Z"} {
		if w := s.call("compliance", "GET", "/v1/access-log/readers"+query, ""); w.Code != 422 {
			t.Errorf("%s: %d", query, w.Code)
		}
	}
}
