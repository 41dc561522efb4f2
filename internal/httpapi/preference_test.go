package httpapi

import (
	"slices"
	"strings"
	"testing"
)

func TestPreferencesAreChosenAndToldFromDefaults(t *testing.T) {
	s := newScene(t)
	id := s.register(t, `{"email":"ada@example.test","profile":{"locale":"de-CH","currency":"CHF"}}`).ID
	self, url := "customer;customer="+id, "/v1/customers/"+id+"/preferences"
	p := read[Preferences](t, s.call(self, "GET", url, ""))
	if p.Communication["email"] != true || p.Display["currency"] != "CHF" || !slices.Contains(p.Defaulted, "communication.email") || p.Topics["orderUpdates"]["sms"] != true {
		t.Errorf("%+v", p)
	}
	w := s.call(self, "PATCH", url, `{"communication":{"sms":false},"topics":{"newsletter":{"email":false}},"notifications":{"quietFrom":"22:00","quietTo":"07:00","atMost":3,"period":"week"},"display":{"theme":"dark"}}`)
	p = read[Preferences](t, w)
	if w.Code != 200 || p.Communication["sms"] != false || p.Topics["newsletter"]["email"] != false || p.Notifications["atMost"] != 3.0 ||
		slices.Contains(p.Defaulted, "communication.sms") || !slices.Contains(p.Defaulted, "communication.email") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	w = s.call(self, "PATCH", url+"/display", `{"theme":null,"language":"fr"}`)
	if p = read[Preferences](t, w); w.Code != 200 || p.Display["theme"] != "system" || p.Display["language"] != "fr" || p.Communication["sms"] != false {
		t.Errorf("a section alone: %d %s", w.Code, w.Body)
	}
	section := read[Preferences](t, s.call("service;scope=preferences:read", "GET", url+"/communication", ""))
	if section.Communication["sms"] != false || len(section.Display) != 0 {
		t.Errorf("%+v", section)
	}
	for body, want := range map[string]string{
		`{"communication":{"fax":true}}`:                   `"unknown_member"`,
		`{"topics":{"account":{"email":false}}}`:           `"mandatory_topic"`,
		`{"topics":{"Secret-Topic":{"email":false}}}`:      `"unknown_preference"`,
		`{"display":{"theme":"pink"}}`:                     `"/display/theme"`,
		`{"notifications":{"quietFrom":null}}`:             `"belongs_together"`,
		`{"notifications":{"atMost":0,"period":"decade"}}`: `"/notifications/period"`,
	} {
		w := s.call(self, "PATCH", url, body)
		if w.Code != 422 && w.Code != 400 || !strings.Contains(w.Body.String(), want) || strings.Contains(w.Body.String(), "Secret") {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	}
	if w := s.call(self, "PATCH", url+"/display", `{"theme":"pink"}`); !strings.Contains(w.Body.String(), `"pointer":"/theme"`) {
		t.Errorf("the pointer of a section: %s", w.Body)
	}
	history := s.call("support", "GET", "/v1/customers/"+id+"/history", "").Body.String()
	if !strings.Contains(history, `"preferences.communication.sms"`) || !strings.Contains(history, `"CommunicationOptOut"`) {
		t.Errorf("history: %s", history)
	}
}

// Global Privacy Control: a signal on any request of the customer, and on
// nobody else's.
func TestAPrivacyControlSignalIsAnOptOut(t *testing.T) {
	s := newScene(t)
	id := s.register(t, `{"email":"ada@example.test"}`).ID
	self, url := "customer;customer="+id, "/v1/customers/"+id+"/preferences"
	sharing := func() (any, bool) {
		p := read[Preferences](t, s.call("admin", "GET", url, ""))
		return p.Privacy["dataSharing"], !slices.Contains(p.Defaulted, "privacy.dataSharing")
	}
	s.call(self, "PATCH", url+"/privacy", `{"dataSharing":true}`)
	s.call("support", "GET", url, "", "Sec-GPC: 1")
	s.call(self, "GET", url, "", "Sec-GPC: 0")
	if v, chosen := sharing(); v != true || !chosen {
		t.Fatalf("without a signal of the customer: %v, %v", v, chosen)
	}
	if w := s.call(self, "GET", "/v1/customers/"+id, "", "Sec-GPC: 1"); w.Code != 200 {
		t.Fatal(w.Code)
	}
	if v, chosen := sharing(); v != false || !chosen {
		t.Errorf("after the signal: %v, %v", v, chosen)
	}
	before := read[Customer](t, s.call("admin", "GET", "/v1/customers/"+id, "")).Version
	s.call(self, "GET", url, "", "Sec-GPC: 1")
	if after := read[Customer](t, s.call("admin", "GET", "/v1/customers/"+id, "")).Version; after != before {
		t.Error("the same signal is recorded again")
	}
}
