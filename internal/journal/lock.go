package journal

import (
	"context"
	"sync"

	"github.com/acme/customers/internal/event"
)

// locks serialises the commands on one stream within this process, first come
// first served by the runtime, so that a busy customer does not starve in
// version conflicts. Between processes the expected version decides.
type locks struct {
	mu   sync.Mutex
	held map[event.Stream]*lock
}

type lock struct {
	turn    chan struct{} // holds one token
	waiting int
}

// lock waits for the stream's turn. The caller must call unlock once.
func (l *locks) lock(ctx context.Context, s event.Stream) (unlock func(), err error) {
	l.mu.Lock()
	k := l.held[s]
	if k == nil {
		k = &lock{turn: make(chan struct{}, 1)}
		l.held[s] = k
	}
	k.waiting++
	l.mu.Unlock()
	leave := func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if k.waiting--; k.waiting == 0 {
			delete(l.held, s)
		}
	}
	select {
	case k.turn <- struct{}{}:
		return func() { <-k.turn; leave() }, nil
	case <-ctx.Done():
		leave()
		return nil, ctx.Err()
	}
}
