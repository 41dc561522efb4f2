// Package reactor turns what other services say into use cases.
package reactor

import (
	"context"
	"errors"
	"reflect"

	"github.com/go-json-experiment/json"

	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/bus"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/fault"
)

// Identity is the use cases behind the identity provider's events.
type Identity interface {
	UserRegistered(ctx context.Context, u app.User) error
	UserUpdated(ctx context.Context, u app.User) error
	UserDeleted(ctx context.Context, u app.User) error
}

// user is the data of an identity event. Members that we do not know are
// passed over: the provider may tell more than we need.
type user struct {
	UserID        string `json:"userId" doc:"The provider's id of the user; the event's subject when it is missing"`
	Email         string `json:"email,omitempty" doc:"The user's e-mail address"`
	EmailVerified bool   `json:"emailVerified,omitempty" doc:"Whether the provider asserts that the user holds the address"`
	Phone         string `json:"phone,omitempty" doc:"The user's phone number with its country code"`
	Locale        string `json:"locale,omitempty" doc:"BCP 47"`
	Timezone      string `json:"timezone,omitempty" doc:"IANA name"`
	Name          name   `json:"name,omitzero" doc:"The user's name"`
}

type name struct {
	Given     string `json:"given,omitempty"`
	Middle    string `json:"middle,omitempty"`
	Family    string `json:"family,omitempty"`
	Prefix    string `json:"prefix,omitempty"`
	Suffix    string `json:"suffix,omitempty"`
	Preferred string `json:"preferred,omitempty"`
}

// IdentityMessages describes what we take from the identity provider.
func IdentityMessages() []bus.InboundSpec {
	data := reflect.TypeFor[user]()
	return []bus.InboundSpec{
		{Subject: "identity.v1.UserRegistered", Doc: "A user was registered: a customer is made, or linked if both sides have proven the address.", Data: data},
		{Subject: "identity.v1.UserUpdated", Doc: "A user changed: the customer follows. By its time, what is older than what is known changes nothing.", Data: data},
		{Subject: "identity.v1.UserDeleted", Doc: "A user was deleted: the customer is archived.", Data: data},
	}
}

// IdentitySubjects are the bus subjects of these messages.
func IdentitySubjects() []string {
	var out []string
	for _, m := range IdentityMessages() {
		out = append(out, m.Subject)
	}
	return out
}

// HandleIdentity gives the bus handler of identity.v1.User*. revoke ends the
// tokens of a deleted user; it may be nil. A message whose revocation fails is
// not handled: it comes again.
func HandleIdentity(apply Identity, revoke func(ctx context.Context, subject string) error) bus.Handle {
	return func(ctx context.Context, m bus.InboundMessage) error {
		u, err := read(m)
		if err != nil {
			return err
		}
		switch m.On {
		case "identity.v1.UserRegistered":
			return apply.UserRegistered(ctx, u)
		case "identity.v1.UserUpdated":
			return apply.UserUpdated(ctx, u)
		case "identity.v1.UserDeleted":
			if revoke != nil {
				if err := revoke(ctx, u.UserID); err != nil {
					return err
				}
			}
			return apply.UserDeleted(ctx, u)
		}
		return fault.ErrMalformed.With(errors.New("an identity event that is none of ours"))
	}
}

func read(m bus.InboundMessage) (app.User, error) {
	var in user
	if err := json.Unmarshal(m.Data, &in); err != nil {
		return app.User{}, fault.ErrMalformed // the cause would quote the data
	}
	if in.UserID == "" {
		in.UserID = m.Subject
	}
	if in.UserID == "" {
		return app.User{}, fault.ErrMalformed.With(errors.New("an identity event without a user id"))
	}
	return app.User{
		Message: m.Source + "\x00" + m.ID, UserID: in.UserID, Email: in.Email, EmailVerified: in.EmailVerified, Phone: in.Phone,
		Name:   customer.Name(in.Name),
		Locale: in.Locale, Timezone: in.Timezone, At: m.Time,
	}, nil
}
