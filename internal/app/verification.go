package app

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/vault"
)

var requestAction = map[customer.Channel]authz.Action{
	customer.ByEmail: authz.RequestEmailVerification, customer.ByPhone: authz.RequestPhoneVerification,
}

var confirmAction = map[customer.Channel]authz.Action{
	customer.ByEmail: authz.ConfirmEmailVerification, customer.ByPhone: authz.ConfirmPhoneVerification,
}

// RequestVerification asks for a code to be sent. The event on the bus names
// the delivery; the address and the code never travel there.
func (a *App) RequestVerification(ctx context.Context, c Call, id uuid.UUID, channel customer.Channel) (View, error) {
	return a.change(ctx, &c, requestAction[channel], id, func(now time.Time) customer.Command {
		return customer.RequestVerification{Channel: channel, DeliveryID: newDelivery(id), At: now, Policy: a.Policy}
	})
}

// ConfirmVerification brings the code back.
func (a *App) ConfirmVerification(ctx context.Context, c Call, id uuid.UUID, channel customer.Channel, code string) (View, error) {
	mask, err := a.allow(ctx, &c, confirmAction[channel], id)
	if err != nil {
		return View{}, err
	}
	keys, err := a.keys(ctx, id)
	if err != nil {
		return View{}, gone(&c, err)
	}
	v, err := a.execute(ctx, &c, id, mask, func(now time.Time) customer.Command {
		return customer.ConfirmVerification{Channel: channel, Code: code, At: now, Policy: a.Policy,
			Expected: func(delivery, to string) string { return codeFor(keys, channel, delivery, to) }}
	})
	if err != nil {
		return View{}, gone(&c, err)
	}
	return v, a.audit(ctx, &c, confirmAction[channel], mask, id, &v.Customer)
}

// Delivery is what Notifications needs to send one code.
type Delivery struct {
	ID        string
	Customer  uuid.UUID
	Channel   customer.Channel
	To        string // the e-mail address or phone number
	Code      string
	Locale    string
	ExpiresAt time.Time
}

// Delivery gives address and code of a verification that is still open.
func (a *App) Delivery(ctx context.Context, c Call, deliveryID string) (Delivery, error) {
	mask, err := a.allowAny(&c, authz.GetVerificationDelivery)
	if err != nil {
		return Delivery{}, err
	}
	id, ok := deliveredTo(deliveryID)
	if !ok {
		return Delivery{}, fault.ErrNotFound
	}
	keys, err := a.keys(ctx, id)
	if err != nil {
		return Delivery{}, err
	}
	l, err := a.current(ctx, &c, id)
	if err != nil {
		return Delivery{}, err
	}
	for _, channel := range []customer.Channel{customer.ByEmail, customer.ByPhone} {
		open := l.State.Code(channel)
		if open.DeliveryID != deliveryID || !a.Clock().Before(open.ExpiresAt) {
			continue
		}
		to, _ := l.State.Destination(channel)
		return Delivery{ID: deliveryID, Customer: id, Channel: channel, To: to, Code: codeFor(keys, channel, deliveryID, to),
			Locale: l.State.Profile.Locale, ExpiresAt: open.ExpiresAt}, a.audit(ctx, &c, authz.GetVerificationDelivery, mask, id, &l)
	}
	return Delivery{}, fault.ErrNotFound
}

// codeFor derives the six digits of a delivery from the customer's own key:
// never stored, bound to the destination, and gone when the customer is erased.
func codeFor(keys *vault.Keys, channel customer.Channel, delivery, to string) string {
	sum := keys.Derive("verification-code", []byte(string(channel)+"\x00"+delivery+"\x00"+to))
	return fmt.Sprintf("%06d", binary.BigEndian.Uint64(sum)%1_000_000)
}

// newDelivery makes an id that names its customer, so that no table is needed
// to find it: the customer's id and eight random bytes, in base64url.
func newDelivery(id uuid.UUID) string {
	b := append(make([]byte, 0, 24), id[:]...)
	b = b[:24]
	_, _ = rand.Read(b[16:]) // never fails (crypto/rand)
	return base64.RawURLEncoding.EncodeToString(b)
}

func deliveredTo(delivery string) (uuid.UUID, bool) {
	b, err := base64.RawURLEncoding.DecodeString(delivery)
	if err != nil || len(b) != 24 {
		return uuid.Nil, false
	}
	return uuid.UUID(b[:16]), true
}
