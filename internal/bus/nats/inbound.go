package nats

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/acme/customers/internal/bus"
)

// InboundConfig describes a queue of messages from another service.
type InboundConfig struct {
	Stream   string        // e.g. "identity"
	Subjects []string      // e.g. "identity.v1.UserRegistered"
	MaxAge   time.Duration // an unread message is dropped after it; 0 is 7 days
	Durable  string        // the consumer; "" is "customers"
	Workers  int           // messages handled at once, each user's one after the other; 0 is 256: they share commits
	AckWait  time.Duration // 0 is 60 s; keep it above three times the receiver's timeout
	Receiver *bus.Receiver
}

// maxDeliver bounds what the server does on its own, were the receiver never
// to answer. It is far above the receiver's own limit, because a message that
// cannot be put into the dead letters yet is asked for again.
const maxDeliver = 10_000

// Inbound takes messages from a queue. Many instances share one.
//
// Per user messages are handled in the order of the stream as long as none
// fails: a message that is repeated comes after those that were behind it.
type Inbound struct {
	b   *Broker
	cfg InboundConfig
}

// Inbound makes one; it does nothing before Run.
func (b *Broker) Inbound(cfg InboundConfig) *Inbound {
	if cfg.MaxAge <= 0 {
		cfg.MaxAge = 7 * 24 * time.Hour
	}
	if cfg.Durable == "" {
		cfg.Durable = "customers"
	}
	if cfg.Workers <= 0 {
		cfg.Workers = 256
	}
	if cfg.AckWait <= 0 {
		cfg.AckWait = time.Minute
	}
	return &Inbound{b: b, cfg: cfg}
}

// Declared is the queue. What was handled is removed from it (see tidy), others
// die of age, since they hold personal data. JetStream's own work queues write
// and flush each removal, some 500 a second; and many messages may be sent as
// one atomic batch, which shares a flush, too.
func (in *Inbound) Declared() jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name: in.cfg.Stream, Subjects: in.cfg.Subjects, Storage: jetstream.FileStorage, Retention: jetstream.LimitsPolicy, AllowAtomicPublish: true,
		Metadata: map[string]string{ownerKey: owner}, Discard: jetstream.DiscardNew, MaxAge: in.cfg.MaxAge, MaxMsgSize: bus.MaxInbound + 4096, Duplicates: Window,
		MaxBytes: -1, MaxMsgs: -1, MaxMsgsPerSubject: -1, Replicas: max(1, in.b.cfg.Replicas),
	}
}

func (in *Inbound) consumer() jetstream.ConsumerConfig {
	return jetstream.ConsumerConfig{
		Durable: in.cfg.Durable, AckPolicy: jetstream.AckExplicitPolicy, AckWait: in.cfg.AckWait,
		MaxDeliver: maxDeliver, MaxAckPending: 2000, DeliverPolicy: jetstream.DeliverAllPolicy,
	}
}

// Check makes the queue and its consumer where they are not, and compares them
// with what is declared; errors as Broker.Check.
func (in *Inbound) Check(ctx context.Context) error {
	_, _, err := in.open(ctx)
	return err
}

func (in *Inbound) open(ctx context.Context) (jetstream.Stream, jetstream.Consumer, error) {
	s, err := in.b.stream(ctx, in.Declared())
	if err != nil {
		return nil, nil, err
	}
	want := in.consumer()
	c, err := s.Consumer(ctx, want.Durable)
	if errors.Is(err, jetstream.ErrConsumerNotFound) {
		c, err = s.CreateConsumer(ctx, want)
	}
	if err != nil {
		return nil, nil, unavailable(err)
	}
	return s, c, in.b.judge("consumer "+want.Durable+" of "+in.cfg.Stream, auditConsumer(c.CachedInfo().Config, want))
}

// Run takes messages until ctx ends. Whatever fails is tried again.
func (in *Inbound) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := in.consume(ctx); err != nil && ctx.Err() == nil {
			in.b.log.Error("inbound messages are not taken", "stream", in.cfg.Stream, "error", err)
		}
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
		}
	}
	return nil
}

func (in *Inbound) consume(ctx context.Context) error {
	s, c, err := in.open(ctx)
	if err != nil {
		return err
	}
	messages, err := c.Messages(jetstream.PullMaxMessagesWithBytesLimit(2*in.cfg.Workers, pullBytes), jetstream.PullExpiry(10*time.Second))
	if err != nil {
		return unavailable(err)
	}
	turns := newTurns(in.cfg.Workers, func(m jetstream.Msg) { in.receive(ctx, m) })
	working, stop := context.WithCancel(ctx)
	var beside sync.WaitGroup
	beside.Go(func() { in.tidy(working, s, c) })
	beside.Go(func() { turns.keep(working, in.cfg.AckWait/3) })
	err = in.take(ctx, messages, turns)
	in.giveBack(messages)
	turns.wait()
	stop()
	beside.Wait()
	return err
}

// pullBytes bounds the messages that are fetched ahead.
const pullBytes = 8 << 20

func (in *Inbound) take(ctx context.Context, messages jetstream.MessagesContext, turns *turns) error {
	for {
		m, err := messages.Next(jetstream.NextContext(ctx))
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, jetstream.ErrNoHeartbeat):
			continue // it asks again by itself
		case err != nil:
			return unavailable(err)
		}
		turns.take(ctx, bus.KeyOf(m.Data()), m)
	}
}

// giveBack lets another instance have at once what was fetched ahead.
func (in *Inbound) giveBack(messages jetstream.MessagesContext) {
	messages.Drain()
	for {
		m, err := messages.Next(jetstream.NextMaxWait(time.Second))
		if err != nil {
			return
		}
		_ = m.Nak() // unanswered, it comes again later
	}
}

// receive handles one delivery and answers it. An answer that is lost means
// another delivery, which the handler recognises.
func (in *Inbound) receive(ctx context.Context, m jetstream.Msg) {
	if ctx.Err() != nil { // somebody else's turn
		_ = m.Nak()
		return
	}
	meta, err := m.Metadata()
	if err != nil {
		in.b.log.Error("a message is not a delivery", "stream", in.cfg.Stream)
		return
	}
	outcome, delay := in.cfg.Receiver.Receive(ctx, bus.Delivery{Subject: m.Subject(), Data: m.Data(), Attempt: int(meta.NumDelivered)})
	if outcome == bus.Done {
		err = m.Ack()
	} else {
		err = m.NakWithDelay(delay)
	}
	if err != nil {
		in.b.log.Warn("a delivery was not answered", "stream", in.cfg.Stream, "sequence", meta.Sequence.Stream, "error", err)
	}
}
