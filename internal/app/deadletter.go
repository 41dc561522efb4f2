package app

import (
	"context"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/bus"
)

// DeadLetters are the inbound messages that could not be handled.
type DeadLetters interface {
	List(ctx context.Context, after string, limit int) ([]bus.Letter, error)
	Show(ctx context.Context, id string) (bus.Letter, error)
	Replay(ctx context.Context, id string, handle bus.Handle) error
}

// ListDeadLetters gives a page of letters without their content, by ascending
// id, which is a hash and says nothing of their age.
func (a *App) ListDeadLetters(ctx context.Context, c Call, after string, limit int) ([]bus.Letter, error) {
	if _, err := a.allowAny(&c, authz.ListDeadLetters); err != nil {
		return nil, err
	}
	return a.Letters.List(ctx, after, limit)
}

// ShowDeadLetter opens one letter. Its content is personal, so it is recorded
// as a read: of no customer in particular, for whom a letter is about is what
// could not be found out.
func (a *App) ShowDeadLetter(ctx context.Context, c Call, id string) (bus.Letter, error) {
	mask, err := a.allowAny(&c, authz.ShowDeadLetter)
	if err != nil {
		return bus.Letter{}, err
	}
	l, err := a.Letters.Show(ctx, id)
	if err != nil {
		return bus.Letter{}, err
	}
	e := a.accessed(&c, authz.ShowDeadLetter, mask)
	e.Bulk = roaring.New()
	return l, a.Access.Record(ctx, e)
}

// ReplayDeadLetter handles a letter again, and removes it when that works.
func (a *App) ReplayDeadLetter(ctx context.Context, c Call, id string) error {
	if _, err := a.allowAny(&c, authz.ReplayDeadLetter); err != nil {
		return err
	}
	return a.Letters.Replay(ctx, id, a.Inbound)
}
