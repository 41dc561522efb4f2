package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/acme/customers/cmd/bench/internal/load"
	"github.com/acme/customers/cmd/bench/internal/report"
)

// registrations compares POST /v1/customers with pgbench's inserts, at every
// number of connections, and adds what a caller waits at half of the rate.
func (b *bench) registrations(ctx context.Context, s *service) error {
	clients, err := b.bestInsert(ctx)
	if err != nil {
		return err
	}
	before := s.acknowledged
	for _, connections := range b.cfg.connections {
		say("%s: registrations at %d customers over %d connections", s.store, before, connections)
		c, err := report.Compare(b.cfg.rounds,
			func() (report.Measure, error) { return b.register(ctx, s, b.plan(connections)) },
			func() (report.Measure, error) { return b.cluster.insert(ctx, clients, b.cfg.round) })
		if err != nil {
			return err
		}
		row := report.NewRow("register", s.store, before, connections, fmt.Sprintf("pgbench, %d clients", clients), aimRegister, c)
		half := b.plan(connections)
		half.Rate = report.Typical(c.Service).Rate / 2
		open, err := b.register(ctx, s, half)
		if err != nil {
			return err
		}
		row.Open = &open
		b.report.Add(row)
	}
	return nil
}

// bestInsert finds the number of clients with which pgbench is fastest: the
// yardstick is what the cluster can do, not what it does when asked badly.
func (b *bench) bestInsert(ctx context.Context) (best int, err error) {
	var top float64
	for _, clients := range []int{16, 64, 256} {
		if clients > slices.Max(b.cfg.connections) {
			break
		}
		m, err := b.cluster.insert(ctx, clients, b.cfg.round)
		if err != nil {
			return 0, err
		}
		say("pgbench with %d clients: %.0f/s", clients, m.Rate)
		if m.Rate > top {
			best, top = clients, m.Rate
		}
	}
	return best, nil
}

func (b *bench) register(ctx context.Context, s *service, p load.Plan) (report.Measure, error) {
	return b.registerAs(ctx, s, p, appendPerson)
}

// registerAs registers people whom nobody knows yet, each under an idempotency
// key, and waits until the bus has them. body appends the n-th registration.
func (b *bench) registerAs(ctx context.Context, s *service, p load.Plan, body func(buf []byte, n int) []byte) (report.Measure, error) {
	from, host := s.people, s.process.Host()
	head := "POST /v1/customers HTTP/1.1\r\nHost: " + host + "\r\nAuthorization: Bearer " + s.token +
		"\r\nContent-Type: application/json\r\nIdempotency-Key: bench-"
	t := load.Target{Dial: s.dial, Want: 201, Request: func(i int, buf []byte) []byte {
		var room [1024]byte
		person := body(room[:0], from+i)
		buf = append(buf, head...)
		buf = strconv.AppendInt(buf, int64(from+i), 10)
		buf = append(buf, "\r\nContent-Length: "...)
		buf = strconv.AppendInt(buf, int64(len(person)), 10)
		buf = append(buf, "\r\n\r\n"...)
		return append(buf, person...)
	}}
	m, r, err := b.drive(ctx, s.process.Pid(), t, p)
	s.people += r.Sent
	s.acknowledged += r.All
	s.unsure += r.Failed
	if err != nil {
		return m, err
	}
	ended := time.Now()
	err = s.settle(ctx)
	m.Settled = time.Since(ended)
	return m, err
}
