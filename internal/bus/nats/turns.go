package nats

import (
	"context"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/semaphore"
)

// turnsBytes bounds what is handled and what waits: messages may have a
// megabyte each.
const turnsBytes = 32 << 20

// turns hands messages to workers, those of one key one after the other. Nobody
// waits for another key's turn, as long as there are workers.
type turns struct {
	do    func(jetstream.Msg)
	slots chan struct{}
	bytes *semaphore.Weighted
	all   sync.WaitGroup

	mu      sync.Mutex
	waiting map[string][]jetstream.Msg // behind the one that is being handled
	held    map[uint64]jetstream.Msg   // all of them, by their sequence in the stream
}

func newTurns(workers int, do func(jetstream.Msg)) *turns {
	return &turns{do: do, slots: make(chan struct{}, workers), bytes: semaphore.NewWeighted(turnsBytes),
		waiting: map[string][]jetstream.Msg{}, held: map[uint64]jetstream.Msg{}}
}

// take returns once the message is being handled, or waits for its own kind. Of
// one that is held already the last delivery is handled after that. When ctx
// ends, the message is left to come again.
func (t *turns) take(ctx context.Context, key string, m jetstream.Msg) {
	seq := sequence(m)
	t.mu.Lock()
	_, twice := t.held[seq]
	t.held[seq] = m
	t.mu.Unlock()
	if twice || t.bytes.Acquire(ctx, size(m)) != nil {
		return
	}
	t.mu.Lock()
	queue, busy := t.waiting[key]
	if busy {
		t.waiting[key] = append(queue, m)
		t.mu.Unlock()
		return
	}
	t.waiting[key] = nil
	t.mu.Unlock()
	t.slots <- struct{}{}
	t.all.Go(func() {
		defer func() { <-t.slots }()
		for more := true; more; {
			t.do(m)
			m, more = t.next(key, m)
		}
	})
}

// next is over with a message, and gives the one that waits behind it.
func (t *turns) next(key string, over jetstream.Msg) (m jetstream.Msg, more bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if last := t.held[sequence(over)]; last != over { // it came again, as after a refusal
		return last, true
	}
	delete(t.held, sequence(over))
	t.bytes.Release(size(over))
	queue := t.waiting[key]
	if len(queue) == 0 {
		delete(t.waiting, key)
		return nil, false
	}
	t.waiting[key] = queue[1:]
	return queue[0], true
}

// keep tells the broker until ctx ends that what waits is not lost, so that it
// is not delivered again, and its attempts are not used up, for waiting long.
func (t *turns) keep(ctx context.Context, every time.Duration) {
	for {
		select {
		case <-time.After(every):
		case <-ctx.Done():
			return
		}
		t.mu.Lock()
		held := make([]jetstream.Msg, 0, len(t.held))
		for _, m := range t.held {
			held = append(held, m)
		}
		t.mu.Unlock()
		for _, m := range held {
			_ = m.InProgress() // of one that was answered meanwhile, an error
		}
	}
}

// wait returns when nothing is being handled any more.
func (t *turns) wait() { t.all.Wait() }

func size(m jetstream.Msg) int64 { return min(int64(len(m.Data())), turnsBytes) }

func sequence(m jetstream.Msg) uint64 {
	meta, err := m.Metadata()
	if err != nil {
		return 0
	}
	return meta.Sequence.Stream
}
