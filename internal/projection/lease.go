package projection

import (
	"context"
	"errors"
	"time"
)

// acquire returns once this instance holds the lease, or with an error.
func (r *Runner) acquire(ctx context.Context) error {
	for {
		held, err := r.cfg.Store.Lease(ctx, r.lease(), r.cfg.Instance, r.cfg.Lease)
		if err != nil || held {
			return err
		}
		r.setLeading(false)
		r.ok() // standing by is healthy
		if err := sleep(ctx, r.cfg.Lease/3); err != nil {
			return err
		}
	}
}

// renew extends the lease until ctx ends, and calls lost when another instance
// has it or when it may have lapsed unrenewed.
func (r *Runner) renew(ctx context.Context, lost context.CancelCauseFunc) {
	deadline := time.Now().Add(r.cfg.Lease)
	for {
		if sleep(ctx, r.cfg.Lease/3) != nil {
			return
		}
		asked := time.Now()
		try, cancel := context.WithDeadline(ctx, deadline)
		held, err := r.cfg.Store.Lease(try, r.lease(), r.cfg.Instance, r.cfg.Lease)
		cancel()
		switch {
		case err == nil && held:
			deadline = asked.Add(r.cfg.Lease)
		case err == nil, time.Now().Add(r.cfg.Lease / 3).After(deadline):
			lost(errors.Join(errLeaseLost, err))
			return
		}
	}
}

// release gives the lease back even when ctx has ended, so that the next
// instance need not wait for it to lapse.
func (r *Runner) release(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.cfg.Lease)
	defer cancel()
	if err := r.cfg.Store.Release(ctx, r.lease(), r.cfg.Instance); err != nil {
		r.cfg.Logger.Warn("the lease was not given back and will lapse", "error", err)
	}
}

func (r *Runner) lease() string { return "projection/" + r.cfg.Name }

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
