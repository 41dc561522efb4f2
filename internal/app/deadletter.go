package app

import (
	"context"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/bus"
)

// DeadLetters are the inbound messages that could not be handled.
type DeadLetters interface {
	List(ctx context.Context, after string, limit int) ([]bus.Letter, error)
	Show(ctx context.Context, id string) (bus.Letter, error)
	Replay(ctx context.Context, id string, handle bus.Handle) error
}

// ListDeadLetters gives a page of letters without their content, oldest first.
func (a *App) ListDeadLetters(ctx context.Context, c Call, after string, limit int) ([]bus.Letter, error) {
	if _, err := a.allowAny(&c, authz.ListDeadLetters); err != nil {
		return nil, err
	}
	return a.Letters.List(ctx, after, limit)
}

// ShowDeadLetter opens one letter. Its content is personal.
func (a *App) ShowDeadLetter(ctx context.Context, c Call, id string) (bus.Letter, error) {
	if _, err := a.allowAny(&c, authz.ShowDeadLetter); err != nil {
		return bus.Letter{}, err
	}
	return a.Letters.Show(ctx, id)
}

// ReplayDeadLetter handles a letter again, and removes it when that works.
func (a *App) ReplayDeadLetter(ctx context.Context, c Call, id string) error {
	if _, err := a.allowAny(&c, authz.ReplayDeadLetter); err != nil {
		return err
	}
	return a.Letters.Replay(ctx, id, a.Inbound)
}
