// Package bus is how the examples speak with the broker: CloudEvents 1.0 in
// JSON on NATS JetStream, as asyncapi.yaml describes them.
package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// stream holds the published events of customers.
const stream = "customers"

// Event is a CloudEvent, as far as the examples look at it.
type Event struct {
	SpecVersion string          `json:"specversion"`
	ID          string          `json:"id"` // the same event always has the same
	Source      string          `json:"source"`
	Type        string          `json:"type"`
	Subject     string          `json:"subject,omitempty"` // the customer
	Time        time.Time       `json:"time"`
	ContentType string          `json:"datacontenttype"`
	Position    string          `json:"position,omitempty"` // in the log, of what customers publishes
	Data        json.RawMessage `json:"data"`
}

// Name is that of docs/events.md: acme.customers.ConsentGranted.v1 is ConsentGranted.
func (e *Event) Name() string {
	parts := strings.Split(e.Type, ".")
	return parts[max(0, len(parts)-2)]
}

// Purpose is that of an event about a consent, "" of others.
func (e *Event) Purpose() string {
	var data struct {
		Fields struct {
			Evidence struct{ Purpose string }
		}
	}
	_ = json.Unmarshal(e.Data, &data) // what is missing is ""
	return data.Fields.Evidence.Purpose
}

// Bus is a connection to the broker.
type Bus struct {
	conn *nats.Conn
	js   jetstream.JetStream
}

// Open connects, and goes on trying while the broker is down.
func Open(url, token string) (*Bus, error) {
	options := []nats.Option{nats.MaxReconnects(-1), nats.RetryOnFailedConnect(true)}
	if token != "" {
		options = append(options, nats.Token(token))
	}
	conn, err := nats.Connect(url, options...)
	if err != nil {
		return nil, fmt.Errorf("connect to the broker: %w", err)
	}
	js, err := jetstream.New(conn)
	return &Bus{conn, js}, err
}

// Close disconnects.
func (b *Bus) Close() { b.conn.Close() }

// Publish tells an event, and returns when the broker has stored it. The broker
// drops a second one of the same id within minutes; whoever receives it later
// recognises the id all the same.
func (b *Bus) Publish(ctx context.Context, subject string, e Event) error {
	e.SpecVersion, e.ContentType = "1.0", "application/json"
	raw, err := json.Marshal(e)
	if err != nil {
		return err
	}
	_, err = b.js.Publish(ctx, subject, raw, jetstream.WithMsgID(e.Source+"/"+e.ID))
	return err
}

// Later is why an event is not handled yet: it comes again at that time, also
// after a restart, because it is the broker who remembers.
type Later struct{ Until time.Time }

func (l Later) Error() string { return "not before " + l.Until.UTC().Format(time.RFC3339) }

// Consumer says what is consumed.
type Consumer struct {
	Durable string   // where it is belongs to this name, and outlives the process
	Names   []string // of events; none is all
	// InOrder hands over every event before those behind it, also one that
	// fails or is for later. Without it those behind do not wait.
	InOrder bool
	// Failed is told of an event that is tried again.
	Failed func(id string, err error)
}

// Consume hands over events until ctx ends. Each is acknowledged when handle
// has returned nil, so that it comes at least once; after a crash in between it
// comes again.
func (b *Bus) Consume(ctx context.Context, c Consumer, handle func(context.Context, Event) error) error {
	events, err := b.open(ctx, c)
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, events.Stop)()
	for {
		m, err := events.Next()
		switch {
		case errors.Is(err, jetstream.ErrMsgIteratorClosed) || ctx.Err() != nil:
			return nil
		case errors.Is(err, jetstream.ErrNoHeartbeat): // the broker is gone, and may come back
		case err != nil:
			return err
		default:
			c.take(ctx, m, handle)
		}
	}
}

func (b *Bus) open(ctx context.Context, c Consumer) (jetstream.MessagesContext, error) {
	filter := []string{"customers.v1.*"}
	if len(c.Names) > 0 {
		filter = nil
	}
	for _, name := range c.Names {
		filter = append(filter, "customers.v1."+name)
	}
	pending := -1 // what is for later must not keep the rest waiting
	if c.InOrder {
		pending = 1
	}
	consumer, err := b.js.CreateOrUpdateConsumer(ctx, stream, jetstream.ConsumerConfig{Durable: c.Durable, FilterSubjects: filter,
		AckPolicy: jetstream.AckExplicitPolicy, AckWait: 2 * handleTime, DeliverPolicy: jetstream.DeliverAllPolicy, MaxAckPending: pending})
	if err != nil {
		return nil, fmt.Errorf("consume as %s: %w", c.Durable, err)
	}
	return consumer.Messages(jetstream.PullMaxMessages(1))
}

const (
	again      = 2 * time.Second  // how long an event waits that could not be handled
	handleTime = 30 * time.Second // for one event; the broker waits longer before it sends it again
)

// take handles one delivery. Where the broker cannot be told what became of it,
// it comes again.
func (c Consumer) take(ctx context.Context, m jetstream.Msg, handle func(context.Context, Event) error) {
	var e Event
	if json.Unmarshal(m.Data(), &e) != nil {
		_ = m.Term() // it will never be an event
		return
	}
	limited, cancel := context.WithTimeout(ctx, handleTime)
	defer cancel()
	err := handle(limited, e)
	if later, ok := errors.AsType[Later](err); ok {
		_ = m.NakWithDelay(max(0, time.Until(later.Until)))
		return
	}
	if err == nil { // it is done, whoever stops us now
		settled, cancel := context.WithTimeout(context.WithoutCancel(ctx), handleTime)
		defer cancel()
		err = m.DoubleAck(settled)
	} else {
		_ = m.NakWithDelay(again)
	}
	if err != nil && ctx.Err() == nil {
		c.Failed(e.ID, err)
	}
}
