package app

import (
	"context"
	"errors"
	"runtime"
	"sync"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/journal"
)

// join executes a command on a stream beside the customer's, once for an
// idempotency key: sent again, it gives the state that the first one led to.
func join[S, E any](ctx context.Context, a *App, c *Call, agg *event.Aggregate[S], cmd journal.Command[S, E]) (journal.Loaded[S], error) {
	cmd.Joins, cmd.Request, cmd.Inbox = true, a.request(c), c.Inbox
	out, err := journal.Execute(ctx, a.Journal, agg, cmd)
	err = a.answered(ctx, c, err)
	var replay *eventstore.ErrReplay
	switch {
	case !errors.As(err, &replay):
	case replay.Request.Hash != c.Idempotency.Hash:
		err = fault.ErrIdempotencyReuse
	case replay.Request.Version == 0: // it recorded nothing, and nothing was before it
		out, err = journal.Loaded[S]{State: new(S)}, nil
	default:
		out, err = journal.AtVersion(ctx, a.Journal, agg, cmd.ID, replay.Request.Version)
	}
	return out, gone(c, err)
}

// answered finds out about a refusal whether it is one of the request's own
// effect: what it removed is not there any more, and its If-Match has passed.
func (a *App) answered(ctx context.Context, c *Call, refusal error) error {
	if refusal == nil || c.Idempotency == nil {
		return refusal
	}
	found, err := a.Store.Replay(ctx, a.requestKey(c))
	if err != nil || found == nil {
		return refusal
	}
	return &eventstore.ErrReplay{Request: *found}
}

// atOnce is how many customers are seen to together, so that they share group
// commits.
const atOnce = 256

// eachInOrder does many things, those of one customer in their order.
func eachInOrder(n int, of func(i int) uuid.UUID, do func(i int)) {
	var wg sync.WaitGroup
	for w := range atOnce {
		wg.Go(func() {
			for i := range n {
				if int(of(i)[15])%atOnce == w {
					do(i)
				}
			}
		})
	}
	wg.Wait()
}

// aboutMany does many things that show something, on all processors, and makes
// one entry of the access log of everybody who was added to about.
func (a *App) aboutMany(ctx context.Context, c *Call, action authz.Action, mask authz.FieldMask, n int, do func(i int, about *roaring.Bitmap)) error {
	workers := runtime.GOMAXPROCS(0)
	about := make([]*roaring.Bitmap, workers)
	var wg sync.WaitGroup
	for w := range workers {
		about[w] = roaring.New()
		wg.Go(func() {
			for i := w; i < n && ctx.Err() == nil; i += workers {
				do(i, about[w])
			}
		})
	}
	wg.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return a.auditMany(ctx, c, action, mask, roaring.FastOr(about...))
}

// auditMany records a read of many before its answer leaves.
func (a *App) auditMany(ctx context.Context, c *Call, action authz.Action, mask authz.FieldMask, about *roaring.Bitmap) error {
	if about.IsEmpty() {
		return nil
	}
	e := a.accessed(c, action, mask)
	e.Bulk = about
	return a.Access.Record(ctx, e)
}
