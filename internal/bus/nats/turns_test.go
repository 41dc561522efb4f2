package nats

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/acme/customers/internal/bus"
)

// delivery is one of several of a message.
type delivery struct {
	message
	kept *atomic.Int64
}

func (d *delivery) InProgress() error { d.kept.Add(1); return nil }

// What waits is kept from being delivered again.
func TestWhatWaitsIsKept(t *testing.T) {
	var running, waiting atomic.Int64
	release := make(chan struct{})
	turns := newTurns(1, func(jetstream.Msg) { <-release })
	turns.take(t.Context(), "a", &delivery{message("a1"), &running})
	turns.take(t.Context(), "a", &delivery{message("a2"), &waiting})
	ctx, stop := context.WithCancel(t.Context())
	var beside sync.WaitGroup
	beside.Go(func() { turns.keep(ctx, time.Millisecond) })
	for (running.Load() < 2 || waiting.Load() < 2) && t.Context().Err() == nil {
		time.Sleep(time.Millisecond)
	}
	stop()
	close(release)
	beside.Wait()
	turns.wait()
	if len(turns.held) != 0 || len(turns.waiting) != 0 {
		t.Errorf("%d are held and %d wait when all is over", len(turns.held), len(turns.waiting))
	}
}

// One that comes again while it is being handled is handled again after that,
// and once however often it came: its first handling may have been refused.
func TestWhatComesAgainIsHandledAfterwards(t *testing.T) {
	var kept atomic.Int64
	first, second, third := &delivery{message("a1"), &kept}, &delivery{message("a1"), &kept}, &delivery{message("a1"), &kept}
	begun, release := make(chan struct{}), make(chan struct{})
	var handled []jetstream.Msg
	turns := newTurns(2, func(m jetstream.Msg) {
		if handled = append(handled, m); len(handled) == 1 {
			close(begun)
			<-release
		}
	})
	turns.take(t.Context(), "a", first)
	<-begun
	turns.take(t.Context(), "a", second)
	turns.take(t.Context(), "a", third)
	close(release)
	turns.wait()
	if len(handled) != 2 || handled[0] != jetstream.Msg(first) || handled[1] != jetstream.Msg(third) {
		t.Errorf("%d were handled", len(handled))
	}
}

// What an instance that stops has fetched goes to another one at once, not after
// the ack wait.
func TestWhoStopsGivesBackWhatItFetched(t *testing.T) {
	b := openAt(t, t.TempDir())
	const n = 40
	cfg := identity()
	cfg.Workers, cfg.AckWait = 4, time.Hour
	ctx, stop := context.WithCancel(t.Context())
	begun := make(chan struct{}, n)
	cfg.Receiver = receiver(func(ctx context.Context, _ bus.InboundMessage) error {
		begun <- struct{}{}
		<-ctx.Done()
		return ctx.Err()
	}, nil)
	in := b.Inbound(cfg)
	if err := in.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	send(t, b, n)
	var running sync.WaitGroup
	running.Go(func() { _ = in.Run(ctx) })
	<-begun
	stop()
	running.Wait()
	s := newSeen(n)
	cfg.Receiver = receiver(func(_ context.Context, m bus.InboundMessage) error {
		if s.attempt(m.ID) == 1 {
			s.settle()
		}
		return nil
	}, nil)
	again, end := context.WithCancel(t.Context())
	running.Go(func() { _ = b.Inbound(cfg).Run(again) })
	select {
	case <-s.done:
	case <-time.After(time.Minute):
		s.mu.Lock()
		t.Errorf("%d of %d came", s.settled, n)
		s.mu.Unlock()
	}
	end()
	running.Wait()
}

// A stream that somebody else made is left alone: others may have to read it.
func TestAStreamOfOthersIsNotEmptied(t *testing.T) {
	for name, mine := range map[string]bool{"of others": false, "control: of our making": true} {
		t.Run(name, func(t *testing.T) {
			b := openAt(t, t.TempDir())
			const n = 5
			s := newSeen(n)
			cfg := identity()
			cfg.Receiver = receiver(func(context.Context, bus.InboundMessage) error { s.settle(); return nil }, nil)
			in := b.Inbound(cfg)
			declared := in.Declared()
			if !mine {
				declared.Metadata = nil
			}
			if _, err := b.js.CreateStream(t.Context(), declared); err != nil {
				t.Fatal(err)
			}
			send(t, b, n)
			ctx, stop := context.WithCancel(t.Context())
			var running sync.WaitGroup
			running.Go(func() { _ = in.Run(ctx) })
			<-s.done
			left := func() uint64 {
				stream, err := b.js.Stream(t.Context(), declared.Name)
				if err != nil {
					t.Fatal(err)
				}
				return stream.CachedInfo().State.Msgs
			}
			stream, c, err := in.open(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			given := make(chan struct{}) // up: there is nothing to tidy
			running.Go(func() { in.tidy(ctx, stream, c); close(given) })
			for over := false; !over && left() > 0; {
				select {
				case <-given:
					over = true
				case <-time.After(time.Millisecond):
				}
			}
			stop()
			running.Wait()
			if got := left(); mine == (got == n) {
				t.Errorf("%d of %d messages are left", got, n)
			}
		})
	}
}
