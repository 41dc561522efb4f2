package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/acme/customers/cmd/bench/internal/load"
	"github.com/acme/customers/cmd/bench/internal/machine"
	"github.com/acme/customers/cmd/bench/internal/report"
)

const (
	sqlite   = "sqlite"
	postgres = "postgres"
)

// The aims are ratios, but for the import's rows a second.
const (
	aimRegister = 0.8
	aimRead     = 0.5
	aimDecide   = 0.4
	aimImport   = 5000
)

// bench is one run.
type bench struct {
	cfg     config
	cluster *cluster
	report  report.Report
}

func open(ctx context.Context, c config) (*bench, error) {
	about, err := describe(ctx)
	if err != nil {
		return nil, err
	}
	b := &bench{cfg: c, report: report.Report{Started: time.Now().UTC(), Machine: about, Settings: c.settings()}}
	if b.cluster, err = openCluster(ctx); err != nil {
		return nil, err
	}
	version, err := b.cluster.version(ctx)
	b.report.Machine.PostgreSQL = "PostgreSQL " + version
	return b, err
}

// measure goes through the stores, one service at a time.
func (b *bench) measure(ctx context.Context) error {
	for _, store := range b.cfg.stores {
		if err := b.measureStore(ctx, store); err != nil {
			return fmt.Errorf("%s: %w", store, err)
		}
	}
	return nil
}

// measureStore grows one store and measures at every size: first the reads,
// because registrations make it grow beyond its size.
func (b *bench) measureStore(ctx context.Context, store string) (err error) {
	s, err := b.start(ctx, store)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop(err == nil)) }()
	for _, n := range b.cfg.customers {
		for _, step := range []func(context.Context, *service) error{
			func(ctx context.Context, s *service) error { return b.fill(ctx, s, n) },
			b.size, b.reads, b.decisions, b.registrations,
		} {
			if err := step(ctx, s); err != nil {
				return err
			}
		}
		if err := b.write(); err != nil { // a long run should leave what it has
			return err
		}
	}
	if err := b.profiles(ctx, s); err != nil {
		return err
	}
	if err := b.importCSV(ctx, s); err != nil {
		return err
	}
	return s.account(ctx)
}

// drive runs a load and accounts for the processor time that it took. pid is
// the measured process.
func (b *bench) drive(ctx context.Context, pid int, t load.Target, p load.Plan) (report.Measure, load.Result, error) {
	before, err := spent(pid)
	if err != nil {
		return report.Measure{}, load.Result{}, err
	}
	r, err := load.Run(ctx, t, p)
	if err != nil {
		return report.Measure{}, r, err
	}
	after, err := spent(pid)
	if err != nil {
		return report.Measure{}, r, err
	}
	if r.Failed > 0 {
		say("%d failed, the first with: %s", r.Failed, r.Sample)
	}
	n := time.Duration(max(r.All, 1))
	cpu := report.CPU{Service: (after[0] - before[0]) / n, Generator: (after[1] - before[1]) / n}
	cpu.Rest = (after[2]-before[2])/n - cpu.Service - cpu.Generator
	return report.Measure{Rate: r.Rate(), P50: r.Latency.Quantile(0.50), P99: r.Latency.Quantile(0.99), Failed: r.Failed, CPU: &cpu}, r, nil
}

// spent is processor time: of pid, of this process, of the whole machine.
func spent(pid int) (out [3]time.Duration, err error) {
	var errs [3]error
	out[0], errs[0] = machine.CPU(pid)
	out[1], errs[1] = machine.CPU(os.Getpid())
	out[2], errs[2] = machine.Busy()
	return out, errors.Join(errs[:]...)
}

func (b *bench) plan(connections int) load.Plan {
	return load.Plan{Connections: connections, WarmUp: b.cfg.warmUp, Duration: b.cfg.round}
}

// write leaves both reports.
func (b *bench) write() error {
	file, err := os.Create(filepath.Join(b.cfg.out, "bench.json"))
	if err != nil {
		return err
	}
	table, err := os.Create(filepath.Join(b.cfg.out, "bench.txt"))
	if err != nil {
		return errors.Join(err, file.Close())
	}
	return errors.Join(b.report.JSON(file), file.Close(), b.report.Table(io.MultiWriter(os.Stdout, table)), table.Close())
}

// say tells how far the run is, apart from the report.
func say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, time.Now().Format(time.TimeOnly)+" "+format+"\n", args...)
}
