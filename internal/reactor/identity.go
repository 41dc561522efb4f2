// Package reactor turns what other services say into use cases.
package reactor

import (
	"context"
	"errors"
	"strings"

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
	UserID        string `json:"userId"`
	Email         string `json:"email"`
	EmailVerified bool   `json:"emailVerified"`
	Phone         string `json:"phone"`
	Locale        string `json:"locale"`
	Timezone      string `json:"timezone"`
	Name          struct {
		Given     string `json:"given"`
		Middle    string `json:"middle"`
		Family    string `json:"family"`
		Prefix    string `json:"prefix"`
		Suffix    string `json:"suffix"`
		Preferred string `json:"preferred"`
	} `json:"name"`
}

// HandleIdentity gives the bus handler of identity.v1.User*. revoke ends the
// tokens of a deleted user; it may be nil.
func HandleIdentity(apply Identity, revoke func(subject string)) bus.Handle {
	return func(ctx context.Context, m bus.InboundMessage) error {
		u, err := read(m)
		if err != nil {
			return err
		}
		switch kind(m.Type) {
		case "UserRegistered":
			return apply.UserRegistered(ctx, u)
		case "UserUpdated":
			return apply.UserUpdated(ctx, u)
		case "UserDeleted":
			if revoke != nil {
				revoke(u.UserID)
			}
			return apply.UserDeleted(ctx, u)
		}
		return fault.ErrMalformed.With(errors.New("an identity event that is none of ours"))
	}
}

// kind finds the event's name in its type: "acme.identity.UserRegistered.v1".
func kind(eventType string) string {
	for part := range strings.SplitSeq(eventType, ".") {
		if strings.HasPrefix(part, "User") {
			return part
		}
	}
	return ""
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
