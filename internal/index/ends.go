package index

import (
	"bytes"
	"container/heap"
	"sync"
	"time"

	"github.com/google/uuid"
)

// Ends are the instants at which consents end, the soonest first. They are
// derived from the log (consents.go), and so as durable as it is. An end that was put off or
// withdrawn may be among them: whoever comes for it finds nothing to do.
type Ends struct {
	mu      sync.Mutex
	waiting endHeap
	sooner  chan struct{}
}

// end is 24 bytes, since there may be millions.
type end struct {
	at int64 // Unix time in microseconds
	id uuid.UUID
}

func newEnds() *Ends { return &Ends{sooner: make(chan struct{}, 1)} }

// Add waits for an instant for a customer. The zero time is no instant.
func (e *Ends) Add(id uuid.UUID, at time.Time) {
	if at.IsZero() {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	one := end{at.UnixMicro(), id}
	heap.Push(&e.waiting, one)
	if e.waiting[0] == one {
		select {
		case e.sooner <- struct{}{}:
		default: // whoever waits is being told already
		}
	}
}

// Due takes out customers whose instant has come, at most n. Who cannot be seen
// to now has to be added again.
func (e *Ends) Due(now time.Time, n int) (ids []uuid.UUID) {
	e.mu.Lock()
	defer e.mu.Unlock()
	seen := map[uuid.UUID]bool{}
	for len(e.waiting) > 0 && e.waiting[0].at <= now.UnixMicro() && len(ids) < n {
		if id := heap.Pop(&e.waiting).(end).id; !seen[id] {
			seen[id], ids = true, append(ids, id)
		}
	}
	return ids
}

// Next is the soonest instant, zero when there is none.
func (e *Ends) Next() time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.waiting) == 0 {
		return time.Time{}
	}
	return time.UnixMicro(e.waiting[0].at)
}

// Sooner is told when Next has become another.
func (e *Ends) Sooner() <-chan struct{} { return e.sooner }

// clear waits for none any more.
func (e *Ends) clear() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.waiting = nil
}

// Len is how many are waited for.
func (e *Ends) Len() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.waiting)
}

// endHeap is for container/heap. Equal instants go by id, so that the order is one.
type endHeap []end

func (h endHeap) Len() int      { return len(h) }
func (h endHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h endHeap) Less(i, j int) bool {
	return h[i].at < h[j].at || h[i].at == h[j].at && bytes.Compare(h[i].id[:], h[j].id[:]) < 0
}
func (h *endHeap) Push(x any) { *h = append(*h, x.(end)) }
func (h *endHeap) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
