package app

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/journal"
)

// PreferencesView is what a customer prefers, as a caller may see it.
type PreferencesView struct {
	View     View
	Settings map[string]customer.Preference // by path; empty where the caller may not see them
	Shown    bool
}

// Preferences gives every setting, with whether it was chosen.
func (a *App) Preferences(ctx context.Context, c Call, id uuid.UUID) (PreferencesView, error) {
	v, err := a.get(ctx, &c, authz.GetPreferences, id)
	if err != nil {
		return PreferencesView{}, err
	}
	return a.preferences(v), nil
}

func (a *App) preferences(v View) PreferencesView {
	out := PreferencesView{View: v, Shown: v.Mask.Has(authz.FieldPreferences)}
	if out.Shown {
		out.Settings = v.Customer.State.Resolve(a.Preferred)
	}
	return out
}

// PatchPreferences changes what choices names; nil goes back to the default.
func (a *App) PatchPreferences(ctx context.Context, c Call, action authz.Action, id uuid.UUID, choices map[string]any) (PreferencesView, error) {
	v, err := a.change(ctx, &c, action, id, func(now time.Time) customer.Command {
		return customer.ChangePreferences{Choices: choices, Rules: a.Preferred, At: now}
	})
	if err != nil {
		return PreferencesView{}, err
	}
	return a.preferences(v), nil
}

// optOut records a Global Privacy Control signal of the customer (Sec-GPC: 1):
// an opt-out of the sale and sharing of its data. A signal that cannot be
// recorded now comes again with the next request.
func (a *App) optOut(ctx context.Context, c *Call, l *journal.Loaded[customer.State]) {
	const sharing = "privacy.dataSharing"
	if !c.PrivacyControl || l.State.Preferences[sharing] == false {
		return
	}
	meta := a.meta(c)
	meta.Source = "gpc"
	out, err := journal.Execute(ctx, a.Journal, a.Streams.Customers, journal.Command[customer.State, customer.Event]{
		ID: c.Caller.Customer, Meta: meta,
		Decide: customer.ChangePreferences{Choices: map[string]any{sharing: false}, Rules: a.Preferred, At: meta.At}.Decide,
	})
	if err == nil {
		a.Model.Put(c.Caller.Customer, out)
	}
}
