package app

import (
	"context"
	"encoding/hex"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/journal"
)

// User is what the identity provider says of one of its users. Message is the
// id of the event that says so: each is handled once, whatever is redelivered.
type User struct {
	Message       string
	UserID        string
	Email         string
	EmailVerified bool
	Phone         string
	Name          customer.Name
	Locale        string
	Timezone      string
	At            time.Time // when it happened there
}

// identity is the caller behind the provider's events.
func (a *App) identity(u User) Call {
	return Call{Caller: authz.Principal{Role: authz.RoleService, Subject: "identity"}, Source: customer.IdentitySource, Inbox: []string{a.once("message", u.Message)}}
}

// once is the inbox id of something that happens once. It is a keyed hash: ids
// of other systems may hold anything, a user id is personal.
func (a *App) once(kind, id string) string {
	sum := a.Vault.Blind(kind, id)
	return kind + "/" + hex.EncodeToString(sum[:])
}

// userBegins is handled once for each user: by its registration, or by its
// deletion where that comes first. So a late registration makes nobody.
const userBegins = "user-begins"

// UserRegistered creates the customer of a new user. When a customer already
// holds the e-mail address, the two are linked only if the provider asserts
// the address, our copy is verified, and no other user is linked: otherwise
// whoever registers a stranger's address would take over the account. What may
// not be linked is refused with fault.ErrEmailTaken, for review.
func (a *App) UserRegistered(ctx context.Context, u User) error {
	id, known, err := a.holder(ctx, u.UserID)
	if err != nil {
		return err
	}
	if known {
		return a.updateUser(ctx, u, id)
	}
	in := customer.Register{UserID: u.UserID, Email: u.Email, EmailVerified: u.EmailVerified, Phone: u.Phone, Name: u.Name,
		Profile: customer.Profile{Locale: u.Locale, Timezone: u.Timezone}, Policy: a.Policy}
	err = a.executeFor(ctx, u, uuid.Nil, in)
	var claimed *eventstore.ErrClaimed
	if !errors.As(err, &claimed) {
		return err
	}
	if claimed.Kind == customer.ClaimUserID { // another delivery of this event won
		return a.updateUser(ctx, u, claimed.Holder)
	}
	return a.link(ctx, u, claimed)
}

func (a *App) link(ctx context.Context, u User, claimed *eventstore.ErrClaimed) error {
	return taken(a.executeFor(ctx, u, claimed.Holder, linkUser{u, fault.ErrEmailTaken.With(claimed)}))
}

// linkUser links on the state that it is decided on, so that no change of the
// address can come between the check and the link.
type linkUser struct {
	user    User
	refusal error
}

// Decide refuses unless both sides have proven the address.
func (l linkUser) Decide(s *customer.State) ([]customer.Event, error) {
	same := customer.EmailKey(s.Email.Address) == customer.EmailKey(l.user.Email)
	if !l.user.EmailVerified || !s.Email.Verified || !same || s.UserID != "" {
		return nil, l.refusal
	}
	return customer.LinkUser{UserID: l.user.UserID}.Decide(s)
}

// UserUpdated follows a change of the user. A user that is not known yet is
// registered: events of different users may overtake each other.
func (a *App) UserUpdated(ctx context.Context, u User) error {
	id, known, err := a.holder(ctx, u.UserID)
	if err != nil {
		return err
	}
	if !known {
		return a.UserRegistered(ctx, u)
	}
	return a.updateUser(ctx, u, id)
}

func (a *App) updateUser(ctx context.Context, u User, id uuid.UUID) error {
	return taken(a.executeFor(ctx, u, id, updateUser{u, a.Clock(), a.Policy}))
}

// updateUser takes over what was told, but for the parts that something newer
// was told of already.
type updateUser struct {
	user   User
	now    time.Time
	policy customer.Policy
}

// Decide gives what follows, or nothing.
func (up updateUser) Decide(s *customer.State) ([]customer.Event, error) {
	u, told := up.user, &s.Internal.Told
	old := func(newest time.Time) bool { return !u.At.IsZero() && u.At.Before(newest) }
	in := customer.Register{}
	if !old(told.Name) {
		in.Name = u.Name
	}
	if !old(told.Phone) {
		in.Phone = u.Phone
	}
	if !old(told.Locale) {
		in.Profile.Locale = u.Locale
	}
	if !old(told.Timezone) {
		in.Profile.Timezone = u.Timezone
	}
	if !old(told.Email) && !u.EmailVerified {
		in.Email = u.Email
	}
	commands := []customer.Command{merge(in, up.now)}
	if !old(told.Email) && u.EmailVerified && u.Email != "" {
		commands = append(commands, customer.VerifiedContact{Email: u.Email, Policy: up.policy})
	}
	return customer.Sequence{At: up.now, Commands: commands}.Decide(s)
}

// UserDeleted archives the customer of a deleted user. Of one that is not known
// yet it remembers that there is none to come.
func (a *App) UserDeleted(ctx context.Context, u User) error {
	id, known, err := a.holder(ctx, u.UserID)
	if err != nil {
		return err
	}
	if known {
		return a.executeFor(ctx, u, id, customer.Archive{Cause: customer.CauseUserDeleted})
	}
	_, err = a.Store.Commit(ctx, eventstore.Commit{Inbox: []string{a.once(userBegins, u.UserID)}})
	if errors.Is(err, eventstore.ErrDuplicate) { // it began: it is registered at this moment, or was deleted before
		return a.deletedMeanwhile(ctx, u)
	}
	return err
}

// deletedMeanwhile archives a customer whose registration was overtaken between
// the look and the mark. Nobody is there when the user was deleted before.
func (a *App) deletedMeanwhile(ctx context.Context, u User) error {
	id, known, err := a.holder(ctx, u.UserID)
	if err != nil || !known {
		return err
	}
	return a.executeFor(ctx, u, id, customer.Archive{Cause: customer.CauseUserDeleted})
}

// executeFor runs a command for the provider; a zero id makes a new customer.
// A message that was handled before is handled.
func (a *App) executeFor(ctx context.Context, u User, id uuid.UUID, cmd customer.Command) error {
	c := a.identity(u)
	meta := a.meta(&c)
	if !u.At.IsZero() && u.At.Before(meta.At) {
		meta.At = u.At
	}
	isNew := id == uuid.Nil
	if isNew {
		var err error
		if id, err = uuid.NewV7(); err != nil {
			return err
		}
		if r, ok := cmd.(customer.Register); ok {
			r.At = meta.At
			cmd = r
		}
		c.Inbox = append(c.Inbox, a.once(userBegins, u.UserID))
	}
	out, err := journal.Execute(ctx, a.Journal, a.Streams.Customers, journal.Command[customer.State, customer.Event]{
		ID: id, New: isNew, Meta: meta, Decide: cmd.Decide, Inbox: c.Inbox,
	})
	switch {
	case errors.Is(err, eventstore.ErrDuplicate):
		return nil
	case errors.Is(err, fault.ErrErased): // redelivered after an erasure: nothing comes back
		return nil
	case err == nil:
		a.Model.Put(id, out)
	}
	return err
}
