package nats

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"

	"github.com/acme/customers/internal/bus"
	"github.com/acme/customers/internal/fault"
)

// PublishedStream is the stream of published events.
const PublishedStream = "customers"

// maxBatch is the broker's limit for an atomic batch.
const maxBatch = 1000

// Published declares the stream of published events. No age limit: its last
// message must stay, because it says where the relay is. maxBytes 0 keeps
// every event.
func (b *Broker) Published(maxBytes int64) jetstream.StreamConfig {
	if maxBytes <= 0 {
		maxBytes = -1
	}
	return jetstream.StreamConfig{
		Name: PublishedStream, Description: "What happened to customers, as CloudEvents. A copy of the log.",
		Subjects: []string{bus.SubjectPrefix + "*"}, Storage: jetstream.FileStorage, Retention: jetstream.LimitsPolicy,
		Discard: jetstream.DiscardOld, MaxBytes: maxBytes, MaxMsgs: -1, MaxMsgsPerSubject: -1, Duplicates: Window,
		Replicas: max(1, b.cfg.Replicas), AllowAtomicPublish: true, DenyDelete: true,
	}
}

// Publisher appends to the stream of published events.
type Publisher struct {
	b      *Broker
	want   jetstream.StreamConfig
	single atomic.Bool // the server or the stream has no atomic batches
}

var _ bus.Publisher = (*Publisher)(nil)

// Publisher gives one for a stream declared by Published.
func (b *Broker) Publisher(want jetstream.StreamConfig) *Publisher {
	return &Publisher{b: b, want: want}
}

// Ping tells whether JetStream answers.
func (p *Publisher) Ping(ctx context.Context) error { return p.b.Ping(ctx) }

// Last reads where the stream stands, from its leader (direct reads, which a
// follower may answer from the past, are off). The info is read before the
// message, so that the sequence is never behind the message.
func (p *Publisher) Last(ctx context.Context) (bus.Mark, error) {
	s, err := p.b.stream(ctx, p.want)
	if err != nil {
		return bus.Mark{}, err
	}
	info := s.CachedInfo()
	p.single.Store(!info.Config.AllowAtomicPublish)
	mark := bus.Mark{Sequence: info.State.LastSeq}
	msg, err := s.GetLastMsgForSubject(ctx, bus.SubjectPrefix+"*")
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return mark, nil
	}
	if err != nil {
		return mark, unavailable(err)
	}
	mark.Sequence = max(mark.Sequence, msg.Sequence)
	mark.Lineage, mark.Position, err = bus.ReadMark(msg.Data)
	return mark, err
}

// Publish appends the messages if the stream still ends at expected.
func (p *Publisher) Publish(ctx context.Context, expected uint64, messages []bus.Message) (uint64, error) {
	end, err := p.publish(ctx, expected, messages)
	if ctx.Err() == nil { // when we are stopping it is not the broker
		p.b.published(err)
	}
	return end, err
}

func (p *Publisher) publish(ctx context.Context, expected uint64, messages []bus.Message) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for first := true; len(messages) > 0; first = false {
		n := min(len(messages), maxBatch)
		send := p.batch
		if n == 1 || p.single.Load() {
			send = p.pipeline
		}
		if err := send(ctx, expected, messages[:n]); errors.Is(err, bus.ErrFenced) && !first {
			return 0, fault.ErrUnavailable.With(errors.New("nats: fenced after a part was appended"))
		} else if err != nil {
			return 0, err
		}
		expected, messages = expected+uint64(n), messages[n:]
	}
	return expected, nil
}

// batch publishes all or nothing (JetStream ADR-50): every message carries the
// batch's id and its own number, the first the fence, the last the commit and
// the only reply.
func (p *Publisher) batch(ctx context.Context, expected uint64, messages []bus.Message) error {
	id := nuid.Next()
	for i, m := range messages {
		msg := p.message(m)
		msg.Header["Nats-Batch-Id"] = []string{id}
		msg.Header["Nats-Batch-Sequence"] = []string{strconv.Itoa(i + 1)}
		if i == 0 {
			msg.Header[jetstream.ExpectedLastSeqHeader] = []string{strconv.FormatUint(expected, 10)}
		}
		if i < len(messages)-1 {
			if err := p.b.conn.PublishMsg(msg); err != nil {
				return unavailable(err)
			}
			continue
		}
		msg.Header["Nats-Batch-Commit"] = []string{"1"}
		reply, err := p.b.conn.RequestMsgWithContext(ctx, msg)
		if err != nil {
			return unavailable(err)
		}
		return p.acked(reply.Data, expected+uint64(len(messages)), len(messages))
	}
	return nil
}

// acked reads the answer to a commit and compares it with what was sent.
func (p *Publisher) acked(data []byte, end uint64, count int) error {
	var ack struct {
		Error    *jetstream.APIError `json:"error"`
		Sequence uint64              `json:"seq"`
		Count    int                 `json:"count"`
	}
	if err := json.Unmarshal(data, &ack); err != nil {
		return fault.ErrUnavailable.With(errors.New("nats: the ack is not readable"))
	}
	if ack.Error != nil {
		return refused(ack.Error)
	}
	if ack.Sequence != end || ack.Count != count {
		return fmt.Errorf("nats: %d of %d messages acked up to %d, not %d", ack.Count, count, ack.Sequence, end)
	}
	return nil
}

// pipeline publishes one by one. The first is acked before the others are
// sent, for one of their fences might fit where the first's did not. Behind
// one that failed the fences fail too, so that what is there is a prefix.
func (p *Publisher) pipeline(ctx context.Context, expected uint64, messages []bus.Message) error {
	acks := make([]jetstream.PubAckFuture, len(messages))
	for i, m := range messages {
		fence := expected + uint64(i)
		var err error
		acks[i], err = p.b.js.PublishMsgAsync(p.message(m), jetstream.WithExpectLastSequence(fence), jetstream.WithRetryAttempts(0))
		if err == nil && i == 0 {
			err = await(ctx, acks[i], fence+1)
		}
		if errors.Is(err, bus.ErrFenced) {
			return err
		}
		if err != nil {
			return unavailable(err)
		}
	}
	for i, ack := range acks[1:] {
		if err := await(ctx, ack, expected+uint64(i)+2); err != nil {
			return fault.ErrUnavailable.With(fmt.Errorf("nats: %d of %d messages: %v", i+1, len(messages), err))
		}
	}
	return nil
}

// await gives the answer to one message, which should be at sequence.
func await(ctx context.Context, ack jetstream.PubAckFuture, sequence uint64) error {
	select {
	case a := <-ack.Ok():
		if a.Sequence != sequence {
			return fmt.Errorf("nats: message acked at %d, not %d", a.Sequence, sequence)
		}
		return nil
	case err := <-ack.Err():
		var api *jetstream.APIError
		if errors.As(err, &api) {
			return refused(api)
		}
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *Publisher) message(m bus.Message) *nats.Msg {
	return &nats.Msg{Subject: m.Subject, Data: m.Data, Header: nats.Header{
		"Content-Type":                 {bus.ContentType},
		jetstream.ExpectedStreamHeader: {p.want.Name},
	}}
}

// refused classifies an answer of the server.
func refused(err *jetstream.APIError) error {
	switch err.ErrorCode {
	case jetstream.JSErrCodeStreamWrongLastSequence, jetstream.JSErrCodeStreamWrongLastSequenceConstant:
		return bus.ErrFenced
	}
	return fault.ErrUnavailable.With(err)
}

// Purge removes every message. The sequence goes on.
func (p *Publisher) Purge(ctx context.Context) error {
	s, err := p.b.stream(ctx, p.want)
	if err != nil {
		return err
	}
	if err := s.Purge(ctx); err != nil {
		return unavailable(err)
	}
	return nil
}
