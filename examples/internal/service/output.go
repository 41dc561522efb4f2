package service

import (
	"bytes"
	"context"
	"io"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience bounds the wait for what should come.
const patience = time.Minute

// Example is one that runs until it is stopped.
type Example struct {
	mu      sync.Mutex
	printed bytes.Buffer
	more    chan struct{} // closed when there is more, and made anew
	cancel  context.CancelFunc
	done    chan error
}

// Write takes what the example prints.
func (e *Example) Write(p []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	close(e.more)
	e.more = make(chan struct{})
	return e.printed.Write(p)
}

// Printed is everything until now.
func (e *Example) Printed() string {
	printed, _ := e.look()
	return printed
}

func (e *Example) look() (string, <-chan struct{}) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.printed.String(), e.more
}

// Run starts the run function of an example.
func Run(t *testing.T, run func(context.Context, io.Writer) error) *Example {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	e := &Example{more: make(chan struct{}), cancel: cancel, done: make(chan error, 1)}
	go func() { e.done <- run(ctx, e) }()
	t.Cleanup(func() { e.Stop(t) })
	return e
}

// Await waits until the example has printed a text; a line begins with "\n".
func (e *Example) Await(t *testing.T, text string) {
	t.Helper()
	over := time.After(patience)
	for {
		printed, more := e.look()
		if strings.Contains("\n"+printed, text) {
			return
		}
		select {
		case <-more:
		case err := <-e.done:
			e.done <- err
			t.Fatalf("it ended before it printed %q: %v\n%s", text, err, printed)
		case <-over:
			t.Fatalf("it did not print %q:\n%s", text, printed)
		}
	}
}

// Stop ends the example, which has to end without an error.
func (e *Example) Stop(t *testing.T) {
	t.Helper()
	e.cancel()
	err := <-e.done
	e.done <- nil
	if err != nil {
		t.Errorf("it ended with %v", err)
	}
}
