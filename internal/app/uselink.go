package app

import (
	"context"
	"errors"
	"maps"
	"slices"

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
func (a *App) OpenLink(ctx context.Context, token string, by Visit) (Opened, error) {
	l, c, err := a.bearer(ctx, token, by)
	if err != nil {
		return Opened{}, err
	}
	return a.opened(ctx, &l, c)
}

func (a *App) opened(ctx context.Context, l *bearing, c Call) (Opened, error) {
	out := Opened{Link: l.Link}
	v, err := a.Preferences(ctx, c, l.Customer)
	switch {
	case err != nil:
		return out, over(err)
	case l.Kind == link.Preferences:
		out.Settings = changeable(v.Settings, a.Preferred)
		return out, nil
	case l.idle:
		return out, nil
	case l.Purpose == "":
		out.On = v.Settings[turnedOff(&l.Link)].Value != false
		return out, nil
	}
	st, err := a.standing(ctx, &l.Link)
	out.On = st == consent.Granted || st == consent.Pending
	return out, over(err)
}

// standing is what holds now of the consent that a link is about.
func (a *App) standing(ctx context.Context, l *link.Link) (consent.Status, error) {
	consents, err := a.Model.Consents(ctx, l.Customer)
	if err != nil {
		return "", err
	}
	return consents.State.At(l.Purpose, a.now(consents.State.Latest())).Status, nil
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

// bearing is a link with what is left for it to do.
type bearing struct {
	link.Link
	idle bool // nothing: nothing of the kind is sent to the customer any more
}

// Visit is how somebody came with a link.
type Visit struct{ Trace, From string } // as in Call

// bearer is the customer that a link was made for, as far as the link goes.
func (a *App) bearer(ctx context.Context, token string, by Visit) (bearing, Call, error) {
	c := Call{Caller: authz.Principal{Role: authz.RoleCustomer, Subject: "preference-link"}, Source: "link", Trace: by.Trace, From: by.From}
	opened, err := a.Links.Open(token)
	l := bearing{Link: opened}
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
	closed := who.State.Status == customer.IsClosed
	elsewhere := l.Kind == link.Preferences && (closed || !slices.Equal(l.Reaches, link.Reached(l.Customer, who.State.Reaches(l.Channel))))
	if elsewhere || l.Of != who.State.Internal.LinksRevoked {
		return l, c, fault.ErrLinkOver
	}
	topic := a.Preferred.Topic(l.Topic) // may be gone from the rules, as may the purpose
	l.idle = closed || l.Topic != "" && (topic == nil || topic.Mandatory) || l.Purpose != "" && a.Purposes.Find(l.Purpose) == nil
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
// what the link's page shows, and gives what the link is about then. What is so
// already is no change. signal is whether the request came with Sec-GPC: 1.
func (a *App) UseLink(ctx context.Context, token string, by Visit, signal bool, choices map[string]bool) (Opened, error) {
	l, c, err := a.bearer(ctx, token, by)
	if err != nil {
		return Opened{}, err
	}
	c.PrivacyControl = signal
	switch {
	case l.idle:
	case l.Kind == link.Preferences:
		if err = a.choose(ctx, c, &l.Link, choices); err == nil {
			return a.opened(ctx, &l, c)
		}
	case l.Purpose != "":
		err = a.withdraw(ctx, c, &l.Link)
	default:
		action := map[bool]authz.Action{true: authz.PatchTopics, false: authz.PatchCommunication}[l.Topic != ""]
		_, err = a.PatchPreferences(ctx, c, action, l.Customer, map[string]any{turnedOff(&l.Link): false})
	}
	return Opened{Link: l.Link}, over(err)
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

// withdraw ends a consent; one that was only asked for is declined. A grant
// that comes in between is withdrawn, too.
func (a *App) withdraw(ctx context.Context, c Call, l *link.Link) error {
	for range 3 {
		st, err := a.standing(ctx, l)
		if err != nil {
			return err
		}
		r := consent.Record{Kind: map[consent.Status]consent.Status{consent.Granted: consent.Revoked, consent.Pending: consent.Denied}[st],
			Source: linkSources[l.Channel], Evidence: consent.Evidence{Purpose: l.Purpose, Method: "link"}}
		if r.Kind == "" {
			return nil
		}
		_, err = a.RecordConsent(ctx, c, consentActions[r.Kind], l.Customer, r) // waits for the head
		if !errors.Is(err, fault.ErrTransition) {
			return err
		}
	}
	return fault.ErrVersion
}
