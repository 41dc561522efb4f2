package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/acme/customers/cmd/bench/internal/load"
	"github.com/acme/customers/cmd/bench/internal/report"
)

// ears hear every membership that is published, from the first on.
type ears struct {
	news *news
	conn *nats.Conn
	stop func()

	mu      sync.Mutex
	members map[[2]string]bool // customer and segment
	ids     map[string]bool    // of events
	heard   int
	doubled int // published again, or in twice without going
	direct  load.Histogram
	second  load.Histogram // of the segment that asks for another one
	err     error
}

func eavesdrop(ctx context.Context, url string, n *news) (*ears, error) {
	conn, err := nats.Connect(url, nats.Token(natsKey))
	if err != nil {
		return nil, err
	}
	e := &ears{news: n, conn: conn, members: map[[2]string]bool{}, ids: map[string]bool{}}
	js, err := jetstream.New(conn)
	if err != nil {
		return nil, err
	}
	c, err := js.OrderedConsumer(ctx, "customers", jetstream.OrderedConsumerConfig{
		FilterSubjects: []string{"customers.v1.CustomerSegmentAssigned", "customers.v1.CustomerSegmentRemoved"}})
	if err != nil {
		return nil, err
	}
	consuming, err := c.Consume(func(m jetstream.Msg) { e.hear(m.Data(), time.Now()) })
	if err != nil {
		return nil, err
	}
	e.stop = consuming.Stop
	return e, nil
}

func (e *ears) close() {
	e.stop()
	e.conn.Close()
}

func (e *ears) hear(data []byte, at time.Time) {
	var message struct {
		ID, Subject, Type string
		Data              struct{ Fields struct{ Segment string } }
	}
	err := json.Unmarshal(data, &message)
	e.mu.Lock()
	defer e.mu.Unlock()
	if err != nil {
		e.err = err
		return
	}
	c := change{message.Subject, message.Data.Fields.Segment, message.Type == "acme.customers.CustomerSegmentAssigned.v1"}
	key := [2]string{c.customer, c.segment}
	if e.ids[message.ID] || e.members[key] == c.in {
		e.doubled++
	}
	e.ids[message.ID], e.members[key] = true, c.in
	e.heard++
	if from, expected := e.news.hear(c); expected {
		if c.segment == "two-orders-too" {
			e.second.Add(at.Sub(from))
		} else {
			e.direct.Add(at.Sub(from))
		}
	}
}

// hear tells since when a change was due that is heard now.
func (n *news) hear(c change) (from time.Time, expected bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	from, expected = n.due[c]
	delete(n.due, c)
	return from, expected
}

// all waits until everything was heard that is due, and nothing is lost or told
// twice.
func (e *ears) all(ctx context.Context) error {
	for end := time.Now().Add(hearTime); ; time.Sleep(5 * time.Millisecond) {
		e.news.mu.Lock()
		due := len(e.news.due)
		e.news.mu.Unlock()
		if due == 0 {
			break
		}
		if time.Now().After(end) || ctx.Err() != nil {
			return errors.Join(ctx.Err(), fmt.Errorf("%d changes of memberships were never told", due))
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.doubled > 0 || e.err != nil {
		return errors.Join(e.err, fmt.Errorf("%d changes of memberships were told twice", e.doubled))
	}
	return nil
}

// tell gives the lags so far.
func (e *ears) tell(b *bench, s *service, what string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	say("%s: %d memberships were told in all", what, e.heard)
	for _, of := range []struct {
		what string
		lags *load.Histogram
	}{{"lag of a membership", &e.direct}, {"lag of one that follows from another", &e.second}} {
		for _, q := range []struct {
			name string
			of   float64
			aim  float64
		}{{"p50", 0.5, 0}, {"p99", 0.99, aimLag}, {"at most", 1, 0}} {
			b.figure(report.Figure{What: fmt.Sprintf("%s (%d), %s", of.what, of.lags.Count(), q.name), Customers: s.acknowledged,
				Value: inMillis(of.lags.Quantile(q.of)), Unit: "ms", Aim: q.aim})
		}
	}
}
