package contact

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/acme/customers/internal/consent"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/message"
)

var (
	noon  = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	rules = Rules{Purposes: consent.Purposes{
		{Name: "marketing", Basis: consent.ByConsent, Notices: []consent.Notice{{Version: "1"}, {Version: "2"}}},
		{Name: "service", Basis: consent.ByContract},
	}, Preferences: customer.DefaultPreferences()}
)

// granted is a consent of yesterday, under the newest notice.
func granted(kind consent.Status, notice string, ends time.Time) *consent.State {
	return &consent.State{Acts: map[string][]consent.Act{"marketing": {
		{Kind: consent.Pending, At: noon.Add(-25 * time.Hour), Version: 1}, {Kind: consent.Granted, At: noon.Add(-24 * time.Hour), Notice: notice, ExpiresAt: ends, Version: 2},
		{Kind: kind, At: noon.Add(-time.Hour), Notice: notice, ExpiresAt: ends, Version: 3}}}}
}

func TestDecide(t *testing.T) {
	yes := granted(consent.Granted, "2", time.Time{})
	ada := customer.State{Status: customer.Active, Email: customer.Email{Address: "a@b.example"}, Profile: customer.Profile{Timezone: "Europe/Zurich"}}
	with := func(change func(*customer.State)) customer.State {
		s := ada
		s.Preferences = customer.Preferences{}
		change(&s)
		return s
	}
	prefers := func(path string, value any) customer.State {
		return with(func(s *customer.State) { s.Preferences[path] = value })
	}
	quiet := with(func(s *customer.State) {
		s.Preferences["notifications.quietFrom"], s.Preferences["notifications.quietTo"] = "22:00", "07:00"
	})
	mail := Question{Channel: "email", Topic: "newsletter", At: noon}
	at := func(q Question, t time.Time) Question {
		q.At = t
		return q
	}
	night := time.Date(2026, 11, 27, 23, 30, 0, 0, time.UTC) // 00:30 in Zurich
	for _, tc := range []struct {
		name     string
		q        Question
		who      customer.State
		consents *consent.State
		want     Outcome
		until    time.Time
		codes    string // of those that stand in the way
	}{
		{"all is well", mail, ada, yes, Allow, time.Time{}, ""},
		{"by purpose", Question{Channel: "email", Purpose: "marketing", At: noon}, ada, yes, Allow, time.Time{}, ""},
		{"another ground than consent", Question{Channel: "email", Purpose: "service", At: noon}, ada, &consent.State{}, Allow, time.Time{}, ""},
		{"nobody asked", mail, ada, &consent.State{}, Deny, time.Time{}, "consent_not_requested"},
		{"revoked", mail, ada, granted(consent.Revoked, "2", time.Time{}), Deny, time.Time{}, "consent_revoked"},
		{"run out", mail, ada, granted(consent.Granted, "2", noon), Deny, time.Time{}, "consent_expired"},
		{"not yet run out", mail, ada, granted(consent.Granted, "2", noon.Add(1)), Allow, time.Time{}, ""},
		{"before it was revoked", at(mail, noon.Add(-2*time.Hour)), ada, granted(consent.Revoked, "2", time.Time{}), Allow, time.Time{}, ""},
		{"an older notice", mail, ada, granted(consent.Granted, "1", time.Time{}), Deny, time.Time{}, "consent_of_an_older_notice"},
		{"no such purpose", Question{Channel: "email", Purpose: "gossip", At: noon}, ada, yes, Deny, time.Time{}, "no_purpose"},
		{"closed channel", mail, prefers("communication.email", false), yes, Deny, time.Time{}, "channel_closed"},
		{"closed topic", mail, prefers("topics.newsletter.email", false), yes, Deny, time.Time{}, "topic_closed"},
		{"another topic", Question{Channel: "email", Topic: "offers", At: noon}, prefers("topics.newsletter.email", false), yes, Allow, time.Time{}, ""},
		{"archived", mail, with(func(s *customer.State) { s.Status = customer.IsClosed }), yes, Deny, time.Time{}, "archived"},
		{"inactive", mail, with(func(s *customer.State) { s.Status = customer.Inactive }), yes, Deny, time.Time{}, "inactive"},
		{"no address", Question{Channel: "sms", Topic: "newsletter", At: noon}, ada, yes, Deny, time.Time{}, "no_address"},
		{"everything at once", Question{Channel: "sms", Topic: "newsletter", At: noon}, with(func(s *customer.State) {
			s.Status, s.Preferences["communication.sms"] = customer.Inactive, false
		}), &consent.State{}, Deny, time.Time{}, "inactive no_address consent_not_requested channel_closed"},
		{"what must be told passes all that", Question{Channel: "email", Topic: "orderUpdates", At: night}, with(func(s *customer.State) {
			s.Status, s.Preferences["communication.email"], s.Preferences["notifications.quietFrom"], s.Preferences["notifications.quietTo"] = customer.Inactive, false, "22:00", "07:00"
		}), &consent.State{}, Allow, time.Time{}, ""},
		{"but nobody writes to who is gone", Question{Channel: "email", Topic: "orderUpdates", At: noon}, with(func(s *customer.State) { s.Status = customer.IsClosed }), yes, Deny, time.Time{}, "archived"},
		{"quiet hours over midnight", at(mail, night), quiet, yes, Defer, time.Date(2026, 11, 28, 6, 0, 0, 0, time.UTC), "quiet"},
		{"before midnight", at(mail, night.Add(-2*time.Hour)), quiet, yes, Defer, time.Date(2026, 11, 28, 6, 0, 0, 0, time.UTC), "quiet"},
		{"awake at seven sharp", at(mail, time.Date(2026, 11, 28, 6, 0, 0, 0, time.UTC)), quiet, yes, Allow, time.Time{}, ""},
		{"the night of summer time is shorter", at(mail, time.Date(2026, 3, 29, 0, 30, 0, 0, time.UTC)), quiet, granted(consent.Granted, "2", time.Time{}), Deny, time.Time{}, "consent_not_requested quiet"},
		{"a letter wakes nobody", Question{Channel: "mail", Topic: "newsletter", At: night}, with(func(s *customer.State) {
			s.Preferences["notifications.quietFrom"], s.Preferences["notifications.quietTo"] = "22:00", "07:00"
			s.Addresses = map[string]customer.Address{"a": {}}
		}), yes, Allow, time.Time{}, ""},
		{"daily", mail, prefers("notifications.frequency", "daily"), yes, Defer, time.Date(2026, 11, 28, 8, 0, 0, 0, time.UTC), "digest"},
		{"in the hour of the digest", at(mail, time.Date(2026, 11, 28, 8, 20, 0, 0, time.UTC)), prefers("notifications.frequency", "daily"), yes, Allow, time.Time{}, ""},
		{"weekly, on a Friday", mail, prefers("notifications.frequency", "weekly"), yes, Defer, time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC), "digest"},
		{"weekly, on a Sunday", at(mail, noon.Add(48*time.Hour)), prefers("notifications.frequency", "weekly"), yes, Defer, time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC), "digest"},
	} {
		d := rules.Decide(tc.q, &Customer{State: &tc.who, Version: 7, Consents: tc.consents, Messages: new(message.State)})
		var codes []string
		for _, r := range d.Reasons {
			if r.Outcome != Allow {
				codes = append(codes, r.Code)
			}
		}
		if d.Outcome != tc.want || !d.Until.Equal(tc.until) || strings.Join(codes, " ") != tc.codes {
			t.Errorf("%s: %s until %s because of %s", tc.name, d.Outcome, d.Until, codes)
		}
	}
}

func TestReasonsNameTheirEvidence(t *testing.T) {
	who := customer.State{Status: customer.Active, Email: customer.Email{Address: "a@b.example"}, Preferences: customer.Preferences{"communication.email": true}}
	d := rules.Decide(Question{Channel: "email", Topic: "newsletter", At: noon}, &Customer{State: &who, Version: 7, Consents: granted(consent.Granted, "2", time.Time{}), Messages: new(message.State)})
	got := map[string]string{}
	for _, r := range d.Reasons {
		got[r.Rule] = r.Evidence
	}
	if d := cmp.Diff(map[string]string{"status": "customer/7", "consent": "consent/3", "channel": "customer/7", "topic": ""}, got); d != "" {
		t.Error(d)
	}
}

func BenchmarkDecide(b *testing.B) {
	who := customer.State{Status: customer.Active, Email: customer.Email{Address: "a@b.example"}, Profile: customer.Profile{Timezone: "Europe/Zurich", Locale: "de-CH"},
		Preferences: customer.Preferences{"notifications.quietFrom": "22:00", "notifications.quietTo": "07:00"}}
	c := &Customer{State: &who, Version: 7, Consents: granted(consent.Granted, "2", time.Time{}), Messages: new(message.State)}
	b.ReportAllocs()
	for b.Loop() {
		rules.Decide(Question{Channel: "email", Topic: "newsletter", At: noon}, c)
	}
}
