package eventstore

import (
	"context"
	"sync"
	"time"
)

// Beacon wakes those who wait for the head to move. Drivers raise it after
// every commit of their own.
type Beacon struct {
	mu   sync.Mutex
	head int64
	wake chan struct{}
}

// Raise tells that the head is at least position.
func (b *Beacon) Raise(position int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if position <= b.head {
		return
	}
	b.head = position
	if b.wake != nil {
		close(b.wake)
		b.wake = nil
	}
}

// Head is the highest position raised.
func (b *Beacon) Head() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.head
}

// Await returns once the head is past a position, after poll (0: never), or
// when ctx ends, with its error.
func (b *Beacon) Await(ctx context.Context, after int64, poll time.Duration) error {
	b.mu.Lock()
	if b.head > after {
		b.mu.Unlock()
		return nil
	}
	if b.wake == nil {
		b.wake = make(chan struct{})
	}
	wake := b.wake
	b.mu.Unlock()
	var tick <-chan time.Time
	if poll > 0 {
		t := time.NewTimer(poll)
		defer t.Stop()
		tick = t.C
	}
	select {
	case <-wake:
	case <-tick:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}
