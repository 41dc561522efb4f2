package httpapi

import (
	"testing"

	"github.com/google/go-cmp/cmp"

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
