// Package bustest holds what every driver of the bus must do: one suite for
// publishers, one for stores of dead letters. A check returns an error instead
// of failing a test, so that tests can also show that it notices a broken
// driver.
package bustest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/bus"
)

// Stream is a publisher and a way to read back what its stream holds.
type Stream struct {
	bus.Publisher
	Read func(ctx context.Context) ([]bus.Message, error)
}

// PublisherCheck is one promise of bus.Publisher, on an empty stream.
type PublisherCheck struct {
	Name string
	Run  func(ctx context.Context, s Stream) error
}

// Publisher runs every check on a stream of its own.
func Publisher(t *testing.T, open func(t *testing.T) Stream) {
	for _, c := range PublisherChecks() {
		t.Run(c.Name, func(t *testing.T) {
			if err := c.Run(t.Context(), open(t)); err != nil {
				t.Error(err)
			}
		})
	}
}

// PublisherChecks lists them.
func PublisherChecks() []PublisherCheck {
	return []PublisherCheck{
		{"what is published is there, in order, and marked", inOrder},
		{"a wrong sequence appends nothing", fenced},
		{"of racing publishers one wins", race},
		{"purging keeps the sequence", purge},
	}
}

// Lineage of the suite's messages.
var Lineage = uuid.MustParse("0198c0de-0000-7000-8000-000000000001")

// Messages makes the messages of positions first to last.
func Messages(first, last int64) []bus.Message {
	var out []bus.Message
	for p := first; p <= last; p++ {
		out = append(out, bus.Message{Subject: bus.SubjectPrefix + "CustomerRegistered", Position: p,
			Data: fmt.Appendf(nil, `{"specversion":"1.0","id":"%s:%d","source":"/customers","type":"t","lineage":"%s","position":"%d"}`, Lineage, p, Lineage, p)})
	}
	return out
}

func inOrder(ctx context.Context, s Stream) error {
	if m, err := s.Last(ctx); err != nil || m != (bus.Mark{}) {
		return fmt.Errorf("an empty stream stands at %+v, %v", m, err)
	}
	var end uint64
	next := int64(1)
	for _, n := range []int64{1, 500, 2, 1000, 1} {
		var err error
		if end, err = s.Publish(ctx, end, Messages(next, next+n-1)); err != nil {
			return err
		}
		next += n
		if m, err := s.Last(ctx); err != nil || m != (bus.Mark{Sequence: end, Lineage: Lineage, Position: next - 1}) {
			return fmt.Errorf("after %d the stream stands at %+v, %v; published up to %d", next-1, m, err, end)
		}
	}
	return holds(ctx, s, 1, next-1)
}

// holds compares what the stream holds with the messages of first to last.
func holds(ctx context.Context, s Stream, first, last int64) error {
	got, err := s.Read(ctx)
	if err != nil {
		return err
	}
	want := Messages(first, last)
	if len(got) != len(want) {
		return fmt.Errorf("the stream holds %d messages, not %d", len(got), len(want))
	}
	for i := range want {
		if string(got[i].Data) != string(want[i].Data) || got[i].Subject != want[i].Subject {
			return fmt.Errorf("message %d differs", i+1)
		}
	}
	return nil
}

func fenced(ctx context.Context, s Stream) error {
	end, err := s.Publish(ctx, 0, Messages(1, 10))
	if err != nil {
		return err
	}
	for _, expected := range []uint64{0, end - 1, end + 1} {
		for _, n := range []int64{1, 5} {
			if _, err := s.Publish(ctx, expected, Messages(11, 10+n)); !errors.Is(err, bus.ErrFenced) {
				return fmt.Errorf("%d messages expecting %d at %d: %v", n, expected, end, err)
			}
		}
	}
	return holds(ctx, s, 1, 10)
}

func race(ctx context.Context, s Stream) error {
	var end uint64
	for round := range int64(20) {
		var wins, ends atomic.Uint64
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if e, err := s.Publish(ctx, end, Messages(round*5+1, round*5+5)); err == nil {
					wins.Add(1)
					ends.Store(e)
				}
			})
		}
		wg.Wait()
		if wins.Load() != 1 {
			return fmt.Errorf("round %d had %d winners", round, wins.Load())
		}
		end = ends.Load()
	}
	return holds(ctx, s, 1, 100)
}

func purge(ctx context.Context, s Stream) error {
	end, err := s.Publish(ctx, 0, Messages(1, 10))
	if err != nil {
		return err
	}
	if err := s.Purge(ctx); err != nil {
		return err
	}
	if m, err := s.Last(ctx); err != nil || m != (bus.Mark{Sequence: end}) {
		return fmt.Errorf("after a purge the stream stands at %+v, %v", m, err)
	}
	if _, err := s.Publish(ctx, 0, Messages(1, 1)); !errors.Is(err, bus.ErrFenced) {
		return fmt.Errorf("a publisher from before the purge: %v", err)
	}
	if _, err := s.Publish(ctx, end, Messages(1, 3)); err != nil {
		return err
	}
	return holds(ctx, s, 1, 3)
}
