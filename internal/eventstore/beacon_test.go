package eventstore_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/acme/customers/internal/eventstore"
)

// waiting starts Await in a bubble and tells how it stands.
func waiting(b *eventstore.Beacon, ctx context.Context, after int64, poll time.Duration) (returned func() (bool, error)) {
	done := make(chan error, 1)
	go func() { done <- b.Await(ctx, after, poll) }()
	return func() (bool, error) {
		synctest.Wait()
		select {
		case err := <-done:
			return true, err
		default:
			return false, nil
		}
	}
}

func TestABeaconWakesEveryoneWhenTheHeadMoves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b eventstore.Beacon
		b.Raise(5)
		first, second := waiting(&b, t.Context(), 5, 0), waiting(&b, t.Context(), 5, 0)
		b.Raise(5) // no news
		b.Raise(3)
		if woken, _ := first(); woken || b.Head() != 5 {
			t.Errorf("woken by no news; head %d", b.Head())
		}
		b.Raise(6)
		for _, returned := range []func() (bool, error){first, second} {
			if woken, err := returned(); !woken || err != nil {
				t.Errorf("woken %v, %v", woken, err)
			}
		}
		if woken, err := waiting(&b, t.Context(), 5, 0)(); !woken || err != nil {
			t.Errorf("the head is past it: woken %v, %v", woken, err)
		}
		late := waiting(&b, t.Context(), 6, 0) // a new wait after a wake
		if woken, _ := late(); woken {
			t.Error("woken by old news")
		}
		b.Raise(7)
		if woken, _ := late(); !woken {
			t.Error("not woken the second time")
		}
	})
}

func TestABeaconPollsAndEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b eventstore.Beacon
		polled := waiting(&b, t.Context(), 0, 75*time.Millisecond)
		time.Sleep(74 * time.Millisecond) // the bubble's clock
		if woken, _ := polled(); woken {
			t.Error("woken before the poll")
		}
		time.Sleep(time.Millisecond)
		if woken, err := polled(); !woken || err != nil {
			t.Errorf("poll: woken %v, %v", woken, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := waiting(&b, ctx, 0, 0)
		cancel()
		if woken, err := ended(); !woken || !errors.Is(err, context.Canceled) {
			t.Errorf("end: woken %v, %v", woken, err)
		}
	})
}
