package importer

import (
	"cmp"
	"context"
	"sync"
	"time"

	"github.com/acme/customers/internal/remote"
)

// Import is one run over a source.
type Import struct {
	Source Source
	// Send gives an outcome for every line of a batch, or an error when that
	// is not known of all. Batches of one key have the same effect as one.
	Send     func(context.Context, remote.Batch) ([]remote.Outcome, error)
	Mode     remote.Mode
	Rows     int // of a batch; 0 is DefaultRows
	Parallel int // batches in flight; 0 is DefaultParallel

	Checkpoint *Checkpoint   // nil: the run cannot be continued
	Rejects    *RejectFile   // nil: none is kept
	Progress   Progress      // nil: nobody looks
	SaveEvery  time.Duration // between checkpoints; 0 is a second
	// OnReject is told of every reject, in the order of the rows; may be nil.
	OnReject func(Reject)
}

// The defaults are those at which a service on two cores is busy.
const (
	DefaultRows     = 500
	DefaultParallel = 8
	MaxParallel     = 16
)

// Summary counts rows: of this run and of those that it continues.
type Summary struct {
	Rows     int64 `json:"rows"`
	Created  int64 `json:"created"`
	Updated  int64 `json:"updated"`
	Valid    int64 `json:"valid"`
	Rejected int64 `json:"rejected"`
}

// flight is a batch on its way; outcomes and err hold once done is closed.
type flight struct {
	*batch
	done     chan struct{}
	outcomes []remote.Outcome
	err      error
}

// Run imports until the input ends, a batch cannot be done, or ctx ends. It
// counts what was accounted, also with an error: all that came before is done
// and, with a checkpoint, will not be done again.
func (im *Import) Run(ctx context.Context) (Summary, error) {
	l := im.ledger()
	if err := l.save(); err != nil { // before anything is sent: its id makes the keys
		return l.Summary, err
	}
	err := im.fly(ctx, l)
	return l.Summary, cmp.Or(l.save(), err)
}

// fly has batches in flight until there are no more, or one fails.
func (im *Import) fly(ctx context.Context, l *ledger) error {
	ctx, cancel := context.WithCancel(ctx)
	var flights sync.WaitGroup
	defer flights.Wait()
	defer cancel()
	order := make(chan *flight, or(im.Parallel, DefaultParallel)-1)
	var readErr error
	skip := l.Summary.Rows
	flights.Go(func() {
		defer close(order)
		readErr = im.dispatch(ctx, l.run, skip, order, &flights)
	})
	for f := range order {
		select {
		case <-f.done:
		case <-ctx.Done():
			return ctx.Err()
		}
		if f.err != nil {
			return f.err
		}
		if err := l.account(f); err != nil {
			return err
		}
	}
	return readErr
}

// dispatch cuts the source into batches and sends them, as many at a time as
// order has room for. A batch waits for those in flight that have a customer
// in common with it: of two rows the later one must win.
func (im *Import) dispatch(ctx context.Context, run string, skip int64, order chan<- *flight, flights *sync.WaitGroup) error {
	cut := &cutter{source: im.Source, rows: min(or(im.Rows, DefaultRows), remote.MaxLines)}
	if err := cut.skip(skip); err != nil {
		return err
	}
	var recent []*flight // may be in flight
	for {
		b, err := cut.next()
		if err != nil {
			return ended(err)
		}
		if recent, err = await(ctx, recent, b); err != nil {
			return err
		}
		f := &flight{batch: b, done: make(chan struct{})}
		select {
		case order <- f:
		case <-ctx.Done():
			return ctx.Err()
		}
		recent = append(recent, f)
		flights.Go(func() { im.send(ctx, run, f) })
	}
}

func (im *Import) send(ctx context.Context, run string, f *flight) {
	defer close(f.done)
	if f.lines > 0 {
		f.outcomes, f.err = im.Send(ctx, f.request(run, im.Mode))
	}
}

// await waits until nothing in flight has a customer in common with b, and
// gives what is still in flight.
func await(ctx context.Context, recent []*flight, b *batch) ([]*flight, error) {
	var still []*flight
	for _, f := range recent {
		if f.meets(b) {
			select {
			case <-f.done:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		select {
		case <-f.done:
		default:
			still = append(still, f)
		}
	}
	return still, nil
}
