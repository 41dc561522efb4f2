package index

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/acme/customers/internal/fault"
)

// wait is how long a read waits for this instance to catch up.
const wait = time.Second

// Freshness lowers what a read demands. The zero value demands everything that
// was committed before the read.
type Freshness struct {
	MinPosition int64         // a position that the caller knows; 0: the head
	MaxAge      time.Duration // an answer may be this old; 0: not at all
}

// WaitHead returns when the model shows what was committed before the call, or
// what f demands instead. fault.ErrBehind after one second.
func (m *Model) WaitHead(ctx context.Context, f Freshness) error {
	position := m.runner.Position()
	if f.MinPosition > 0 && position >= f.MinPosition || f.MaxAge > 0 && m.fresh.within(f.MaxAge) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, wait) // for the question and the waiting together
	defer cancel()
	asked := m.fresh.now()
	head, err := m.cfg.Store.Head(ctx)
	if err != nil {
		return behind(ctx, err)
	}
	demand := head
	if f.MinPosition > 0 {
		demand = min(head, f.MinPosition) // nobody need wait for what nobody wrote
	}
	if m.runner.Position() < demand {
		if err := m.runner.WaitFor(ctx, demand); err != nil {
			return err
		}
	}
	if demand == head {
		m.fresh.note(asked)
	}
	return nil
}

// behind says that the second is over; any other reason stays.
func behind(ctx context.Context, err error) error {
	if errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
		return fault.ErrBehind.After(wait).With(err)
	}
	return err
}

// freshest remembers the latest instant of which everything committed before
// it is known to be applied. Monotonic, in nanoseconds since start.
type freshest struct {
	start time.Time
	at    *atomic.Int64
}

func newFreshest() freshest {
	f := freshest{time.Now(), new(atomic.Int64)}
	f.at.Store(-1 << 62)
	return f
}

func (f freshest) now() int64 { return int64(time.Since(f.start)) }

func (f freshest) within(age time.Duration) bool { return f.now()-f.at.Load() <= int64(age) }

func (f freshest) note(asked int64) {
	for {
		have := f.at.Load()
		if asked <= have || f.at.CompareAndSwap(have, asked) {
			return
		}
	}
}
