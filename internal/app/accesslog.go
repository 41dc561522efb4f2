package app

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/access"
	"github.com/acme/customers/internal/authz"
)

// AccessLog gives who read the customer's data, newest first.
func (a *App) AccessLog(ctx context.Context, c Call, id uuid.UUID, cursor string, limit int) (AccessPage, error) {
	mask, err := a.allow(ctx, &c, authz.GetAccessLog, id)
	if err != nil {
		return AccessPage{}, err
	}
	l, err := a.current(ctx, &c, id)
	if err != nil {
		return AccessPage{}, err
	}
	if limit <= 0 || limit > MaxHistory {
		limit = MaxHistory
	}
	entries, next, err := a.Access.Of(ctx, id, l.Row.Ordinal, cursor, limit)
	if err != nil {
		return AccessPage{}, err
	}
	if !mask.Has(authz.FieldHistoryActor) {
		for i := range entries {
			entries[i].ActorID, entries[i].From = "", ""
		}
	}
	return AccessPage{entries, next}, a.audit(ctx, &c, authz.GetAccessLog, mask, id, &l)
}

// AccessPage is a page of the access log.
type AccessPage struct {
	Entries []access.Entry
	Next    string // "" at the end
}

// Readers adds up who read how many customers in [from, to), those who read
// most first. It opens every row of that time.
func (a *App) Readers(ctx context.Context, c Call, from, to time.Time) ([]access.Reader, error) {
	if _, err := a.allowAny(&c, authz.GetReaders); err != nil {
		return nil, err
	}
	return a.Access.Readers(ctx, from, to, a.Unusual)
}
