package index

import (
	"bytes"
	"context"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/vault"
)

const (
	page   = 1000 // customers of one query
	retry  = time.Second
	ranges = 4 // a worker; so that one long range does not keep the others waiting
)

func compareIDs(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) }

// run loads all streams of the kind and brings the sink up to the log, trying
// each again until it is done. The tail must have started: it remembers what
// changes meanwhile.
func (f *follower[S]) run(ctx context.Context, position func() int64) {
	began := time.Now()
	load := func() error { return f.load(ctx, runtime.GOMAXPROCS(0)+1) } // one may wait for what the others put
	catchUp := func() error { return f.catchUp(ctx, position) }
	if f.cfg.insist(ctx, f.agg.Name, load) && f.cfg.insist(ctx, f.agg.Name, catchUp) {
		f.cfg.Logger.Info("what is derived of a kind of stream is loaded", "kind", f.agg.Name, "seconds", time.Since(began).Seconds())
	}
}

// insist repeats do until it succeeds; it reports false when ctx ended first.
func (c *Config) insist(ctx context.Context, what string, do func() error) bool {
	for {
		err := do()
		if err == nil {
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		c.Logger.Error("not everything is loaded yet", "missing", what, "code", fault.CodeOf(err), "error", err)
		select {
		case <-time.After(retry):
		case <-ctx.Done():
			return false
		}
	}
}

// load reads all snapshots, in ranges of ids that workers take turns at.
func (f *follower[S]) load(ctx context.Context, workers int) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if f.few {
		return f.loadRange(ctx, uuid.Nil, uuid.Max)
	}
	bounds, err := f.bounds(ctx, workers*ranges)
	if err != nil {
		return err
	}
	todo := make(chan int, len(bounds)-1)
	for i := range len(bounds) - 1 {
		todo <- i
	}
	close(todo)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for i := range todo {
				if err := f.loadRange(ctx, bounds[i], bounds[i+1]); err != nil {
					cancel(err)
					return
				}
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}

// bounds splits the ids into about n ranges of equal size, by some twenty
// look-ups. Ids are made in the order of time, as numbers are drawn, so that
// the ids of evenly spaced numbers are evenly spaced among the ids; where that
// does not hold the ranges are only less equal.
func (f *follower[S]) bounds(ctx context.Context, n int) ([]uuid.UUID, error) {
	last, err := f.lastNumber(ctx)
	if err != nil {
		return nil, err
	}
	out := []uuid.UUID{uuid.Nil, uuid.Max}
	for i := int64(1); i < int64(n) && last >= int64(n); i++ {
		row, err := f.cfg.Store.ByNumber(ctx, last*i/int64(n))
		if err != nil {
			return nil, err
		}
		if row != nil {
			out = append(out, row.ID)
		}
	}
	slices.SortFunc(out, compareIDs)
	return slices.Compact(out), nil
}

// lastNumber finds the highest number by bisection.
func (f *follower[S]) lastNumber(ctx context.Context) (int64, error) {
	exists := func(n int64) (bool, error) {
		row, err := f.cfg.Store.ByNumber(ctx, n)
		return row != nil, err
	}
	low, high := int64(0), int64(1)
	for {
		ok, err := exists(high)
		if err != nil {
			return 0, err
		}
		if !ok {
			break
		}
		low, high = high, high*2
	}
	for high-low > 1 {
		middle := low + (high-low)/2
		ok, err := exists(middle)
		if err != nil {
			return 0, err
		}
		if ok {
			low = middle
		} else {
			high = middle
		}
	}
	return low, nil
}

// loadRange merges the snapshots above after, up to until, with their keys,
// which come in the same order.
func (f *follower[S]) loadRange(ctx context.Context, after, until uuid.UUID) error {
	keys := keyScan{vault: f.cfg.Vault, after: after}
	for {
		found, err := f.cfg.Store.Scan(ctx, f.agg.Name, after, page)
		if err != nil {
			return err
		}
		end := len(found) < page
		if over := slices.IndexFunc(found, func(l eventstore.Loaded) bool { return compareIDs(l.Stream.ID, until) > 0 }); over >= 0 {
			found, end = found[:over], true
		}
		if err := f.loadPage(ctx, found, &keys); err != nil || end {
			return err
		}
		after = found[len(found)-1].Stream.ID
	}
}

func (f *follower[S]) loadPage(ctx context.Context, found []eventstore.Loaded, keys *keyScan) error {
	changes := make([]change[S], 0, len(found))
	for i := range found {
		var k *vault.Keys
		if !f.clear && !f.few {
			var err error
			if k, err = keys.of(ctx, found[i].Stream.ID); err != nil {
				return err
			}
		}
		c, err := f.open(ctx, &found[i], k)
		if err != nil {
			return err
		}
		changes = append(changes, c)
	}
	f.sink(changes, 0)
	return nil
}

// keyScan walks the keys in the order of subjects.
type keyScan struct {
	vault *vault.Vault
	after uuid.UUID
	rest  []vault.Entry
	end   bool
}

// of gives the keys of a subject, nil when there are none. Subjects ascend.
func (s *keyScan) of(ctx context.Context, subject uuid.UUID) (*vault.Keys, error) {
	for {
		for len(s.rest) > 0 {
			order := compareIDs(s.rest[0].Subject, subject)
			if order > 0 {
				return nil, nil
			}
			e := s.rest[0]
			s.rest = s.rest[1:]
			if order == 0 {
				return e.Keys, nil
			}
		}
		if s.end {
			return nil, nil
		}
		if err := s.more(ctx); err != nil {
			return nil, err
		}
	}
}

func (s *keyScan) more(ctx context.Context) error {
	entries, err := s.vault.Scan(ctx, s.after, page)
	if err != nil {
		return err
	}
	if s.end = len(entries) < page; len(entries) > 0 {
		s.after = entries[len(entries)-1].Subject
	}
	s.rest = entries
	return nil
}
