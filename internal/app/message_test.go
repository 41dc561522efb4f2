package app_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/consent"
	"github.com/acme/customers/internal/contact"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/eventstore/memory"
	"github.com/acme/customers/internal/index"
	"github.com/acme/customers/internal/message"
)

// forgetful is a model that gives messages as they were when it was first
// asked.
type forgetful struct {
	app.Model
	first map[uuid.UUID]index.LoadedMessages
}

func (f *forgetful) Messages(ctx context.Context, id uuid.UUID) (index.LoadedMessages, error) {
	if l, ok := f.first[id]; ok {
		return l, nil
	}
	l, err := f.Model.Messages(ctx, id)
	f.first[id] = l
	return l, err
}

// tooMany counts how often one instance allows one more than is wanted, after
// another has told of the last one.
func tooMany(t *testing.T, one, other *app.App, rounds int) (allowed int) {
	t.Helper()
	for range rounds {
		v, err := one.Register(t.Context(), admin(), customer.Register{Email: uuid.NewString() + "@example.test"})
		check(t, err)
		const most = 3
		_, err = one.PatchPreferences(t.Context(), admin(), authz.PatchPreferences, v.ID, map[string]any{"notifications.atMost": float64(most), "notifications.period": "day"})
		check(t, err)
		_, err = one.RecordConsent(t.Context(), admin(), authz.GrantConsent, v.ID, consent.Record{Kind: consent.Granted, Source: "web", Evidence: consent.Evidence{Purpose: "marketing"}})
		check(t, err)
		for n := range most + 1 {
			for _, a := range []*app.App{other, one} {
				d, err := a.DecideContact(t.Context(), admin(), v.ID, contact.Question{Channel: "email", Purpose: "marketing"})
				check(t, err)
				if d.Outcome == contact.Allow && n == most {
					allowed++
				}
				if d.Outcome != contact.Allow && n < most {
					t.Errorf("%s after %d of %d", d.Outcome, n, most)
				}
			}
			_, err = one.ReportMessage(t.Context(), admin(), v.ID, message.Report{Channel: "email", Purpose: "marketing", MessageID: fmt.Sprint(n)})
			check(t, err)
		}
	}
	return allowed
}

func TestWhatWasReportedCountsOnEveryInstance(t *testing.T) {
	pairs(t, func(t *testing.T, one, other *app.App) {
		if n := tooMany(t, one, other, 20); n > 0 {
			t.Errorf("%d messages too many", n)
		}
	})
	_, keys := stores(t)
	t.Run("control: an instance that does not follow", func(t *testing.T) {
		store := memory.Open()
		t.Cleanup(func() { store.Close() })
		late := func(m app.Model) app.Model { return &forgetful{m, map[uuid.UUID]index.LoadedMessages{}} }
		if tooMany(t, instance(t, store, keys, sameModel), instance(t, store, keys, late), 5) == 0 {
			t.Error("nobody notices")
		}
	})
}
