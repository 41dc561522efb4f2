package projection

import (
	"context"
	"fmt"
)

// swap asks the following goroutine to change handlers between two batches.
type swap struct {
	fresh    Handler
	position int64 // applied by fresh
	publish  func()
	done     chan error
}

// Rebuild fills a fresh handler from the records after from (0: the whole log)
// while Run goes on with the old one, and then takes the old one's place at
// exactly its position: publish is called between two batches, when both have
// applied the same records, and should point readers at the fresh one. Until
// then nobody sees the fresh handler. The durable cursor stays as it is, so
// that a crash before publish leaves the old handler in charge.
//
// Rebuild waits for this instance to lead; bound it by ctx. One at a time.
func (r *Runner) Rebuild(ctx context.Context, fresh Handler, from int64, publish func()) error {
	var err error
	for first := true; first || r.Position()-from > int64(r.cfg.Batch); first = false {
		if from, err = r.replay(ctx, fresh, from, r.Position()); err != nil {
			return fmt.Errorf("rebuild %s: %w", r.cfg.Name, err)
		}
	}
	if err := r.WaitFor(ctx, from); err != nil { // fresh was loaded ahead of the old one
		return err
	}
	s := swap{fresh: fresh, position: from, publish: publish, done: make(chan error, 1)}
	select {
	case r.swaps <- s:
	case <-ctx.Done():
		return ctx.Err()
	}
	return <-s.done // what took the swap always answers
}

// replay applies the records after from, up to and including goal.
func (r *Runner) replay(ctx context.Context, h Handler, from, goal int64) (int64, error) {
	for from < goal {
		limit := int(min(int64(r.cfg.Batch), goal-from)) // positions have no gaps
		records, err := r.cfg.Store.Tail(ctx, from, limit)
		if err != nil || len(records) == 0 {
			return from, err
		}
		note := func(_ context.Context, position int64) error { from = position; return nil }
		if err := r.apply(ctx, h, records, note); err != nil {
			return from, err
		}
	}
	return from, nil
}

// swap runs on the following goroutine.
func (r *Runner) swap(ctx context.Context, s swap, position int64) {
	at, err := r.replay(ctx, s.fresh, s.position, position)
	switch {
	case err != nil:
	case at != position: // fresh is ahead: the old one started again meanwhile
		err = fmt.Errorf("rebuild %s: at %d, not %d", r.cfg.Name, at, position)
	default: // r.cfg.Handler belongs to this goroutine
		r.cfg.Handler = s.fresh
		s.publish()
	}
	s.done <- err
}
