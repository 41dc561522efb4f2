package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/acme/customers/cmd/bench/internal/crowd"
	"github.com/acme/customers/cmd/bench/internal/machine"
	"github.com/acme/customers/cmd/bench/internal/report"
)

// duel asks both sides the same questions of one kind in turns, and who is first
// alternates. PostgreSQL is asked as long as its time lasts, the roster goes on
// until there are enough for a p99.
func (b *bench) duel(ctx context.Context, t *town, k *kind) error {
	r := rand.New(rand.NewPCG(uint64(t.people), uint64(len(k.name))))
	d := report.Duel{Kind: k.name, Customers: t.people, Aim: aimFind}
	var ours, cpu, theirs []time.Duration
	var totals []int64
	var spent [2]time.Duration
	var counted [2]int64
	for i := -3; i < b.cfg.search.queries && spent[0] < b.cfg.search.budget; i++ { // the first are to warm up
		a := k.question(r, t.people)
		sides := []func() error{
			func() error {
				busy := machine.ThreadCPU()
				took, total, err := t.find(&a)
				if i >= 0 {
					ours, cpu, totals = append(ours, took), append(cpu, machine.ThreadCPU()-busy), append(totals, total)
				}
				counted[0], spent[0] = total, spent[0]+took
				return err
			},
			func() error {
				if spent[1] > b.cfg.search.budget {
					return nil
				}
				took, total, err := t.query(ctx, &a)
				if i >= 0 {
					theirs = append(theirs, took)
				}
				counted[1], spent[1] = total, spent[1]+took
				return err
			},
		}
		if i%2 != 0 {
			slices.Reverse(sides)
		}
		if err := errors.Join(sides[0](), sides[1]()); err != nil {
			return err
		}
		if k.exact && spent[1] <= b.cfg.search.budget && counted[0] != counted[1] {
			return fmt.Errorf("the roster counts %d, PostgreSQL %d", counted[0], counted[1])
		}
		if k.typo && i >= 0 {
			if err := t.meant(ctx, &a, &d); err != nil {
				return err
			}
		}
	}
	d.Meant[0], d.Meant[1] = d.Meant[0]/float64(len(ours)), d.Meant[1]/float64(len(ours))
	slices.Sort(totals)
	d.Found, d.Roster, d.CPU, d.Yardstick = totals[len(totals)/2], report.NewSpread(ours), report.NewSpread(cpu), report.NewSpread(theirs)
	say("%d: %s: p50 %v, p99 %v, of CPU %v and %v, against %v and %v, %d found", t.people, k.name, d.Roster.P50, d.Roster.P99, d.CPU.P50, d.CPU.P99, d.Yardstick.P50, d.Yardstick.P99, d.Found)
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

// query is the same to PostgreSQL, every row read. The total is the last number
// that it says.
func (t *town) query(ctx context.Context, a *asked) (took time.Duration, total int64, err error) {
	started := time.Now()
	for i := range a.statements {
		rows, err := t.table.Query(ctx, a.statements[i].sql, a.statements[i].args...)
		if err != nil {
			return 0, 0, err
		}
		for rows.Next() {
			values, err := rows.Values()
			if err != nil {
				return 0, 0, err
			}
			total, _ = values[len(values)-1].(int64)
		}
		if err := rows.Err(); err != nil {
			return 0, 0, err
		}
	}
	return time.Since(started), total, nil
}

// meant counts who finds whom a misspelt name means.
func (t *town) meant(ctx context.Context, a *asked, d *report.Duel) error {
	if found, _ := t.roster.Matching(a.query, crowd.Now); found.Contains(a.meant) {
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
