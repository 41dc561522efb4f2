package main

import (
	"context"
	"runtime"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/acme/customers/cmd/bench/internal/crowd"
	"github.com/acme/customers/cmd/bench/internal/report"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/roster"
	"github.com/acme/customers/internal/rule"
)

// The aims at every size, which are meant for 1,000,000 customers.
const (
	aimFind   = 10 * time.Millisecond // p99 of a search
	aimRoster = 700                   // bytes a customer
)

const townsfolk = 10_000 // that are made and put at a time

// town is a roster and a table of PostgreSQL that hold the same people.
type town struct {
	roster   *roster.Roster
	language *rule.Language
	table    *pgx.Conn // nil: without
	people   int
	empty    int64         // heap before the first
	took     time.Duration // to put all of them
	joined   []uuid.UUID   // segments that have members
}

func (b *bench) newTown(ctx context.Context, compared bool) (*town, error) {
	t := &town{roster: roster.New(customer.DefaultPreferences(), customer.DefaultWeights())}
	var err error
	if t.language, err = rule.New(rule.Config{Purposes: []string{"marketing", "analytics"}, Segments: func(string) bool { return true }}); err != nil {
		return nil, err
	}
	if compared {
		if t.table, err = b.cluster.table(ctx); err != nil {
			return nil, err
		}
	}
	t.empty = heap()
	return t, nil
}

func (t *town) leave(ctx context.Context, c *cluster) error {
	if t.table == nil {
		return nil
	}
	_ = t.table.Close(ctx)
	return c.drop(ctx, tableDatabase)
}

// heap is what is alive.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// grow takes people in until there are n. The clock runs while the roster takes
// them, not while they are made.
func (t *town) grow(ctx context.Context, b *bench, n int) error {
	say("%d people move in", n)
	if t.table != nil {
		if err := unindex(ctx, t.table); err != nil {
			return err
		}
	}
	for t.people < n && ctx.Err() == nil {
		some := make([]crowd.Person, min(townsfolk, n-t.people))
		for i := range some {
			some[i] = crowd.Make(t.people + i)
		}
		t.put(some)
		if t.table != nil {
			if err := copyIn(ctx, t.table, some); err != nil {
				return err
			}
		}
		t.people += len(some)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	b.figure(report.Figure{What: "roster, live heap", Customers: n, Value: float64(heap()-t.empty) / float64(n), Unit: "bytes a customer", Aim: aimRoster})
	b.figure(report.Figure{What: "roster, to put all of them", Customers: n, Value: t.took.Seconds(), Unit: "s"})
	b.figure(report.Figure{What: "roster, to put one", Customers: n, Value: float64(t.took.Microseconds()) / float64(n), Unit: "µs"})
	if t.table == nil {
		return nil
	}
	return t.indexTable(ctx, b)
}

func (t *town) put(some []crowd.Person) {
	people, did, agreed := make([]roster.Person, len(some)), make([]roster.Did, len(some)), make([]roster.Consented, len(some))
	for i := range some {
		p := &some[i]
		people[i] = roster.Person{ID: p.ID, Ordinal: p.Ordinal, Version: 1, State: p.State}
		did[i], agreed[i] = roster.Did{Ordinal: p.Ordinal, State: p.Activity}, roster.Consented{Ordinal: p.Ordinal, State: p.Consents}
	}
	started := time.Now()
	t.roster.Put(people)
	t.roster.PutActivities(did)
	t.roster.PutConsents(agreed, crowd.Now)
	t.took += time.Since(started)
}

// figure adds what was measured on one side alone.
func (b *bench) figure(f report.Figure) {
	say("%s at %d: %.4g %s", f.What, f.Customers, f.Value, f.Unit)
	b.report.Figures = append(b.report.Figures, f)
}
