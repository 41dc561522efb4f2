package batch

import (
	"context"
	"errors"
	"sync"
	"testing"
)

// Every caller gets its own outcome, and a crowd shares groups.
func TestEveryCallerGetsItsOwnOutcome(t *testing.T) {
	gate := make(chan struct{})
	var groups int
	w := New(64, func(_ context.Context, in []int) []Outcome[int] {
		<-gate
		groups++
		out := make([]Outcome[int], len(in))
		for i, v := range in {
			out[i].Value = v * 2
			if v%7 == 0 {
				out[i].Err = errors.New("seven")
			}
		}
		return out
	})
	var wg sync.WaitGroup
	for v := range 200 {
		wg.Go(func() {
			got, err := w.Do(t.Context(), v)
			if got != v*2 || (err != nil) != (v%7 == 0) {
				t.Errorf("item %d: got %d, %v", v, got, err)
			}
		})
	}
	close(gate)
	wg.Wait()
	w.Close()
	if groups == 0 || groups > 200 {
		t.Errorf("%d groups for 200 items", groups)
	}
}

func TestCloseWritesWhatWasHandedInAndRefusesTheRest(t *testing.T) {
	started, gate := make(chan struct{}, 8), make(chan struct{})
	w := New(1, func(_ context.Context, in []int) []Outcome[int] {
		started <- struct{}{}
		<-gate
		return make([]Outcome[int], len(in))
	})
	errs := make(chan error, 1)
	go func() { _, err := w.Do(context.Background(), 1); errs <- err }()
	<-started
	close(gate)
	w.Close()
	if err := <-errs; err != nil {
		t.Errorf("the item in flight failed: %v", err)
	}
	if _, err := w.Do(t.Context(), 2); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v, want ErrClosed", err)
	}
}

func TestAnEndedContextLeavesTheQueue(t *testing.T) {
	gate := make(chan struct{})
	w := New(1, func(_ context.Context, in []int) []Outcome[int] {
		<-gate
		return make([]Outcome[int], len(in))
	})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.Do(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	close(gate)
	w.Close()
}
