// Package batch groups what waits: callers hand in single items, one worker
// hands them on as groups, and every caller gets the outcome of its own item.
//
// There is no timer. While one group is being written the next one gathers,
// so a lone caller waits for nobody and a crowd shares one fsync.
package batch

import (
	"context"
	"errors"
	"runtime"
	"sync"
)

// ErrClosed says that the writer was closed before the item was taken.
var ErrClosed = errors.New("batch: closed")

// Outcome is what became of one item.
type Outcome[R any] struct {
	Value R
	Err   error
}

// Writer groups items of type T. Use New.
type Writer[T, R any] struct {
	write func(context.Context, []T) []Outcome[R]
	max   int
	items chan item[T, R]
	quit  chan struct{}
	done  chan struct{}
	once  sync.Once
}

type item[T, R any] struct {
	value T
	reply chan Outcome[R]
}

// New starts a writer that calls write with 1 to max items, one call at a
// time. write must return exactly one outcome per item, in the same order.
func New[T, R any](max int, write func(context.Context, []T) []Outcome[R]) *Writer[T, R] {
	w := &Writer[T, R]{write: write, max: max,
		items: make(chan item[T, R], 4*max), quit: make(chan struct{}), done: make(chan struct{})}
	go w.run()
	return w
}

// Do hands in one item and waits for its outcome. When ctx ends while the
// item is already in a group, Do returns ctx's error and the item may still
// take effect: the caller must treat its fate as unknown.
func (w *Writer[T, R]) Do(ctx context.Context, value T) (R, error) {
	it := item[T, R]{value: value, reply: make(chan Outcome[R], 1)}
	var zero R
	select {
	case <-w.quit: // checked first: a send to a buffered channel would win the race below
		return zero, ErrClosed
	default:
	}
	select {
	case w.items <- it:
	case <-w.quit:
		return zero, ErrClosed
	case <-ctx.Done():
		return zero, ctx.Err()
	}
	select {
	case out := <-it.reply:
		return out.Value, out.Err
	case <-w.done: // the worker left; it may have answered on its way out
		select {
		case out := <-it.reply:
			return out.Value, out.Err
		default:
			return zero, ErrClosed
		}
	case <-ctx.Done():
		return zero, ctx.Err()
	}
}

// Close writes what was handed in and stops the worker.
func (w *Writer[T, R]) Close() {
	w.once.Do(func() { close(w.quit) })
	<-w.done
}

func (w *Writer[T, R]) run() {
	defer close(w.done)
	for {
		select {
		case first := <-w.items:
			w.flush(first)
		case <-w.quit:
			w.drain()
			return
		}
	}
}

func (w *Writer[T, R]) drain() {
	for {
		select {
		case first := <-w.items:
			w.flush(first)
		default:
			return
		}
	}
}

// gather adds what is waiting, up to max.
func (w *Writer[T, R]) gather(group []item[T, R]) []item[T, R] {
	for len(group) < w.max {
		select {
		case it := <-w.items:
			group = append(group, it)
		default:
			return group
		}
	}
	return group
}

func (w *Writer[T, R]) flush(first item[T, R]) {
	group := append(make([]item[T, R], 0, 16), first)
	// Whoever was answered by the last group is about to hand in the next item
	// but has not run yet. Without a yield every other group would hold one item.
	for grown := 0; grown < len(group) && len(group) < w.max; {
		grown = len(group)
		runtime.Gosched()
		group = w.gather(group)
	}
	values := make([]T, len(group))
	for i, it := range group {
		values[i] = it.value
	}
	// The group serves many callers, so no single caller's deadline may end it.
	outcomes := w.write(context.Background(), values)
	for i, it := range group {
		it.reply <- outcomes[i]
	}
}
