package app

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/activity"
	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/consent"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/index"
	"github.com/acme/customers/internal/membership"
	"github.com/acme/customers/internal/message"
	"github.com/acme/customers/internal/note"
)

// ContextFor says who needs the context of a customer: each gets what it needs,
// and nothing else.
type ContextFor string

// The forms of the context.
const (
	ForSupport       ContextFor = "" // everything that the caller may see
	ForOrder         ContextFor = "order"
	ForCart          ContextFor = "cart"
	ForNotifications ContextFor = "notifications"
)

// contextPart are what a form has besides the customer.
type contextPart struct {
	action                                                               authz.Action
	scope                                                                string // of the program that the form is for
	addresses, preferences, consents, notes, activity, history, segments bool
}

func (f ContextFor) parts() (contextPart, error) {
	parts, ok := contextParts[f]
	if !ok {
		return parts, fault.ErrInvalid.At(fault.Field{Pointer: "parameter:for", Code: "unknown_form", Msg: "a form is order, cart or notifications"})
	}
	return parts, nil
}

var contextParts = map[ContextFor]contextPart{
	ForSupport:       {authz.GetContext, "", true, true, true, true, true, true, true},
	ForOrder:         {action: authz.GetOrderContext, scope: authz.ScopeOrderContext, addresses: true},
	ForCart:          {action: authz.GetCartContext, scope: authz.ScopeCartContext, addresses: true, preferences: true},
	ForNotifications: {action: authz.GetNotificationContext, scope: authz.ScopeNotificationContext, preferences: true, consents: true},
}

// lean takes out of a caller's mask what the program that a form is for would
// not see: a form is the same for whoever may ask for it.
func (a *App) lean(parts contextPart, mask authz.FieldMask) authz.FieldMask {
	if parts.scope == "" {
		return mask
	}
	return mask & a.Rules.Mask(authz.Principal{Role: authz.RoleService, Scopes: []string{parts.scope}}, parts.action, authz.Other)
}

// Context is all that is known of a customer, as of one moment. Parts that the
// form or the caller has not are nil.
type Context struct {
	View        View
	Position    int64
	Addresses   []AddressView
	Preferences *PreferencesView
	Consents    []ConsentView
	Closed      []string // channels that are closed, whatever the customer prefers
	Notes       []NoteView
	Activity    *activity.State
	Segments    []CustomerSegment // nil, too, while this instance is loading them
	Latest      []TimelineEntry
	Flags       []string // what somebody should look at
}

const (
	contextNotes  = 20
	contextLatest = 10
)

// Context gives everything about a customer in one answer.
func (a *App) Context(ctx context.Context, c Call, id uuid.UUID, form ContextFor) (Context, error) {
	parts, err := form.parts()
	if err != nil {
		return Context{}, err
	}
	mask, err := a.allow(ctx, &c, parts.action, id)
	if err != nil {
		return Context{}, err
	}
	mask = a.lean(parts, mask)
	if err := a.Model.WaitHead(ctx, c.Fresh); err != nil {
		return Context{}, err
	}
	out, err := a.contextOf(ctx, &c, id, form, mask)
	if err != nil {
		return Context{}, gone(&c, err)
	}
	return out, a.audit(ctx, &c, parts.action, mask, id, &out.View.Customer)
}

// ContextAnswer is the context of one of many, or why there is none.
type ContextAnswer struct {
	Context Context
	Err     error
}

// Contexts gives the contexts of many, each as Context would.
func (a *App) Contexts(ctx context.Context, c Call, ids []uuid.UUID, wrong []error, form ContextFor) ([]ContextAnswer, error) {
	parts, err := form.parts()
	if err != nil {
		return nil, err
	}
	if _, err := a.allowAny(&c, authz.BatchGetContext); err != nil {
		return nil, err
	}
	mask, err := a.permit(&c, parts.action, authz.Other)
	if err != nil {
		return nil, err
	}
	mask = a.lean(parts, mask)
	if err := a.Model.WaitHead(ctx, c.Fresh); err != nil {
		return nil, err
	}
	out := make([]ContextAnswer, len(ids))
	err = a.aboutMany(ctx, &c, parts.action, mask, len(ids), func(i int, about *roaring.Bitmap) {
		defer rescue(&out[i].Err)
		if out[i].Err = wrong[i]; out[i].Err != nil {
			return
		}
		one, err := a.contextOf(ctx, &c, ids[i], form, mask)
		if out[i].Err = gone(&c, err); err == nil {
			about.Add(uint32(one.View.Customer.Row.Ordinal))
			out[i].Context = one
		}
	})
	return out, err
}

// loadedContext is what a context is made of.
type loadedContext struct {
	customer    index.Loaded
	consents    index.LoadedConsents
	messages    index.LoadedMessages
	notes       index.LoadedNotes
	activity    index.LoadedActivity
	memberships index.LoadedMemberships
}

func (l *loadedContext) versions() [6]int64 {
	return [6]int64{l.customer.Version, l.consents.Version, l.messages.Version, l.notes.Version, l.activity.Version, l.memberships.Version}
}

// loadContext reads the parts of a form as they were at one moment: until
// nothing changes from the first to the last of them.
func (a *App) loadContext(ctx context.Context, id uuid.UUID, parts contextPart) (loadedContext, error) {
	l := loadedContext{consents: index.LoadedConsents{State: new(consent.State)}, messages: index.LoadedMessages{State: new(message.State)},
		notes: index.LoadedNotes{State: new(note.State)}, activity: index.LoadedActivity{State: new(activity.State)}, memberships: index.LoadedMemberships{State: new(membership.State)}}
	for range 5 {
		var errs [6]error
		before := l.versions()
		l.customer, errs[0] = a.Model.Get(ctx, id)
		if parts.consents {
			l.consents, errs[1] = a.Model.Consents(ctx, id)
			l.messages, errs[2] = a.Model.Messages(ctx, id)
		}
		if parts.notes {
			l.notes, errs[3] = a.Model.Notes(ctx, id)
		}
		if parts.activity {
			l.activity, errs[4] = a.Model.Activity(ctx, id)
		}
		if parts.segments {
			l.memberships, errs[5] = a.Model.Memberships(ctx, id)
		}
		if err := cmp.Or(errs[:]...); err != nil {
			return l, err
		}
		if l.versions() == before {
			return l, nil
		}
	}
	return l, fault.ErrBehind // somebody changes it all the time
}

func (a *App) contextOf(ctx context.Context, c *Call, id uuid.UUID, form ContextFor, mask authz.FieldMask) (Context, error) {
	parts := contextParts[form]
	l, err := a.loadContext(ctx, id, parts)
	if err != nil {
		return Context{}, err
	}
	out := Context{View: a.view(id, l.customer, mask),
		Position: max(l.customer.Position, l.consents.Position, l.messages.Position, l.notes.Position, l.activity.Position, l.memberships.Position)}
	if at := l.activity.State.LastActivityAt; parts.activity && mask.Has(authz.FieldActivity) && at.After(l.customer.State.LastActivityAt) {
		out.View.Elsewhere = at
	}
	if parts.addresses && mask.Has(authz.FieldAddresses) {
		for _, one := range l.customer.State.AddressList() {
			out.Addresses = append(out.Addresses, shown(out.View, one))
		}
	}
	if parts.preferences && mask.Has(authz.FieldPreferences) {
		p := a.preferences(out.View)
		out.Preferences = &p
	}
	if parts.consents && mask.Has(authz.FieldPreferences) { // for who sends
		for _, channel := range customer.Channels() {
			if l.messages.State.Stops(channel, l.customer.State.Reaches(channel)) != nil {
				out.Closed = append(out.Closed, channel)
			}
		}
	}
	if parts.consents && mask.Has(authz.FieldConsents) {
		at, country := a.now(l.consents.State.Latest()), l.customer.State.Country()
		for i := range a.Purposes {
			out.Consents = append(out.Consents, consentView(&a.Purposes[i], l.consents.State.At(a.Purposes[i].Name, at), country, l.consents.Position))
		}
	}
	if parts.notes {
		notes := a.noted(c, mask, l.notes.State, NoteFilter{})
		out.Notes = notes[:min(len(notes), contextNotes)]
	}
	if parts.activity && mask.Has(authz.FieldActivity) {
		out.Activity = figures(l.customer.State, l.activity.State)
	}
	if parts.segments && mask.Has(authz.FieldSegments) && a.Model.SearchReady(ctx) == nil {
		if out.Segments, err = a.standings(ctx, l.memberships.State, mask, time.Time{}); err != nil {
			return Context{}, err
		}
	}
	if parts.history {
		if out.Latest, err = a.latest(ctx, c, id, mask, out.Position); err != nil {
			return Context{}, err
		}
		out.Flags = a.flags(&l, &out)
	}
	return out, nil
}

// latest is the top of the timeline as it was at a position.
func (a *App) latest(ctx context.Context, c *Call, id uuid.UUID, mask authz.FieldMask, position int64) ([]TimelineEntry, error) {
	t, err := a.timeline(ctx, c, id, mask, TimelineFilter{UpTo: position}, TimelinePage{Limit: contextLatest})
	return t.Entries, err
}

// flags names what somebody should look at, of what the caller is shown.
func (a *App) flags(l *loadedContext, out *Context) []string {
	s := l.customer.State
	flag := map[string]bool{
		"email_unverified": out.View.Mask.Has(authz.FieldContact) && s.Email.Address != "" && !s.Email.Verified,
		"phone_unverified": out.View.Mask.Has(authz.FieldContact) && s.Phone.Number != "" && !s.Phone.Verified,
		"channel_closed":   len(out.Closed) > 0,
		"tickets_open":     out.Activity != nil && len(out.Activity.Tickets) > 0,
		"note_pinned":      len(out.Notes) > 0 && out.Notes[0].Pinned,
		"consent_outdated": slices.ContainsFunc(out.Consents, func(v ConsentView) bool { return v.Status == "granted" && !v.Sufficient }),
	}
	var names []string
	for name, is := range flag {
		if is {
			names = append(names, name)
		}
	}
	for _, one := range out.Addresses {
		if !one.Address.Validation.Good() && !slices.Contains(names, "address_doubtful") {
			names = append(names, "address_doubtful")
		}
	}
	slices.Sort(names)
	return names
}
