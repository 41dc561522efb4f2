package app_test

import (
	"testing"
	"time"

	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/consent"
	"github.com/acme/customers/internal/contact"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/message"
)

// What was acknowledged counts, though the clock of the instance that recorded
// it is ahead of the one that is asked; and a question about the past is none
// about what may be sent.
func TestClocksThatDifferAllowNothing(t *testing.T) {
	pairs(t, func(t *testing.T, ahead, behind *app.App) {
		ahead.Clock = func() time.Time { return time.Now().Add(time.Minute) }
		v, err := ahead.Register(t.Context(), admin(), customer.Register{Email: "x@example.test"})
		check(t, err)
		act := func(a *app.App, action authz.Action, kind consent.Status) {
			t.Helper()
			got, err := a.RecordConsent(t.Context(), admin(), action, v.ID, consent.Record{Kind: kind, Source: "web", Evidence: consent.Evidence{Purpose: "marketing"}})
			if err != nil || got.Status != kind {
				t.Errorf("%s: %v, then %s", kind, err, got.Status)
			}
		}
		ask := func(a *app.App, at time.Time) contact.Outcome {
			t.Helper()
			d, err := a.DecideContact(t.Context(), admin(), v.ID, contact.Question{Channel: "email", Topic: "newsletter", At: at})
			check(t, err)
			return d.Outcome
		}
		for range 3 {
			act(ahead, authz.GrantConsent, consent.Granted)
			if got := ask(behind, time.Time{}); got != contact.Allow {
				t.Errorf("granted, and %s", got)
			}
			act(behind, authz.RevokeConsent, consent.Revoked) // of a grant of tomorrow, by its clock
			act(behind, authz.GrantConsent, consent.Granted)
			act(ahead, authz.RevokeConsent, consent.Revoked)
			for _, at := range []time.Time{{}, time.Now().Add(-time.Hour), time.Now()} {
				if got := ask(behind, at); got != contact.Deny {
					t.Errorf("revoked, and %s at %s", got, at)
				}
			}
		}
		act(ahead, authz.GrantConsent, consent.Granted)
		_, err = ahead.PatchPreferences(t.Context(), admin(), authz.PatchPreferences, v.ID, map[string]any{"notifications.atMost": 1.0, "notifications.period": "day"})
		check(t, err)
		_, err = ahead.ReportMessage(t.Context(), admin(), v.ID, message.Report{Channel: "email", Topic: "newsletter", MessageID: "m"})
		check(t, err)
		if got := ask(behind, time.Time{}); got != contact.Defer {
			t.Errorf("enough was sent, and %s", got)
		}
	})
}
