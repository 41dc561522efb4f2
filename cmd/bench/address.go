package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync/atomic"
	"text/tabwriter"
	"time"

	"github.com/acme/customers/cmd/bench/internal/load"
	"github.com/acme/customers/cmd/bench/internal/machine"
	"github.com/acme/customers/cmd/bench/internal/report"
	"github.com/acme/customers/internal/address"
)

// aimAddresses is the most that p99 may grow when the provider is unwell.
const aimAddresses = 1.5

const addressRate = 250 // registrations a second

// pace is how long a provider takes that is well; late, one that is slow and
// still in time for a request.
const (
	pace = 10 * time.Millisecond
	late = 300 * time.Millisecond
)

// moods are the provider's, the normal one first.
var moods = []string{"healthy", "hung", "down", "garbage", "late"}

// provider answers the service's questions about addresses, or does not.
type provider struct {
	mood   atomic.Pointer[string]
	server *http.Server
	addr   string
}

func startProvider() (*provider, error) {
	p := &provider{}
	p.become(moods[0])
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p.addr = l.Addr().String()
	p.server = &http.Server{Handler: p}
	go func() { _ = p.server.Serve(l) }()
	return p, nil
}

// become changes the mood; one that is down does not come back.
func (p *provider) become(mood string) {
	if p.mood.Store(&mood); mood == "down" {
		_ = p.server.Close()
	}
}

func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body) // the server notices who leaves only then
	w.Header().Set("Content-Type", "application/json")
	wait, answer := pace, `{"verdict":"valid"}`
	switch *p.mood.Load() {
	case "hung":
		<-r.Context().Done()
	case "late":
		wait = late
	case "garbage":
		answer = `{"verdict":`
	}
	time.Sleep(wait)
	_, _ = io.WriteString(w, answer)
}

// addressRow is what a mood did to registrations.
type addressRow struct {
	mood     string
	rounds   []report.Measure
	open     float64 // the circuit, at the end
	pending  float64 // customers who wait for an answer then
	deferred float64 // share of addresses that were not answered about at once
}

// least is the round with the lowest p99: whoever else is on the machine can
// only add to it. all are those of every round.
func (r *addressRow) least() (m report.Measure, all []time.Duration, failed int) {
	for _, m := range r.rounds {
		all, failed = append(all, m.P99.Round(time.Millisecond)), failed+m.Failed
	}
	return slices.MinFunc(r.rounds, func(a, b report.Measure) int { return cmp.Compare(a.P99, b.P99) }), all, failed
}

// measureAddresses compares registrations with an address while the provider
// is healthy and while it is not, in turns. Each turn is a new service whose
// provider becomes unwell when the clock starts: finding out is part of it.
// Requests come in open loop, at a rate that leaves the machine room: the
// provider runs on it, too.
func (b *bench) measureAddresses(ctx context.Context, w io.Writer) error {
	rows := make([]addressRow, len(moods))
	for range b.cfg.rounds {
		for i := range rows {
			rows[i].mood = moods[i]
			m, err := b.addressTurn(ctx, &rows[i])
			if err != nil {
				return err
			}
			rows[i].rounds = append(rows[i].rounds, m)
		}
	}
	return writeAddresses(w, rows)
}

func (b *bench) addressTurn(ctx context.Context, row *addressRow) (m report.Measure, err error) {
	p, err := startProvider()
	if err != nil {
		return m, err
	}
	defer func() { _ = p.server.Close() }()
	s, err := b.start(ctx, sqlite, "--address-provider", "http://"+p.addr)
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, s.stop(err == nil)) }()
	warm := load.Plan{Connections: b.cfg.connections[0], Duration: b.cfg.warmUp, Rate: addressRate}
	if _, err := b.registerAs(ctx, s, warm, appendResident); err != nil {
		return m, err
	}
	before, err := s.gauge(ctx, "customers_addresses_pending")
	if err != nil {
		return m, err
	}
	known := s.acknowledged
	p.become(row.mood)
	if m, err = b.registerAs(ctx, s, load.Plan{Connections: b.cfg.connections[0], Duration: b.cfg.round, Rate: addressRate}, appendResident); err != nil {
		return m, err
	}
	var err2 error
	row.open, err = s.gauge(ctx, "customers_address_provider_open")
	row.pending, err2 = s.gauge(ctx, "customers_addresses_pending")
	row.deferred = (row.pending - before) / float64(max(s.acknowledged-known, 1))
	say("%s: p50 %v, p99 %v, %d failed, circuit open %v, %.0f wait", row.mood, m.P50, m.P99, m.Failed, row.open, row.pending)
	return m, errors.Join(err, err2, s.account(ctx))
}

func writeAddresses(w io.Writer, rows []addressRow) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t, "%d registrations/s, provider\tp50\tp99\tratio\taim\tp99 of each round\tasked later\topen\tfailed\t\n", addressRate)
	var normal time.Duration
	for _, row := range rows {
		m, all, failed := row.least()
		if normal == 0 {
			normal = m.P99
		}
		fmt.Fprintf(t, "%s\t%v\t%v\t%.2f\t%.1f\t%v\t%.0f%%\t%.0f\t%d\t\n", row.mood, m.P50.Round(time.Millisecond/10), m.P99.Round(time.Millisecond/10),
			float64(m.P99)/float64(max(normal, 1)), aimAddresses, all, 100*row.deferred, row.open, failed)
	}
	each, bytes, tables, err := offline(2 * time.Second)
	if err := errors.Join(err, t.Flush()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "\noffline: %.0f validations/s/core, %.0f bytes allocated each, tables of %d countries and their places %.1f MiB\n",
		1/each.Seconds(), bytes, len(residences), float64(tables)/(1<<20))
	return err
}

// offline validates against the tables alone for a while: processor time and
// bytes for each, and the bytes that the tables take once they are decoded.
func offline(d time.Duration) (each time.Duration, bytes float64, tables int64, err error) {
	var empty, loaded, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&empty)
	for _, r := range residences {
		address.Offline(r, nil)
	}
	runtime.GC()
	runtime.ReadMemStats(&loaded)
	from, err := machine.CPU(os.Getpid())
	n := 0
	for end := time.Now().Add(d); time.Now().Before(end); n++ {
		address.Offline(residences[n%len(residences)], nil)
	}
	to, err2 := machine.CPU(os.Getpid())
	runtime.ReadMemStats(&after)
	return (to - from) / time.Duration(n), float64(after.TotalAlloc-loaded.TotalAlloc) / float64(n),
		int64(loaded.HeapAlloc) - int64(empty.HeapAlloc), errors.Join(err, err2)
}

// runAddresses is `bench -addresses`.
func runAddresses(ctx context.Context, c config) error {
	about, err := describe(ctx)
	if err != nil {
		return err
	}
	file, err := os.Create(filepath.Join(c.out, "addresses.txt"))
	if err != nil {
		return err
	}
	out := io.MultiWriter(os.Stdout, file)
	fmt.Fprintf(out, "%s, %d cores, %.0f GiB, %s, revision %s, load %s\n\n", about.Processor, about.Cores, float64(about.Memory)/(1<<30), about.Go, about.Revision, about.Load)
	return errors.Join((&bench{cfg: c}).measureAddresses(ctx, out), file.Close())
}
