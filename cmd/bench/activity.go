package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/acme/customers/cmd/bench/internal/report"
)

const (
	aimRecord  = 0.9  // reads on record against reads that are not
	aimInbound = 5000 // messages a second, effects durable

	told      = 50_000 // messages over the bus in a round
	sayAtOnce = 500    // in one atomic batch, which is flushed once
	natsKey   = "bench"
)

var (
	orderContext = question{name: "context for orders", method: http.MethodGet, path: "/context?for=order", says: func(id string, answer []byte) bool { return bytes.Contains(answer, []byte(id)) }}
	wholeContext = question{name: "whole context", method: http.MethodGet, path: "/context", says: func(id string, answer []byte) bool { return bytes.Contains(answer, []byte(id)) }}
)

// measureActivity is `bench -activity`, on SQLite and the embedded broker.
func (b *bench) measureActivity(ctx context.Context) (err error) {
	at, err := freePort(ctx)
	if err != nil {
		return err
	}
	s, err := b.start(ctx, sqlite, "--nats-listen", at, "--nats-token", natsKey, "--rate-people", "1000000")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop(err == nil)) }()
	for _, step := range []func() error{
		func() error { return b.fill(ctx, s, b.cfg.customers[0]) },
		func() error { return b.recorded(ctx, s) },
		func() error { return b.inbound(ctx, s, "nats://"+at) },
		func() error { return b.ask(ctx, s, &orderContext) },
		func() error { return b.ask(ctx, s, &wholeContext) },
		func() error { return b.listeners(ctx, s) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func freePort(ctx context.Context) (string, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// recorded compares reads by id with those of a service that was built to
// answer without a record, in turns.
func (b *bench) recorded(ctx context.Context, s *service) (err error) {
	other := &bench{cfg: b.cfg, cluster: b.cluster}
	other.cfg.binary = filepath.Join(b.cfg.out, "unrecorded")
	if out, err := exec.CommandContext(ctx, "go", "build", "-tags", "unrecorded", "-o", other.cfg.binary, "./cmd/customers").CombinedOutput(); err != nil {
		return fmt.Errorf("the build without a record: %w: %s", err, out)
	}
	bare, err := other.start(ctx, sqlite)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, bare.stop(err == nil)) }()
	if err := other.fill(ctx, bare, s.acknowledged); err != nil {
		return err
	}
	for _, connections := range b.cfg.connections {
		say("%s: what the access log costs over %d connections", s.store, connections)
		c, err := report.Compare(b.cfg.rounds,
			func() (report.Measure, error) { return b.read(ctx, s, &byID, s.process, b.plan(connections)) },
			func() (report.Measure, error) { return other.read(ctx, bare, &byID, bare.process, b.plan(connections)) })
		if err != nil {
			return err
		}
		b.report.Add(report.NewRow("read on record", s.store, s.acknowledged, connections, "the same, unrecorded", aimRecord, c))
	}
	return nil
}

// inbound publishes completed orders and waits until all are acknowledged: a
// message is once its effect is durable.
func (b *bench) inbound(ctx context.Context, s *service, url string) error {
	conn, err := nats.Connect(url, nats.Token(natsKey))
	if err != nil {
		return err
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		return err
	}
	for round := range b.cfg.rounds {
		started := time.Now()
		for from := 0; from < told; from += sayAtOnce {
			if err := s.sayOrders(conn, round, from); err != nil {
				return err
			}
		}
		said := time.Since(started)
		if err := drained(ctx, js); err != nil {
			return err
		}
		took := time.Since(started)
		say("%d orders over the bus: %.0f/s, said in %v", told, told/took.Seconds(), said.Round(time.Millisecond))
		b.report.Bulk = append(b.report.Bulk, report.Bulk{How: "orders over the bus", Store: s.store, From: s.acknowledged, Rows: told, Took: took, Rate: told / took.Seconds(), Aim: aimInbound})
		if err := s.settle(ctx); err != nil {
			return err
		}
	}
	if n, err := s.gauge(ctx, "customers_dead_letters"); err != nil || n != 0 {
		return fmt.Errorf("%v messages could not be handled: %w", n, err)
	}
	return nil
}

// sayOrders publishes an atomic batch (JetStream ADR-50).
func (s *service) sayOrders(conn *nats.Conn, round, from int) error {
	for i := range sayAtOnce {
		msg := nats.NewMsg("orders.v1.OrderCompleted")
		msg.Data = s.order(round, from+i)
		msg.Header.Set("Nats-Batch-Id", fmt.Sprintf("%d-%d", round, from))
		msg.Header.Set("Nats-Batch-Sequence", fmt.Sprint(i+1))
		if i < sayAtOnce-1 {
			if err := conn.PublishMsg(msg); err != nil {
				return err
			}
			continue
		}
		msg.Header.Set("Nats-Batch-Commit", "1")
		reply, err := conn.RequestMsg(msg, time.Minute)
		if err != nil {
			return err
		}
		if bytes.Contains(reply.Data, []byte(`"error"`)) {
			return fmt.Errorf("a batch was refused: %s", reply.Data)
		}
	}
	return nil
}

func (s *service) order(round, i int) []byte {
	return fmt.Appendf(nil, `{"specversion":"1.0","id":"%d-%d","source":"/orders","type":"acme.orders.OrderCompleted.v1","time":%q,"datacontenttype":"application/json",`+
		`"data":{"customerId":%q,"orderId":"%d-%d","total":{"amount":"12.50","currency":"EUR"}}}`,
		round, i, time.Now().UTC().Format(time.RFC3339Nano), s.ids[mix(uint64(i))%uint64(len(s.ids))], round, i)
}

// drained returns when nothing waits for its effect.
func drained(ctx context.Context, js jetstream.JetStream) error {
	c, err := js.Consumer(ctx, "activities", "customers")
	for err == nil {
		var info *jetstream.ConsumerInfo
		if info, err = c.Info(ctx); err == nil && info.NumPending == 0 && info.NumAckPending == 0 {
			return nil
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return err
}
