package nats

import (
	"sync"

	"github.com/nats-io/nats.go/jetstream"
)

// turns hands messages to workers, those of one key one after the other. Nobody
// waits for another key's turn, as long as there are workers.
type turns struct {
	do    func(jetstream.Msg)
	slots chan struct{}
	all   sync.WaitGroup

	mu      sync.Mutex
	waiting map[string][]jetstream.Msg // behind the one that is being handled
}

func newTurns(workers int, do func(jetstream.Msg)) *turns {
	return &turns{do: do, slots: make(chan struct{}, workers), waiting: map[string][]jetstream.Msg{}}
}

// take returns once the message is being handled, or waits for its own kind.
// How many may wait is for the broker to bound.
func (t *turns) take(key string, m jetstream.Msg) {
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
		for more := true; more; m, more = t.next(key) {
			t.do(m)
		}
	})
}

func (t *turns) next(key string) (m jetstream.Msg, more bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	queue := t.waiting[key]
	if len(queue) == 0 {
		delete(t.waiting, key)
		return nil, false
	}
	t.waiting[key] = queue[1:]
	return queue[0], true
}

// wait returns when nothing is being handled any more.
func (t *turns) wait() { t.all.Wait() }
