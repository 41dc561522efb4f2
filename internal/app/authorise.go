package app

import (
	"context"
	"errors"
	"slices"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/access"
	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/index"
	"github.com/acme/customers/internal/journal"
	"github.com/acme/customers/internal/vault"
)

// allow decides an operation on one customer and gives what of it may be shown.
func (a *App) allow(ctx context.Context, c *Call, action authz.Action, id uuid.UUID) (authz.FieldMask, error) {
	if err := a.identify(ctx, c); err != nil {
		return 0, err
	}
	return a.permit(c, action, c.Caller.To(id))
}

// allowAny decides an operation that is about no single customer.
func (a *App) allowAny(c *Call, action authz.Action) (authz.FieldMask, error) {
	return a.permit(c, action, authz.None)
}

// permit asks the policy. A purpose that is not on the list is refused, not
// dropped: whoever misspells it would not be on record with it. What is told by
// the bus or a link has none.
func (a *App) permit(c *Call, action authz.Action, rel authz.Relation) (authz.FieldMask, error) {
	if err := a.Rules.Allow(c.Caller, action, rel); err != nil {
		return 0, err
	}
	switch {
	case c.Purpose != "" && !slices.Contains(a.ReadPurposes, c.Purpose):
		return 0, fault.ErrUnknownPurpose
	case c.Purpose == "" && a.Rules.NeedsPurpose(c.Caller, action, rel):
		return 0, fault.ErrPurposeNeeded
	}
	return a.Rules.Mask(c.Caller, action, rel), nil
}

// identify finds the customer behind a token that only names its user, and
// refuses the tokens of a user who was deleted: from the state, so that they
// end on every instance with the commit that says so.
func (a *App) identify(ctx context.Context, c *Call) error {
	if c.Caller.Role != authz.RoleCustomer {
		return nil
	}
	if c.Caller.Customer == uuid.Nil && c.Caller.UserID != "" {
		found, err := a.Store.Find(ctx, a.Journal.Hash(customer.ClaimUserID, c.Caller.UserID), 1)
		if err != nil || len(found) == 0 {
			return err
		}
		c.Caller.Customer = found[0]
	}
	if err := a.Model.WaitHead(ctx, index.Freshness{}); err != nil {
		return err
	}
	l, err := a.Model.Get(ctx, c.Caller.Customer)
	switch {
	case err == nil && l.State.Internal.UserDeleted:
		return fault.ErrUnauthenticated
	case err == nil:
		a.optOut(ctx, c, &l)
	case errors.Is(err, fault.ErrNotFound), errors.Is(err, fault.ErrErased):
		return nil // the operation itself answers
	}
	return err
}

// gone hides from a customer what it may not know: another's erasure answers
// like what was never there.
func gone(c *Call, err error) error {
	if c.Caller.Role == authz.RoleCustomer && fault.CodeOf(err) == fault.ErrErased.Code {
		return fault.ErrNotFound.With(err)
	}
	return err
}

// audit records a read before its answer leaves.
func (a *App) audit(ctx context.Context, c *Call, action authz.Action, mask authz.FieldMask, id uuid.UUID, l *journal.Loaded[customer.State]) error {
	e := a.accessed(c, action, mask)
	e.Subject, e.Ordinal = id, l.Row.Ordinal
	return a.Access.Record(ctx, e)
}

// accessed is an entry of the access log without whom it is about.
func (a *App) accessed(c *Call, action authz.Action, mask authz.FieldMask) access.Entry {
	return access.Entry{At: a.Clock(), Actor: string(c.Caller.Role), ActorID: c.Caller.Subject, Action: string(action),
		Channel: c.Source, Purpose: c.Purpose, From: c.From, Fields: uint32(shownBy(action, mask)), Trace: c.Trace}
}

// keys opens a customer's keys. fault.ErrNotFound when there is no customer,
// fault.ErrKeyStore when there is one without a key.
func (a *App) keys(ctx context.Context, id uuid.UUID) (*vault.Keys, error) {
	keys, err := a.Vault.Keys(ctx, id)
	if errors.Is(err, vault.ErrNoKeys) {
		if _, err := journal.Load(ctx, a.Journal, a.Streams.Customers, id); err != nil {
			return nil, err
		}
		return nil, fault.ErrKeyStore.With(err)
	}
	return keys, err
}
