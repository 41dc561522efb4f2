package index

import (
	"context"
	"sync/atomic"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/eventstore"
)

// erasure is the stream type of erasures. The stream's id is the customer's,
// and so may be the subject of its records, but for those that follow the
// fence: nothing is appended for a fenced subject. What is derived is dropped
// with each of them, so that the one after the fence has the last word.
const erasure = "erasure"

// cache is the states of one kind of stream.
type cache interface {
	reset(position int64)
	Apply(records []eventstore.Record)
	Drop(id uuid.UUID)
}

// following is a follower of any kind of stream.
type following interface {
	run(ctx context.Context, position func() int64)
	apply(ctx context.Context, records []eventstore.Record) error
}

// tail applies the log to everything in memory.
type tail struct {
	store     eventstore.Store
	caches    []cache
	told      func([]eventstore.Record) // hears of what happened
	live      *Live
	followers []following
	givenUp   func() bool        // what the followers derive takes too much memory: nobody asks for it any more
	forget    func(...uuid.UUID) // the vault's: its keys may have been destroyed elsewhere
	started   chan struct{}      // closed by the first start
	applied   atomic.Int64       // last position
}

// start: the first time at the head, since nothing is derived from what came
// before it; after a failure where the last Apply ended. The head is read
// before the reset: what is loaded from then on is at least as new.
func (t *tail) start(ctx context.Context) (int64, error) {
	if t.running() {
		return t.applied.Load(), nil
	}
	head, err := t.store.Head(ctx)
	if err != nil {
		return 0, err
	}
	for _, c := range t.caches {
		c.reset(head)
	}
	t.applied.Store(head)
	close(t.started)
	return head, nil
}

func (t *tail) running() bool {
	select {
	case <-t.started:
		return true
	default:
		return false
	}
}

// Apply may see a record again.
func (t *tail) Apply(ctx context.Context, records []eventstore.Record) error {
	for i := range records {
		if records[i].Stream.Type == erasure {
			t.forget(records[i].Stream.ID)
		}
	}
	for _, c := range t.caches {
		c.Apply(records)
	}
	for _, f := range t.followers {
		if t.givenUp() {
			break
		}
		if err := f.apply(ctx, records); err != nil {
			return err
		}
	}
	t.live.hear(records)
	t.told(records)
	t.applied.Store(records[len(records)-1].Position)
	return nil
}
