package index

import (
	"sync"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/eventstore"
)

// Live tells whoever listens of what is recorded about a customer, as this
// instance hears of it.
type Live struct {
	mu sync.Mutex
	by map[uuid.UUID]map[*listener]struct{}
}

type listener struct{ records chan []eventstore.Record }

// liveRoom is how many batches a listener may be behind. One that is further is
// cut off, and asks again from where it was.
const liveRoom = 64

func newLive() *Live { return &Live{by: map[uuid.UUID]map[*listener]struct{}{}} }

// Listen gives what is recorded about a customer from now on, in the order of
// the log, some of it maybe twice. The channel is closed when the listener was
// too slow. stop must be called.
func (l *Live) Listen(id uuid.UUID) (records <-chan []eventstore.Record, stop func()) {
	one := &listener{make(chan []eventstore.Record, liveRoom)}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.by[id] == nil {
		l.by[id] = map[*listener]struct{}{}
	}
	l.by[id][one] = struct{}{}
	return one.records, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.leave(id, one)
	}
}

func (l *Live) leave(id uuid.UUID, one *listener) {
	delete(l.by[id], one)
	if len(l.by[id]) == 0 {
		delete(l.by, id)
	}
}

// hear passes records on; it waits for nobody.
func (l *Live) hear(records []eventstore.Record) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.by) == 0 {
		return
	}
	about := map[uuid.UUID][]eventstore.Record{}
	for i := range records {
		if id := records[i].Subject; l.by[id] != nil {
			about[id] = append(about[id], records[i])
		}
	}
	for id, some := range about {
		for one := range l.by[id] {
			select {
			case one.records <- some:
			default:
				close(one.records)
				l.leave(id, one)
			}
		}
	}
}
