package projection

import (
	"context"
	"errors"
	"fmt"

	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/fault"
)

// apply hands records on and tells applied how far it is. When the batch
// fails, its records are tried one by one, so that a poison record does not
// hold up those before it and can be named.
func (r *Runner) apply(ctx context.Context, h Handler, records []eventstore.Record,
	applied func(context.Context, int64) error) error {
	err := h.Apply(ctx, records)
	if err == nil {
		return applied(ctx, records[len(records)-1].Position)
	}
	if ctx.Err() != nil || errors.Is(err, ErrRestart) {
		return err
	}
	for i := range records {
		if err := r.applyOne(ctx, h, records[i:i+1]); err != nil {
			return err
		}
		if err := applied(ctx, records[i].Position); err != nil {
			return err
		}
	}
	return nil
}

// applyOne tries one record until it is applied or parked.
func (r *Runner) applyOne(ctx context.Context, h Handler, one []eventstore.Record) error {
	for n := 1; ; n++ {
		err := h.Apply(ctx, one)
		if err == nil || ctx.Err() != nil || errors.Is(err, ErrRestart) {
			return err
		}
		err = fmt.Errorf("record %d (%s): %w", one[0].Position, one[0].Type, err)
		if n >= r.cfg.Retry.Attempts {
			if r.cfg.Park == nil || !poison(err) {
				return err
			}
			return r.park(ctx, one[0], err)
		}
		r.fail(err)
		r.pause(ctx, n)
	}
}

// poison tells whether a failure may be the record's own fault. A dependency
// that is down fails every record: parking those would empty the log into the
// car park.
func poison(err error) bool {
	switch fault.KindOf(err) {
	case fault.Unavailable, fault.TooMany, fault.Full:
		return false
	}
	return !errors.Is(err, context.DeadlineExceeded)
}

func (r *Runner) park(ctx context.Context, record eventstore.Record, cause error) error {
	if err := r.cfg.Park(ctx, record, cause); err != nil {
		return fmt.Errorf("park record %d: %w", record.Position, err)
	}
	r.mu.Lock()
	r.parked++
	r.mu.Unlock()
	r.cfg.Logger.Error("a record was parked", "position", record.Position, "type", record.Type,
		"stream", record.Stream.String(), "code", fault.CodeOf(cause), "error", cause)
	return nil
}
