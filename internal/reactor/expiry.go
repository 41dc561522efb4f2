package reactor

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/index"
)

const (
	atOnce      = 32          // ends that are recorded together, so that they share a commit
	longestNap  = time.Minute // clocks are set
	afterErrors = time.Second
)

// Expiry has the ends of consents recorded when they come, on one instance of
// many. What it waits for is derived from the log, so that nothing is forgotten
// over a restart, and nobody is polled.
type Expiry struct {
	Ends *index.Ends
	// End records the ends of one customer if that is for this instance to do,
	// and gives when to look again, see app.EndConsents.
	End   func(ctx context.Context, id uuid.UUID, mine bool) (time.Time, error)
	Mine  func(ctx context.Context) (bool, error) // asked once a round
	Clock func() time.Time
	Log   *slog.Logger
}

// Run records until ctx ends.
func (x *Expiry) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		x.Round(ctx)
		nap := longestNap
		if next := x.Ends.Next(); !next.IsZero() {
			nap = min(nap, next.Sub(x.Clock()))
		}
		wake := time.NewTimer(nap)
		select {
		case <-wake.C:
		case <-x.Ends.Sooner():
		case <-ctx.Done():
		}
		wake.Stop()
	}
	return nil
}

// Round sees to everybody who is due.
func (x *Expiry) Round(ctx context.Context) {
	for ids := x.Ends.Due(x.Clock(), atOnce); len(ids) > 0 && ctx.Err() == nil; ids = x.Ends.Due(x.Clock(), atOnce) {
		mine, err := x.Mine(ctx)
		if err != nil {
			x.Log.Error("it is not known who records the ends of consents", "code", fault.CodeOf(err), "error", err)
		}
		var wg sync.WaitGroup
		for _, id := range ids {
			wg.Go(func() { x.one(ctx, id, mine && err == nil) })
		}
		wg.Wait()
	}
}

func (x *Expiry) one(ctx context.Context, id uuid.UUID, mine bool) {
	again, err := x.End(ctx, id, mine)
	if err != nil {
		x.Log.Error("the end of a consent is not recorded yet", "customer", id.String(), "code", fault.CodeOf(err), "error", err)
		again = x.Clock()
	}
	if soon := x.Clock().Add(afterErrors); !again.IsZero() && !again.After(x.Clock()) {
		again = soon // whatever went wrong, it does not turn in a circle
	}
	x.Ends.Add(id, again)
}
