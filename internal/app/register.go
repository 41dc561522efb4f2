package app

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/journal"
)

// Register makes a new customer and gives it as the caller may see it. It is
// not recorded as a read: the caller sees only what it has just sent.
func (a *App) Register(ctx context.Context, c Call, in customer.Register) (View, error) {
	return a.register(ctx, &c, authz.RegisterCustomer, in)
}

func (a *App) register(ctx context.Context, c *Call, action authz.Action, in customer.Register) (View, error) {
	mask, err := a.allowAny(c, action)
	if err != nil {
		return View{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return View{}, err
	}
	if err := a.validateAll(ctx, c, in.Addresses); err != nil {
		return View{}, err
	}
	meta := a.meta(c)
	in.At, in.Policy = meta.At, a.Policy
	out, err := journal.Execute(ctx, a.Journal, a.Streams.Customers, journal.Command[customer.State, customer.Event]{
		ID: id, New: true, Meta: meta, Decide: in.Decide, Request: a.request(c), Inbox: c.Inbox,
	})
	if err != nil {
		return a.registerRefused(ctx, c, mask, err)
	}
	a.Model.Put(id, out)
	return a.view(id, out, mask), nil
}

// registerRefused looks for the answer to an earlier request with the same key
// only now. Most registrations are new, and the commit refuses a used key
// anyway; asking first cost each of them a query. What a replay leaves behind
// is a key without a customer, as every refused registration does.
func (a *App) registerRefused(ctx context.Context, c *Call, mask authz.FieldMask, refusal error) (View, error) {
	var replay *eventstore.ErrReplay
	if !errors.As(refusal, &replay) {
		if v, ok, err := a.replay(ctx, c, mask); ok || err != nil {
			return v, err
		}
	}
	return a.refused(ctx, c, mask, refusal)
}

// request is the idempotency record of a call, nil without a key. The key is
// bound to the caller: nobody replays another's answer.
func (a *App) request(c *Call) *eventstore.Request {
	if c.Idempotency == nil {
		return nil
	}
	return &eventstore.Request{Key: a.requestKey(c), Hash: c.Idempotency.Hash, Status: c.Idempotency.Status,
		Expires: a.Clock().Add(idempotencyLife)}
}

func (a *App) requestKey(c *Call) [32]byte {
	return a.Vault.Blind("idempotency", string(c.Caller.Role)+"\x00"+c.Caller.Subject+"\x00"+c.Idempotency.Key)
}

// replay answers a request that was handled before.
func (a *App) replay(ctx context.Context, c *Call, mask authz.FieldMask) (View, bool, error) {
	if c.Idempotency == nil {
		return View{}, false, nil
	}
	found, err := a.Store.Replay(ctx, a.requestKey(c))
	if err != nil || found == nil {
		return View{}, false, err
	}
	v, err := a.answerAgain(ctx, c, mask, found)
	return v, true, err
}

// answerAgain renders the answer from the version that the first one showed.
func (a *App) answerAgain(ctx context.Context, c *Call, mask authz.FieldMask, r *eventstore.Request) (View, error) {
	if r.Hash != c.Idempotency.Hash {
		return View{}, fault.ErrIdempotencyReuse
	}
	then, err := journal.AtVersion(ctx, a.Journal, a.Streams.Customers, r.Stream.ID, r.Version)
	if err != nil {
		return View{}, gone(c, err)
	}
	v := a.view(r.Stream.ID, then, mask)
	v.Replayed = true
	return v, nil
}

// refused turns the store's refusals into what the caller may know. The loser
// of a race for an idempotency key gets the winner's answer.
func (a *App) refused(ctx context.Context, c *Call, mask authz.FieldMask, err error) (View, error) {
	var replay *eventstore.ErrReplay
	if errors.As(err, &replay) {
		return a.answerAgain(ctx, c, mask, &replay.Request)
	}
	return View{}, taken(err)
}

// taken gives the fault for a claim that another customer holds.
func taken(err error) error {
	var claimed *eventstore.ErrClaimed
	if !errors.As(err, &claimed) {
		return err
	}
	switch claimed.Kind {
	case customer.ClaimEmail:
		return fault.ErrEmailTaken.With(err)
	case customer.ClaimUserID:
		return fault.ErrUserTaken.With(err)
	case customer.ClaimExternalID:
		return fault.ErrExternalIDTaken.With(err)
	}
	return fault.ErrClaimTaken.With(err)
}
