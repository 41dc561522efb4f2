package httpapi

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/acme/customers/internal/receipt"
)

type consentList struct{ Items []Consent }

func (l consentList) of(purpose string) Consent {
	for _, c := range l.Items {
		if c.Purpose == purpose {
			return c
		}
	}
	return Consent{}
}

func TestConsentsAreRecordedAndAskedAsOfBothTimes(t *testing.T) {
	s := newScene(t)
	id := s.register(t, `{"email":"ada@example.test"}`).ID
	self, url := "customer;customer="+id, "/v1/customers/"+id+"/consents"
	if c := read[consentList](t, s.call(self, "GET", url, "")).of("marketing"); c.Status != "notRequested" || c.Basis != "consent" {
		t.Errorf("%+v", c)
	}
	w := s.call(self, "POST", url+"/marketing/grant", `{"source":"web","method":"checkbox","surface":"checkout","noticeVersion":"2026-01","details":{"form":"newsletter-7"}}`)
	c := read[Consent](t, w)
	if w.Code != 200 || c.Status != "granted" || !c.Sufficient || c.Method != "checkbox" || c.ExpiresAt.IsZero() || c.Evidence != 2 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	w = s.call("support", "POST", url+"/marketing/revoke", `{"source":"phone","method":"spoken"}`)
	if c := read[Consent](t, w); w.Code != 200 || c.Status != "revoked" || c.Sufficient {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := s.call("support", "POST", url+"/marketing/deny", ""); w.Code != 200 && w.Code != 409 {
		t.Errorf("declined after it was withdrawn: %d", w.Code)
	}
	// What another system knew of long ago goes where it belongs.
	past := time.Now().UTC().Add(-48 * time.Hour).Format(time.RFC3339)
	between := time.Now().UTC().Add(-24 * time.Hour).Format(time.RFC3339)
	if w := s.call("admin", "POST", url+"/analytics/grant", `{"source":"import","noticeVersion":"2026-01","at":"`+past+`"}`); w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if c := read[consentList](t, s.call("admin", "GET", url+"?at="+between, "")).of("analytics"); c.Status != "granted" {
		t.Errorf("at an instant of the acts: %+v", c)
	}
	if c := read[consentList](t, s.call("admin", "GET", url+"?asOf="+between, "")).of("analytics"); c.Status != "notRequested" {
		t.Errorf("as it was recorded then: %+v", c)
	}
	history := s.call("compliance", "GET", url+"/marketing/history", "").Body.String()
	for _, want := range []string{`"ConsentRequested"`, `"ConsentGranted"`, `"ConsentRevoked"`, `"newsletter-7"`, `"kind":"support"`} {
		if !strings.Contains(history, want) {
			t.Errorf("no %s in %s", want, history)
		}
	}
	for body, want := range map[string]string{
		`{"source":"fax"}`:                  `"/source"`,
		`{"method":"With Secret Words"}`:    `"/method"`,
		`{"noticeVersion":"9"}`:             `"unknown_notice"`,
		`{"at":"2999-01-01T00:00:00Z"}`:     `"in_the_future"`,
		`{"expiresAt":"2001-01-01T00:00Z"}`: `"/expiresAt"`,
	} {
		if w := s.call("admin", "POST", url+"/personalization/grant", body); w.Code/100 != 4 || !strings.Contains(w.Body.String(), want) || strings.Contains(w.Body.String(), "Secret") {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	}
	if w := s.call("admin", "POST", url+"/gossip/grant", ""); w.Code != 404 {
		t.Errorf("no such purpose: %d", w.Code)
	}
	if w := s.call("marketing", "GET", url, ""); w.Code != 403 {
		t.Errorf("marketing: %d", w.Code)
	}
}

func TestAnActIsRecordedOnceForAKey(t *testing.T) {
	s := newScene(t)
	id := s.register(t, `{"email":"ada@example.test"}`).ID
	url := "/v1/customers/" + id + "/consents/marketing"
	first := read[Consent](t, s.call("admin", "POST", url+"/grant", `{"source":"web"}`, "Idempotency-Key: k"))
	again := read[Consent](t, s.call("admin", "POST", url+"/grant", `{"source":"web"}`, "Idempotency-Key: k"))
	if again.Evidence != first.Evidence || again.Status != "granted" {
		t.Errorf("%+v, %+v", first, again)
	}
	if w := s.call("admin", "POST", url+"/grant", `{"source":"app"}`, "Idempotency-Key: k"); w.Code != 422 {
		t.Errorf("the key with another act: %d %s", w.Code, w.Body)
	}
}

func TestWhetherSomebodyMayBeContacted(t *testing.T) {
	s := newScene(t)
	id := s.register(t, `{"email":"ada@example.test"}`).ID
	url := "/v1/customers/" + id
	ask := func(body string) ContactDecision {
		t.Helper()
		w := s.call("service;scope=contact:decide", "POST", url+"/contact-decision", body)
		if w.Code != 200 || strings.Contains(w.Body.String(), "example.test") {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		return read[ContactDecision](t, w)
	}
	if d := ask(`{"channel":"email","topic":"newsletter"}`); d.Decision != "deny" {
		t.Errorf("%+v", d)
	}
	s.call("admin", "POST", url+"/consents/marketing/grant", `{"source":"web"}`)
	if d := ask(`{"channel":"email","topic":"newsletter"}`); d.Decision != "allow" {
		t.Errorf("%+v", d)
	}
	s.call("admin", "PATCH", url+"/preferences", `{"communication":{"email":false}}`)
	d := ask(`{"channel":"email","topic":"newsletter"}`)
	if d.Decision != "deny" || len(d.Reasons) < 4 {
		t.Errorf("%+v", d)
	}
	if d := ask(`{"channel":"email","topic":"orderUpdates"}`); d.Decision != "allow" {
		t.Errorf("%+v", d)
	}
	for body, want := range map[string]string{`{"channel":"fax","topic":"newsletter"}`: `"/channel"`, `{"channel":"email"}`: `"one_of"`,
		`{"channel":"email","topic":"gossip"}`: `"unknown_topic"`, `{"channel":"email","topic":"newsletter","purpose":"marketing"}`: `"one_of"`} {
		if w := s.call("admin", "POST", url+"/contact-decision", body); w.Code != 422 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	}
}

func TestAReceiptIsOfWhatTheCustomerDid(t *testing.T) {
	s := newScene(t)
	id := s.register(t, `{"email":"ada@example.test"}`).ID
	url := "/v1/customers/" + id + "/consents/marketing"
	if w := s.call("admin", "GET", url+"/receipt", ""); w.Code != 404 {
		t.Errorf("a receipt of nothing: %d %s", w.Code, w.Body)
	}
	s.call("admin", "POST", url+"/grant", `{"source":"web","method":"checkbox","details":{"form":"Ada's own words"}}`)
	var keys jose.JSONWebKeySet
	if w := s.call("", "GET", "/.well-known/jwks.json", ""); w.Code != 200 || json.Unmarshal(w.Body.Bytes(), &keys) != nil {
		t.Fatalf("the keys are not public: %d %s", w.Code, w.Body)
	}
	self := "customer;customer=" + id
	w := s.call(self, "GET", url+"/receipt", "")
	got, err := receipt.Verify(read[Receipt](t, w).Receipt, keys, s.clock.Now())
	if err != nil || got.Status != "granted" || got.PrincipalID.String() != id || len(got.Events) != 2 || got.Events[1].Method != "checkbox" {
		t.Errorf("%v: %+v", err, got)
	}
	payload, _ := base64.RawURLEncoding.DecodeString(strings.Split(read[Receipt](t, w).Receipt, ".")[1])
	if strings.Contains(string(payload), "Ada") || strings.Contains(string(payload), "example.test") {
		t.Errorf("the receipt names the customer: %s", payload)
	}
	for _, who := range []string{"customer;customer=0191d2a8-0000-7000-8000-00000000000f", "marketing", decider} {
		if w := s.call(who, "GET", url+"/receipt", ""); w.Code == 200 {
			t.Errorf("%s got a receipt", who)
		}
	}
}
