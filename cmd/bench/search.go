package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/acme/customers/cmd/bench/internal/crowd"
	"github.com/acme/customers/cmd/bench/internal/report"
)

// searchConfig is what is said of `bench -search`.
type searchConfig struct {
	sizes   []int
	ready   []int
	queries int           // of a kind, at least
	budget  time.Duration // of a side, a kind and a size
	events  time.Duration
	parts   []string
}

// The parts of `bench -search`.
var searchParts = []string{"search", "segments", "lag", "ready"}

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
	t, err := b.newTown(ctx, c.has("search"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.leave(context.WithoutCancel(ctx), b.cluster)) }()
	for _, n := range c.sizes {
		if err := t.grow(ctx, b, n); err != nil {
			return err
		}
		for i := range kinds {
			if c.has("search") {
				if err := b.duel(ctx, t, &kinds[i]); err != nil {
					return fmt.Errorf("%s: %w", kinds[i].name, err)
				}
			}
		}
		if c.has("segments") {
			if err := b.segments(t); err != nil {
				return err
			}
		}
	}
	return nil
}

// duel asks both sides the same questions of one kind in turns, and who is first
// alternates. PostgreSQL is asked as long as its time lasts, the roster goes on
// until there are enough for a p99.
func (b *bench) duel(ctx context.Context, t *town, k *kind) error {
	r := rand.New(rand.NewPCG(uint64(t.people), uint64(len(k.name))))
	d := report.Duel{Kind: k.name, Customers: t.people, Aim: aimFind}
	var ours, theirs []time.Duration
	var totals []int64
	var spent [2]time.Duration
	for i := -3; i < b.cfg.search.queries && spent[0] < b.cfg.search.budget; i++ { // the first are to warm up
		a := k.question(r, t.people)
		sides := []func() error{
			func() error {
				took, total, err := t.find(&a)
				if i >= 0 {
					ours, totals = append(ours, took), append(totals, total)
				}
				spent[0] += took
				return err
			},
			func() error {
				if spent[1] > b.cfg.search.budget {
					return nil
				}
				took, err := t.query(ctx, &a)
				if i >= 0 {
					theirs = append(theirs, took)
				}
				spent[1] += took
				return err
			},
		}
		if i%2 != 0 {
			slices.Reverse(sides)
		}
		if err := errors.Join(sides[0](), sides[1]()); err != nil {
			return err
		}
		if k.typo && i >= 0 {
			if err := t.meant(ctx, &a, &d); err != nil {
				return err
			}
		}
	}
	d.Meant[0], d.Meant[1] = d.Meant[0]/float64(len(ours)), d.Meant[1]/float64(len(ours))
	slices.Sort(totals)
	d.Found, d.Roster, d.Yardstick = totals[len(totals)/2], report.NewSpread(ours), report.NewSpread(theirs)
	say("%d: %s: %v and %v against %v and %v, %d found", t.people, k.name, d.Roster.P50, d.Roster.P99, d.Yardstick.P50, d.Yardstick.P99, d.Found)
	b.report.Duels = append(b.report.Duels, d)
	return nil
}

// question asks about somebody by chance who has what it takes.
func (k *kind) question(r *rand.Rand, people int) asked {
	for {
		p := crowd.Make(r.IntN(people))
		if a, ok := k.of(r, &p); ok {
			return a
		}
	}
}

// find is one question to the roster, with the filter compiled as a request has
// it compiled.
func (t *town) find(a *asked) (took time.Duration, total int64, err error) {
	started := time.Now()
	q := a.query
	if a.filter != "" {
		if q.Filter, err = t.language.Compile(a.filter); err != nil {
			return 0, 0, err
		}
	}
	f := t.roster.Find(q, crowd.Now)
	return time.Since(started), f.Total, nil
}

// query is the same to PostgreSQL, every row read.
func (t *town) query(ctx context.Context, a *asked) (time.Duration, error) {
	started := time.Now()
	for i := range a.statements {
		rows, err := t.table.Query(ctx, a.statements[i].sql, a.statements[i].args...)
		if err != nil {
			return 0, err
		}
		for rows.Next() {
			if _, err := rows.Values(); err != nil {
				return 0, err
			}
		}
		if err := rows.Err(); err != nil {
			return 0, err
		}
	}
	return time.Since(started), nil
}

// meant counts who finds whom a misspelt name means.
func (t *town) meant(ctx context.Context, a *asked, d *report.Duel) error {
	if t.roster.Matching(a.query, crowd.Now).Contains(a.meant) {
		d.Meant[0]++
	}
	var theirs bool
	if err := t.table.QueryRow(ctx, `SELECT $1 <% name FROM customers WHERE id = $2`, a.query.Text, crowd.Make(int(a.meant)).ID).Scan(&theirs); err != nil {
		return err
	}
	if theirs {
		d.Meant[1]++
	}
	return nil
}
