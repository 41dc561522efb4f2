package httpapi

import (
	"net/http"
	"sync"
	"time"
)

// events writes server-sent events, and a comment now and then, so that whoever
// is in between sees that the connection is alive.
type events struct {
	x    *exchange
	mu   sync.Mutex
	sent bool
	dead bool
	done chan struct{}
	once sync.Once
}

func newEvents(x *exchange) *events {
	e := &events{x: x, done: make(chan struct{})}
	go func() {
		beat := time.NewTicker(heartbeat)
		defer beat.Stop()
		for {
			select {
			case <-beat.C:
				e.write(": alive\n\n")
			case <-e.done:
				return
			}
		}
	}()
	return e
}

// stop ends the heartbeat; nothing is written after it.
func (e *events) stop() {
	e.once.Do(func() { close(e.done) })
	e.mu.Lock()
	defer e.mu.Unlock()
	e.dead = true
}

func (e *events) begun() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.sent
}

// write sends at once; false says that nobody reads any more.
func (e *events) write(text string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.dead {
		return false
	}
	if !e.sent {
		e.sent = true
		h := e.x.writer.Header()
		h.Set("Content-Type", mediaEvents)
		h.Set("X-Accel-Buffering", "no") // proxies that gather would keep it
		e.x.writer.WriteHeader(http.StatusOK)
		text = "retry: 500\n\n" + text
	}
	c := http.NewResponseController(e.x.writer)
	_ = c.SetWriteDeadline(time.Now().Add(slowest)) // not every connection has deadlines
	if _, err := e.x.writer.Write([]byte(text)); err != nil {
		e.dead = true
		return false
	}
	_ = c.Flush()
	return true
}
