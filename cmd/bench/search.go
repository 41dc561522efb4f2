package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// searchConfig is what is said of `bench -search`.
type searchConfig struct {
	sizes    []int
	ready    []int
	live     []int         // segments
	citizens int           // of whom events are
	queries  int           // of a kind
	budget   time.Duration // of a side, a kind and a size
	events   time.Duration
	parts    []string
}

// The parts of `bench -search`.
var searchParts = []string{"search", "segments", "lag", "ready"}

// searchLists are flags as they are written.
type searchLists struct{ sizes, ready, live, parts string }

func (c *searchConfig) define(f *flag.FlagSet) *searchLists {
	l := new(searchLists)
	f.StringVar(&l.sizes, "sizes", "10000,100000,1000000", "with -search: numbers of customers to search among, ascending")
	f.StringVar(&l.ready, "ready", "10000,100000", "with -search: numbers of customers to start the service with, ascending; filling 1000000 takes minutes")
	f.StringVar(&l.live, "live", "100", "with -search: numbers of live segments while events come, after none; 1000 is the most there may be")
	f.StringVar(&l.parts, "parts", strings.Join(searchParts, ","), "with -search: what to measure of it")
	f.IntVar(&c.queries, "queries", 200, "with -search: questions of a kind")
	f.DurationVar(&c.budget, "budget", 20*time.Second, "with -search: time of a side for questions of a kind, whatever their number")
	f.DurationVar(&c.events, "events", 20*time.Second, "with -search: time that events come for")
	return l
}

func (c *searchConfig) read(l *searchLists, quick bool) error {
	c.citizens = 10_000
	if quick {
		l.sizes, l.ready, l.live, c.citizens = "1000,3000", "1000", "100", 1000
		c.queries, c.budget, c.events = 20, time.Second, 2*time.Second
	}
	c.parts = strings.Split(l.parts, ",")
	var errs [3]error
	c.sizes, errs[0] = numbers(l.sizes)
	c.ready, errs[1] = numbers(l.ready)
	c.live, errs[2] = numbers(l.live)
	return errors.Join(errs[:]...)
}

func (c *searchConfig) check() error {
	for _, part := range c.parts {
		if !slices.Contains(searchParts, part) {
			return fmt.Errorf("%q is no part; there are %s", part, strings.Join(searchParts, ", "))
		}
	}
	if c.queries < 1 || c.budget <= 0 || c.events < time.Second {
		return errors.New("queries and times must be positive, and events come for a second at least")
	}
	return nil
}

func (c *searchConfig) has(part string) bool { return slices.Contains(c.parts, part) }

// measureSearch is `bench -search`.
func (b *bench) measureSearch(ctx context.Context) error {
	c := &b.cfg.search
	if c.has("search") || c.has("segments") {
		if err := b.measureTown(ctx, c); err != nil {
			return err
		}
	}
	if c.has("lag") {
		if err := b.measureLag(ctx); err != nil {
			return err
		}
	}
	if c.has("ready") {
		return b.measureReady(ctx)
	}
	return nil
}

// measureTown grows one town through the sizes.
func (b *bench) measureTown(ctx context.Context, c *searchConfig) (err error) {
	defer debug.SetGCPercent(debug.SetGCPercent(serveGC))
	t, err := b.newTown(ctx, c.has("search"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.leave(context.WithoutCancel(ctx), b.cluster)) }()
	for _, n := range c.sizes {
		if err := t.grow(ctx, b, n); err != nil {
			return err
		}
		if c.has("search") {
			if err := b.duels(ctx, t); err != nil {
				return err
			}
		}
		if c.has("segments") {
			if err := b.segments(t); err != nil {
				return err
			}
		}
	}
	return errors.Join(b.whyLarge(), b.whyLate(t))
}

// serveGC is how the service collects garbage: when the heap has tripled.
const serveGC = 200

func (b *bench) duels(ctx context.Context, t *town) error {
	runtime.LockOSThread() // a question's processor time is that of its thread
	defer runtime.UnlockOSThread()
	for i := range kinds {
		if err := b.duel(ctx, t, &kinds[i]); err != nil {
			return fmt.Errorf("%s: %w", kinds[i].name, err)
		}
	}
	return nil
}
