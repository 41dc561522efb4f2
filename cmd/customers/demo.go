package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/acme/customers/internal/demo"
	"github.com/acme/customers/internal/importer"
	"github.com/acme/customers/internal/remote"
)

type demoCmd struct {
	serviceFlags
	Customers int    `help:"How many." default:"1000"`
	Seed      uint64 `help:"Another seed gives other people; the same one the same." default:"1"`
	flow
}

// Run registers made-up customers. It upserts, so that running it again makes
// nobody twice, and asking for more adds to those who are there.
func (d demoCmd) Run(ctx context.Context, c console) error {
	client, err := d.batchClient()
	if err := cmp.Or(err, d.check()); err != nil {
		return err
	}
	if d.Customers < 0 {
		return coded{exitUsage, errors.New("--customers is a number from 0")}
	}
	people, stop := importer.Generated(demo.First(d.Seed, d.Customers))
	defer stop()
	rejects := tally{}
	im := &importer.Import{Source: people, Send: client.Batch, Mode: remote.Upsert, Rows: d.Batch, Parallel: d.Parallel,
		OnReject: rejects.add, Progress: importer.NewProgress(c.err, int64(d.Customers), importer.Summary{})}
	start := time.Now()
	sum, err := im.Run(ctx)
	im.Progress.Close()
	say(c, sum, 0, time.Since(start))
	rejects.print(c)
	if err != nil {
		return fmt.Errorf("stopped; running it again completes it: %w", err)
	}
	return partial(sum, "")
}
