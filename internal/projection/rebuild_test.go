package projection_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/projection"
)

// rebuildWhileGrowing rebuilds into fresh while the log grows, and compares
// both chains at the moment of the swap and the fresh one with the whole log.
func rebuildWhileGrowing(t *testing.T, fresh *chain) (same bool) {
	store, old := open(t), &chain{}
	r := projection.New(projection.Config{Name: "p", Store: store, Handler: old, Batch: 10})
	defer start(r)()
	grow(t, store, 300)
	var writers sync.WaitGroup
	writers.Go(func() { grow(t, store, 300) })
	var live atomic.Pointer[chain]
	live.Store(old)
	err := r.Rebuild(t.Context(), fresh, 0, func() {
		same = fresh.sum == old.sum && fresh.position == old.position
		live.Store(fresh)
	})
	if err != nil {
		t.Fatal(err)
	}
	if live.Load() != fresh {
		t.Error("Rebuild returned before the fresh handler was published")
	}
	calls := old.calls
	writers.Wait()
	grow(t, store, 10)
	if err := r.WaitFor(t.Context(), 610); err != nil {
		t.Fatal(err)
	}
	if old.calls != calls {
		t.Error("the old handler still gets records")
	}
	whole := &chain{careless: fresh.careless}
	records, _ := store.Feed(t.Context(), 0, 1000)
	_ = whole.Apply(t.Context(), records)
	return same && fresh.sum == whole.sum
}

func TestARebuildEqualsTheLiveModelAtTheSwap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if !rebuildWhileGrowing(t, &chain{}) {
			t.Error("the rebuilt state differs")
		}
		if rebuildWhileGrowing(t, &chain{sum: [32]byte{1}}) {
			t.Error("control: a rebuild from another state was not noticed")
		}
	})
}

func TestARebuildReplacesAHandlerThatIsStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := open(t)
		r := projection.New(projection.Config{Name: "p", Store: store, Handler: &chain{before: refuse(13, fault.ErrInternal)}})
		defer start(r)()
		grow(t, store, 30)
		time.Sleep(time.Minute)
		if at := r.Position(); at != 12 {
			t.Fatalf("at %d", at)
		}
		mended := &chain{}
		if err := r.Rebuild(t.Context(), mended, 0, func() {}); err != nil {
			t.Fatal(err)
		}
		if err := r.WaitFor(t.Context(), 30); err != nil || mended.position != 30 {
			t.Errorf("mended at %d, %v", mended.position, err)
		}
	})
}

func TestAHandlerCanAskToStartAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := open(t)
		asked, lost := 0, true
		h := &chain{careless: true}
		h.before = func(r eventstore.Record) error {
			if r.Position == 20 && lost {
				lost = false
				return projection.ErrRestart
			}
			return nil
		}
		r := projection.New(projection.Config{Name: "p", Store: store, Handler: h, Batch: 5,
			Start: func(context.Context) (int64, error) { asked++; return 3, nil }})
		defer start(r)()
		grow(t, store, 30)
		if err := r.WaitFor(t.Context(), 30); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		r.Restart()
		synctest.Wait()
		if asked != 3 { // at first, after ErrRestart, after Restart
			t.Errorf("Start was asked %d times", asked)
		}
		if at, _ := store.Cursor(t.Context(), "p"); at != 0 {
			t.Error("a runner with its own start saved a cursor")
		}
	})
}
