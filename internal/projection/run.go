package projection

import (
	"context"
	"errors"
	"log/slog"

	"github.com/acme/customers/internal/fault"
)

// errLeaseLost ends a term of leading.
var errLeaseLost = errors.New("projection: the lease went to another instance")

// Run follows the log until ctx ends; then it returns nil. Whatever fails is
// tried again with growing pauses and shown by Status: a projection never
// takes the program down.
func (r *Runner) Run(ctx context.Context) error {
	failures := 0 // in a row, without progress between them
	for ctx.Err() == nil {
		before := r.Position()
		err := r.term(ctx)
		if ctx.Err() != nil {
			break
		}
		if r.Position() > before {
			failures = 0
		}
		switch {
		case errors.Is(err, errLeaseLost):
			r.setLeading(false)
			r.cfg.Logger.Warn("the lease was lost")
			continue
		case errors.Is(err, ErrRestart) && failures == 0: // at once, the first time
			r.cfg.Logger.Info("the projection starts again", "error", err)
			failures++
		default:
			failures++
			r.fail(err)
			r.pause(ctx, failures)
		}
	}
	return nil
}

// term is one stretch of applying: from holding the lease to losing it, or to
// an error that the record-wise retry could not get past. It gives the lease
// back, so that an instance that can do better (a newer version of the
// program, say) may try.
func (r *Runner) term(ctx context.Context) error {
	if r.cfg.Lease <= 0 {
		return r.lead(ctx)
	}
	if err := r.acquire(ctx); err != nil {
		return err
	}
	leading, lost := context.WithCancelCause(ctx)
	defer lost(nil)
	renewed := make(chan struct{})
	go func() {
		defer close(renewed)
		r.renew(leading, lost)
	}()
	err := r.lead(leading)
	if cause := context.Cause(leading); cause != nil && ctx.Err() == nil {
		err = cause
	}
	lost(nil)
	<-renewed
	r.release(ctx)
	return err
}

func (r *Runner) lead(ctx context.Context) error {
	start := r.cfg.Start
	if start == nil {
		start = func(ctx context.Context) (int64, error) { return r.cfg.Store.Cursor(ctx, r.cfg.Name) }
	}
	position, err := start(ctx)
	if err != nil {
		return err
	}
	r.progress.set(position)
	r.setLeading(true) // until another instance is seen to hold the lease
	return r.follow(ctx, position)
}

// follow applies what comes after position, for as long as nothing fails.
func (r *Runner) follow(ctx context.Context, position int64) error {
	for {
		select {
		case s := <-r.swaps:
			r.swap(ctx, s, position)
		case <-r.restart:
			return ErrRestart
		default:
		}
		records, err := r.cfg.Store.Tail(ctx, position, r.cfg.Batch)
		if err != nil {
			return err
		}
		if len(records) == 0 {
			r.ok()
			if err := r.wait(ctx, position); err != nil {
				return err
			}
			continue
		}
		if err := r.apply(ctx, r.cfg.Handler, records, r.applied); err != nil {
			return err
		}
		position = records[len(records)-1].Position
		r.ok()
		if len(records) < r.cfg.Batch && r.cfg.Rest > 0 {
			if err := sleep(ctx, r.cfg.Rest); err != nil {
				return err
			}
		}
	}
}

// applied saves the cursor, then tells those who wait.
func (r *Runner) applied(ctx context.Context, position int64) error {
	if r.cfg.Start == nil {
		if err := r.cfg.Store.SetCursor(ctx, r.cfg.Name, position); err != nil {
			return err
		}
	}
	r.progress.set(position)
	return nil
}

// wait returns when the log may have grown, or after a swap.
func (r *Runner) wait(ctx context.Context, position int64) error {
	waiting, cancel := context.WithCancel(ctx)
	grown := make(chan error, 1)
	go func() { grown <- r.cfg.Store.Await(waiting, position) }()
	var err error
	select {
	case err = <-grown:
		cancel()
		return err
	case s := <-r.swaps:
		r.swap(ctx, s, position)
	case <-r.restart:
		err = ErrRestart
	}
	cancel()
	<-grown
	return err
}

// pause waits for the n-th pause of a row, n from 1, or until ctx ends.
func (r *Runner) pause(ctx context.Context, n int) {
	d := r.cfg.Retry.Max
	if shift := n - 1; shift < 16 && r.cfg.Retry.Min<<shift < d {
		d = r.cfg.Retry.Min << shift
	}
	_ = sleep(ctx, d)
}

// fail shows an error that is being retried, until ok. The log hears of it
// when it begins and when it turns into another, not of every try.
func (r *Runner) fail(err error) {
	code := fault.CodeOf(err)
	r.mu.Lock()
	news := r.lastErr == nil || fault.CodeOf(r.lastErr) != code
	r.lastErr = err
	r.mu.Unlock()
	level := slog.LevelDebug
	if news {
		level = slog.LevelError
	}
	r.cfg.Logger.Log(context.Background(), level, "the projection stands still", "position", r.Position(), "code", code, "error", err)
}

func (r *Runner) ok() {
	r.mu.Lock()
	mended := r.lastErr != nil
	r.lastErr = nil
	r.mu.Unlock()
	if mended {
		r.cfg.Logger.Info("the projection goes on", "position", r.Position())
	}
}
