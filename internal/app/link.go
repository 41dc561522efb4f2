package app

import (
	"context"
	"slices"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/consent"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/link"
)

// How long links hold: an unsubscription has to work for as long as a message
// may be kept, what opens a person's preferences not.
const (
	unsubscribeLife = 400 * 24 * time.Hour
	preferencesLife = 30 * 24 * time.Hour
	maxLinkLife     = 2 * 365 * 24 * time.Hour
)

// LinkWish asks for a link for a customer.
type LinkWish struct {
	ID                      uuid.UUID
	Kind                    link.Kind
	Channel, Topic, Purpose string
	Expires                 time.Time // zero: by the kind
	Err                     error     // what is wrong with the wish: it is the answer
}

// MadeLink is a link, or why there is none.
type MadeLink struct {
	Kind    link.Kind
	Channel string
	Token   string
	Expires time.Time
	Err     error
}

// MakeLink makes a link that changes what is sent to a customer, for whoever
// holds it.
func (a *App) MakeLink(ctx context.Context, c Call, w LinkWish) (MadeLink, error) {
	mask, err := a.allow(ctx, &c, authz.CreatePreferenceLink, w.ID)
	if err != nil {
		return MadeLink{}, err
	}
	l, err := a.current(ctx, &c, w.ID)
	if err != nil {
		return MadeLink{}, err
	}
	made := a.makeLink(&w, l.State)
	if made.Err != nil {
		return MadeLink{}, made.Err
	}
	return made, a.audit(ctx, &c, authz.CreatePreferenceLink, mask, w.ID, &l)
}

// LinksAllowed tells whether the caller may make many, before anything is read
// of them.
func (a *App) LinksAllowed(c Call) error {
	_, err := a.allowAny(&c, authz.BatchCreatePreferenceLinks)
	return err
}

// MakeLinks makes many links, each as MakeLink would.
func (a *App) MakeLinks(ctx context.Context, c Call, wishes []LinkWish) ([]MadeLink, error) {
	mask, err := a.allowAny(&c, authz.BatchCreatePreferenceLinks)
	if err != nil {
		return nil, err
	}
	if err := a.Model.WaitHead(ctx, c.Fresh); err != nil {
		return nil, err
	}
	out := make([]MadeLink, len(wishes))
	err = a.aboutMany(ctx, &c, authz.BatchCreatePreferenceLinks, mask, len(wishes), func(i int, about *roaring.Bitmap) {
		defer rescue(&out[i].Err)
		if out[i].Err = wishes[i].Err; out[i].Err != nil {
			return
		}
		l, err := a.Model.Get(ctx, wishes[i].ID)
		if err != nil {
			out[i].Err = gone(&c, err)
			return
		}
		about.Add(uint32(l.Row.Ordinal))
		out[i] = a.makeLink(&wishes[i], l.State)
	})
	return out, err
}

func (a *App) makeLink(w *LinkWish, s *customer.State) MadeLink {
	now := a.Clock().UTC().Truncate(time.Microsecond)
	if w.Expires.IsZero() {
		w.Expires = now.Add(map[link.Kind]time.Duration{link.Unsubscribe: unsubscribeLife, link.Preferences: preferencesLife}[w.Kind])
	}
	if err := a.checkLink(w, now); err != nil {
		return MadeLink{Err: err}
	}
	token, err := a.Links.Token(link.Link{Kind: w.Kind, Customer: w.ID, Channel: w.Channel, Topic: w.Topic, Purpose: w.Purpose,
		Of: s.Internal.LinksRevoked, Expires: w.Expires.UTC().Truncate(time.Microsecond), Reaches: link.Reached(w.ID, s.Reaches(w.Channel))})
	return MadeLink{w.Kind, w.Channel, token, w.Expires, err}
}

func (a *App) checkLink(w *LinkWish, now time.Time) error {
	var fields []fault.Field
	wrong := func(is bool, pointer, code, msg string) {
		if is {
			fields = append(fields, fault.Field{Pointer: pointer, Code: code, Msg: msg})
		}
	}
	topic := a.Preferred.Topic(w.Topic)
	wrong(w.Kind != link.Unsubscribe && w.Kind != link.Preferences, "/kind", "invalid_kind", "a kind is unsubscribe or preferences")
	wrong(!slices.Contains(customer.Channels(), w.Channel), "/channel", "invalid_channel", "a channel is email, sms, push or mail")
	wrong(w.Topic != "" && w.Purpose != "" || w.Kind == link.Preferences && w.Topic+w.Purpose != "", "", "one_of", "an unsubscription is from a topic, from a purpose, or from the channel")
	wrong(w.Topic != "" && topic == nil, "/topic", "unknown_topic", "there is no such topic")
	wrong(topic != nil && topic.Mandatory, "/topic", "mandatory_topic", "a customer has to be told about this")
	purpose := a.Purposes.Find(w.Purpose)
	wrong(w.Purpose != "" && purpose == nil, "/purpose", "unknown_purpose", "there is no such purpose")
	wrong(purpose != nil && purpose.Basis != consent.ByConsent, "/purpose", "not_by_consent", "there is no consent to withdraw; name a topic or the channel")
	wrong(!w.Expires.After(now) || w.Expires.Sub(now) > maxLinkLife, "/expiresAt", "invalid_expiry", "a link ends within two years, and not yet")
	if len(fields) > 0 {
		return fault.ErrInvalid.At(fields...)
	}
	return nil
}

// RevokeLinks voids every link that was made for a customer.
func (a *App) RevokeLinks(ctx context.Context, c Call, id uuid.UUID) (View, error) {
	return a.change(ctx, &c, authz.RevokePreferenceLinks, id, fixed(customer.RevokeLinks{}))
}
