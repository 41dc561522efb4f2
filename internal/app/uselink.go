package app

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/consent"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/index"
	"github.com/acme/customers/internal/link"
)

// Opened is what a link is about, now.
type Opened struct {
	link.Link
	On       bool            // of an unsubscription: there is something to turn off
	Settings map[string]bool // of preferences: by path, those that it may change
}

// OpenLink shows what a link is about, and changes nothing: programs that look
// into messages follow every link. Errors: link.ErrForged as
// fault.ErrNotFound, fault.ErrLinkOver.
func (a *App) OpenLink(ctx context.Context, token, trace string) (Opened, error) {
	l, c, err := a.bearer(ctx, token, trace)
	if err != nil {
		return Opened{}, err
	}
	v, err := a.Preferences(ctx, c, l.Customer)
	if err != nil {
		return Opened{}, over(err)
	}
	out := Opened{Link: l}
	if l.Kind == link.Preferences {
		out.Settings = changeable(v.Settings, a.Preferred)
		return out, nil
	}
	if l.Purpose == "" {
		out.On = v.Settings[turnedOff(&l)].Value != false
		return out, nil
	}
	consents, err := a.Model.Consents(ctx, l.Customer)
	if err == nil {
		st := consents.State.At(l.Purpose, a.Clock()).Status
		out.On = st == consent.Granted || st == consent.Pending
	}
	return out, over(err)
}

// changeable are the settings that a link of preferences is for. What was
// neither chosen nor has a default is open.
func changeable(have map[string]customer.Preference, rules *customer.PreferenceRules) map[string]bool {
	out := map[string]bool{}
	for _, channel := range customer.Channels() {
		path := "communication." + channel
		out[path] = have[path].Value != false
		for i := range rules.Topics {
			if t := &rules.Topics[i]; !t.Mandatory {
				path := "topics." + t.Name + "." + channel
				out[path] = have[path].Value != false
			}
		}
	}
	return out
}

// turnedOff is the setting that an unsubscription turns off.
func turnedOff(l *link.Link) string {
	if l.Topic != "" {
		return "topics." + l.Topic + "." + l.Channel
	}
	return "communication." + l.Channel
}

// bearer is the customer that a link was made for, as far as the link goes.
func (a *App) bearer(ctx context.Context, token, trace string) (link.Link, Call, error) {
	c := Call{Caller: authz.Principal{Role: authz.RoleCustomer, Subject: "preference-link"}, Source: "link", Trace: trace}
	l, err := a.Links.Open(token)
	if err != nil {
		return l, c, fault.ErrNotFound.With(err)
	}
	if c.Caller.Customer = l.Customer; !a.Clock().Before(l.Expires) {
		return l, c, fault.ErrLinkOver
	}
	if err := a.Model.WaitHead(ctx, index.Freshness{}); err != nil {
		return l, c, err
	}
	who, err := a.Model.Get(ctx, l.Customer)
	if err != nil {
		return l, c, over(err)
	}
	elsewhere := l.Kind == link.Preferences && !slices.Equal(l.Reaches, link.Reached(l.Customer, who.State.Reaches(l.Channel)))
	if elsewhere || !l.Issued.After(who.State.Internal.LinksVoid) {
		return l, c, fault.ErrLinkOver
	}
	return l, c, nil
}

// over: who is gone, has no login any more, or for whom nothing can be changed
// needs no link.
func over(err error) error {
	for _, end := range []error{fault.ErrNotFound, fault.ErrErased, fault.ErrUnauthenticated, fault.ErrTransition} {
		if errors.Is(err, end) {
			return fault.ErrLinkOver.With(err)
		}
	}
	return err
}

// UseLink does what a link is for: unsubscribe, or with choices by path, change
// what the link's page shows. What is so already is no change. signal is
// whether the request came with Sec-GPC: 1.
func (a *App) UseLink(ctx context.Context, token, trace string, signal bool, choices map[string]bool) error {
	l, c, err := a.bearer(ctx, token, trace)
	if err != nil {
		return err
	}
	c.PrivacyControl = signal
	switch {
	case l.Kind == link.Preferences:
		err = a.choose(ctx, c, &l, choices)
	case l.Purpose != "":
		err = a.withdraw(ctx, c, &l)
	default:
		action := map[bool]authz.Action{true: authz.PatchTopics, false: authz.PatchCommunication}[l.Topic != ""]
		_, err = a.PatchPreferences(ctx, c, action, l.Customer, map[string]any{turnedOff(&l): false})
	}
	if errors.Is(err, fault.ErrTransition) && l.Kind == link.Unsubscribe {
		return nil // the customer is archived: nothing is sent any more
	}
	return over(err)
}

// choose changes what differs from what holds; anything but channels and topics
// is refused.
func (a *App) choose(ctx context.Context, c Call, l *link.Link, choices map[string]bool) error {
	v, err := a.Preferences(ctx, c, l.Customer)
	if err != nil {
		return err
	}
	have, changes := changeable(v.Settings, a.Preferred), map[string]any{}
	for _, path := range slices.Sorted(maps.Keys(choices)) {
		on, ok := have[path]
		if !ok {
			return fault.ErrInvalid
		}
		if on != choices[path] {
			changes[path] = choices[path]
		}
	}
	if len(changes) == 0 {
		return nil
	}
	_, err = a.PatchPreferences(ctx, c, authz.PatchPreferences, l.Customer, changes)
	return err
}

// linkSources are the consents' words for channels.
var linkSources = map[string]string{customer.EmailChannel: "email", customer.SMSChannel: "phone", customer.PushChannel: "app", customer.MailChannel: "web"}

// withdraw ends a consent; one that was only asked for is declined.
func (a *App) withdraw(ctx context.Context, c Call, l *link.Link) error {
	consents, err := a.Model.Consents(ctx, l.Customer)
	if err != nil {
		return err
	}
	r := consent.Record{Source: linkSources[l.Channel], Evidence: consent.Evidence{Purpose: l.Purpose, Method: "link"}, At: time.Time{}}
	switch consents.State.At(l.Purpose, a.Clock()).Status {
	case consent.Granted:
		r.Kind = consent.Revoked
	case consent.Pending:
		r.Kind = consent.Denied
	default:
		return nil
	}
	_, err = a.RecordConsent(ctx, c, consentActions[r.Kind], l.Customer, r)
	return err
}
