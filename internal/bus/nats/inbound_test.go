package nats

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/acme/customers/internal/bus"
	"github.com/acme/customers/internal/bus/bustest"
	"github.com/acme/customers/internal/bus/memory"
	"github.com/acme/customers/internal/fault"
)

// send puts n UserRegistered into the queue.
func send(t *testing.T, b *Broker, n int) (secrets []string) {
	t.Helper()
	for i := range n {
		data, s := bustest.UserRegistered(i)
		secrets = append(secrets, s...)
		if _, err := b.js.PublishMsg(t.Context(), &nats.Msg{Subject: "identity.v1.UserRegistered", Data: data}); err != nil {
			t.Fatal(err)
		}
	}
	return secrets
}

// seen counts the attempts at each message and tells when enough are settled.
type seen struct {
	mu       sync.Mutex
	attempts map[string]int
	settled  int
	want     int
	done     chan struct{}
}

func newSeen(want int) *seen {
	return &seen{attempts: map[string]int{}, want: want, done: make(chan struct{})}
}

func (s *seen) attempt(id string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.attempts[id]++
	return s.attempts[id]
}

func (s *seen) settle() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.settled++; s.settled == s.want {
		close(s.done)
	}
}

// counting tells when a letter was put.
type counting struct {
	*bus.Quarantine
	s *seen
}

func (c counting) Put(ctx context.Context, l bus.Letter) error {
	err := c.Quarantine.Put(ctx, l)
	c.s.settle()
	return err
}

func TestPoisonIsADeadLetterAfterFiveDeliveries(t *testing.T) {
	b := openAt(t, t.TempDir())
	store := memory.NewDeadLetters()
	q := bus.NewQuarantine(store, bustest.NewSealer(), 0, nil)
	s := newSeen(12)
	cfg := identity()
	cfg.Receiver = receiver(func(_ context.Context, m bus.InboundMessage) error {
		n := s.attempt(m.ID)
		switch {
		case m.ID == "evt-3":
			return fault.ErrInternal // poison
		case m.ID == "evt-5":
			return fault.ErrInvalid // never right
		case m.ID == "evt-7" && n < 4:
			return fault.ErrUnavailable // comes back
		}
		s.settle()
		return nil
	}, counting{q, s})
	in := b.Inbound(cfg)
	if err := in.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	send(t, b, 10)
	for _, poison := range []string{"not json", `{"specversion":"1.0"}`} {
		if _, err := b.js.Publish(t.Context(), "identity.v1.UserDeleted", []byte(poison)); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = in.Run(ctx) })
	<-s.done
	cancel()
	running.Wait()

	for id, want := range map[string]int{"evt-0": 1, "evt-3": 5, "evt-5": 1, "evt-7": 4} {
		if s.attempts[id] != want {
			t.Errorf("%s was tried %d times, want %d", id, s.attempts[id], want)
		}
	}
	codes := map[string]int{}
	letters, _ := q.List(t.Context(), "", 100)
	for _, l := range letters {
		codes[l.Code]++
	}
	if len(letters) != 4 || codes["internal"] != 1 || codes["invalid"] != 1 || codes["malformed"] != 2 {
		t.Errorf("letters %v", codes)
	}
}

func TestQueuedMessagesAreNotReadableOnDisk(t *testing.T) {
	scan := func(change func(*Config)) (found, all int) {
		dir := t.TempDir()
		b := openAt(t, dir, change)
		if _, err := b.js.CreateStream(t.Context(), b.Inbound(identity()).Declared()); err != nil {
			t.Fatal(err)
		}
		secrets := send(t, b, 300)
		b.Close()
		found, err := bustest.Scan(dir, secrets)
		if err != nil {
			t.Fatal(err)
		}
		return found, len(secrets)
	}
	if found, _ := scan(func(*Config) {}); found != 0 {
		t.Errorf("%d values are readable", found)
	}
	if found, all := scan(func(c *Config) { c.Key = nil }); found != all {
		t.Errorf("control: without a key only %d of %d values were found", found, all)
	}
}

// A user's messages go to one worker, in order, whatever the others do.
func TestAUsersMessagesAreHandledInOrder(t *testing.T) {
	b := openAt(t, t.TempDir())
	const users, each = 5, 40
	s := newSeen(users * each)
	var mu sync.Mutex
	last := map[string]string{}
	cfg := identity()
	cfg.Receiver = receiver(func(_ context.Context, m bus.InboundMessage) error {
		defer s.settle()
		mu.Lock()
		defer mu.Unlock()
		if m.ID <= last[m.Subject] {
			t.Errorf("%s after %s", m.ID, last[m.Subject])
		}
		last[m.Subject] = m.ID
		return nil
	}, nil)
	in := b.Inbound(cfg)
	if err := in.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	for n := range users * each {
		data := fmt.Appendf(nil, `{"specversion":"1.0","id":"evt-%04d","source":"/identity","type":"identity.UserUpdated","subject":"user-%d","data":{"userId":"user-%d"}}`, n, n%users, n%users)
		if _, err := b.js.Publish(t.Context(), "identity.v1.UserUpdated", data); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = in.Run(ctx) })
	<-s.done
	cancel()
	running.Wait()
	if len(last) != users {
		t.Errorf("heard of %d users", len(last))
	}
}

// One who takes long holds up nobody else.
func TestNobodyWaitsForAnothersTurn(t *testing.T) {
	slow, done := make(chan struct{}), make(chan string, 10)
	turns := newTurns(2, func(m jetstream.Msg) {
		if m.Subject() == "a1" {
			<-slow
		}
		done <- m.Subject()
	})
	for _, name := range []string{"a1", "a2", "b1", "b2", "c1"} {
		turns.take(t.Context(), name[:1], message(name))
		turns.take(t.Context(), name[:1], message(name)) // delivered again while it is held
	}
	var order []string
	for range 3 {
		order = append(order, <-done)
	}
	close(slow)
	turns.wait()
	order = append(order, <-done, <-done)
	if got := strings.Join(order, " "); !strings.HasSuffix(got, " a1 a2") || strings.Index(got, "b1") > strings.Index(got, "b2") {
		t.Errorf("handled in the order %s", got)
	}
}

// message is one that has a subject and nothing else.
type message string

func (m message) Subject() string { return string(m) }
func (message) Data() []byte      { return nil }

// Metadata has a sequence of its own for each subject.
func (m message) Metadata() (*jetstream.MsgMetadata, error) {
	return &jetstream.MsgMetadata{Sequence: jetstream.SequencePair{Stream: uint64(m[0])<<8 | uint64(m[1])}}, nil
}
func (message) Headers() nats.Header             { return nil }
func (message) Reply() string                    { return "" }
func (message) Ack() error                       { return nil }
func (message) DoubleAck(context.Context) error  { return nil }
func (message) Nak() error                       { return nil }
func (message) NakWithDelay(time.Duration) error { return nil }
func (message) InProgress() error                { return nil }
func (message) Term() error                      { return nil }
func (message) TermWithReason(string) error      { return nil }

// What was handled is removed, what is tried again stays.
func TestWhatWasHandledIsRemoved(t *testing.T) {
	b := openAt(t, t.TempDir())
	const n = 20
	s := newSeen(n - 1)
	cfg := identity()
	cfg.Receiver = receiver(func(_ context.Context, m bus.InboundMessage) error {
		if m.ID == "evt-12" {
			return fault.ErrUnavailable
		}
		s.settle()
		return nil
	}, nil)
	cfg.Receiver.Attempts = 1_000_000
	in := b.Inbound(cfg)
	if err := in.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	send(t, b, n)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = in.Run(ctx) })
	<-s.done
	for {
		stream, err := b.js.Stream(t.Context(), in.cfg.Stream)
		if err != nil {
			t.Fatal(err)
		}
		if state := stream.CachedInfo().State; state.FirstSeq == 13 { // evt-0 is the first
			if state.Msgs != n-12 {
				t.Errorf("%d messages are left", state.Msgs)
			}
			break
		}
		if t.Context().Err() != nil {
			t.Fatal("nothing is removed")
		}
	}
	cancel()
	running.Wait()
}
