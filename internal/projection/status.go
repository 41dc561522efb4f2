package projection

import (
	"context"
	"sync"
	"time"

	"github.com/acme/customers/internal/fault"
)

// Status is what a health check and a metric want to know of a runner.
type Status struct {
	Name     string
	Leading  bool    // this instance applies
	Position int64   // applied by this instance
	Head     int64   // of the log
	Lag      float64 // seconds since the oldest record that is not applied was recorded
	Error    string  // code of what keeps it from applying now; "" when healthy
	Parked   int64   // records parked since the start of this instance
}

// Healthy tells whether nothing keeps the runner from applying.
func (s Status) Healthy() bool { return s.Error == "" }

// Status reads the head and tells where the runner stands against it. On an
// instance that does not lead, Position and Lag tell nothing of the leader.
func (r *Runner) Status(ctx context.Context) (Status, error) {
	r.mu.Lock()
	s := Status{Name: r.cfg.Name, Leading: r.leading, Parked: r.parked}
	if r.lastErr != nil {
		s.Error = fault.CodeOf(r.lastErr)
	}
	r.mu.Unlock()
	s.Position = r.Position()
	var err error
	if s.Head, err = r.cfg.Store.Head(ctx); err != nil || s.Head <= s.Position || !s.Leading {
		return s, err
	}
	next, err := r.cfg.Store.Tail(ctx, s.Position, 1)
	if err == nil && len(next) > 0 {
		s.Lag = max(0, time.Since(next[0].RecordedAt).Seconds())
	}
	return s, err
}

// Position is the last position that was applied by this instance.
func (r *Runner) Position() int64 { return r.progress.get() }

// WaitFor returns when the runner has applied up to position. When ctx ends
// first, the fault is fault.ErrBehind: the caller bounds the wait.
func (r *Runner) WaitFor(ctx context.Context, position int64) error {
	for {
		done, moved := r.progress.reached(position)
		if done {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return fault.ErrBehind.With(ctx.Err()).After(time.Second)
		}
	}
}

func (r *Runner) setLeading(v bool) {
	r.mu.Lock()
	r.leading = v
	r.mu.Unlock()
}

// progress is a position that can be waited for. Unlike eventstore.Beacon it
// may go back: a runner that starts again has less applied.
type progress struct {
	mu       sync.Mutex
	position int64
	moved    chan struct{} // non-nil while somebody waits
}

func (p *progress) get() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.position
}

func (p *progress) set(position int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.position = position
	if p.moved != nil {
		close(p.moved)
		p.moved = nil
	}
}

func (p *progress) reached(position int64) (bool, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.position >= position {
		return true, nil
	}
	if p.moved == nil {
		p.moved = make(chan struct{})
	}
	return false, p.moved
}
