package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/cmd/bench/internal/machine"
	"github.com/acme/customers/cmd/bench/internal/report"
	"github.com/acme/customers/internal/remote"
)

const (
	batchLines  = 2000
	batchAtOnce = 4
)

// fill registers customers in batches until there are n.
func (b *bench) fill(ctx context.Context, s *service, n int) error {
	return b.fillAs(ctx, s, n, appendPerson)
}

// fillAs is fill with registrations of another kind; body appends the n-th.
func (b *bench) fillAs(ctx context.Context, s *service, n int, body func(buf []byte, n int) []byte) error {
	rows, from := n-s.acknowledged, s.people
	if rows <= 0 {
		return nil
	}
	say("%s: filling from %d to %d", s.store, s.acknowledged, n)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	started := time.Now()
	var group sync.WaitGroup
	var mu sync.Mutex
	slots := make(chan struct{}, batchAtOnce)
	for first := from; first < from+rows && ctx.Err() == nil; first += batchLines {
		lines := min(batchLines, from+rows-first)
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			ids, err := s.batch(ctx, first, lines, body)
			if err != nil {
				cancel(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			s.ids = append(s.ids, ids...)
		})
	}
	group.Wait()
	if err := context.Cause(ctx); err != nil {
		return fmt.Errorf("fill: %w", err)
	}
	b.bulk("fill (batch API)", s, rows, time.Since(started), 0)
	return s.settle(ctx)
}

// batch registers the people first, first+1, … in one request.
func (s *service) batch(ctx context.Context, first, lines int, body func(buf []byte, n int) []byte) ([]uuid.UUID, error) {
	var all []byte
	for i := range lines {
		all = append(body(all, first+i), '\n')
	}
	outcomes, err := s.client().Batch(ctx, remote.Batch{Mode: remote.Register, Key: fmt.Sprint("bench-fill-", first), Lines: lines, Body: all})
	if err != nil {
		return nil, err
	}
	ids := make([]uuid.UUID, lines)
	for i, o := range outcomes {
		if o.Problem != nil {
			return nil, o.Problem
		}
		if ids[i], err = uuid.Parse(o.ID); err != nil {
			return nil, errors.New("an outcome without an id")
		}
	}
	return ids, nil
}

// importCSV runs `customers import` on a file of new people.
func (b *bench) importCSV(ctx context.Context, s *service) error {
	n := b.cfg.imported
	if n == 0 {
		return nil
	}
	say("%s: importing %d rows at %d customers", s.store, n, s.acknowledged)
	file := filepath.Join(s.folder, "people.csv")
	if err := writeCSV(file, s.people, n); err != nil {
		return err
	}
	started := time.Now()
	if _, err := machine.Command(ctx, b.cfg.binary, "import", file, "--url", s.process.URL, "--data", filepath.Join(s.folder, "data")); err != nil {
		return err
	}
	b.bulk("customers import (CSV)", s, n, time.Since(started), aimImport)
	return nil
}

func writeCSV(name string, first, rows int) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(file)
	fmt.Fprintln(out, "email,phone,name.given,name.family,profile.dateOfBirth,profile.locale,profile.timezone,profile.currency")
	for i := range rows {
		p := person(first + i)
		fmt.Fprintf(out, "%s,%s,%s,%s,%s,%s,%s,%s\n", p.Email, p.Phone, p.Name.Given, p.Name.Family,
			p.Profile.DateOfBirth, p.Profile.Locale, p.Profile.Timezone, p.Profile.Currency)
	}
	return errors.Join(out.Flush(), file.Close())
}

// bulk accounts for rows that were all acknowledged.
func (b *bench) bulk(how string, s *service, rows int, took time.Duration, aim float64) {
	rate := float64(rows) / took.Seconds()
	say("%s: %s: %.0f rows/s", s.store, how, rate)
	b.report.Bulk = append(b.report.Bulk, report.Bulk{How: how, Store: s.store, From: s.acknowledged, Rows: rows, Took: took, Rate: rate, Aim: aim})
	s.people, s.acknowledged = s.people+rows, s.acknowledged+rows
}
