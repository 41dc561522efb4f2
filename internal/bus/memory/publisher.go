// Package memory is a stream and a store of dead letters in memory. They pass
// the same suites as the durable ones, and so they are the fakes that tests of
// other packages use.
package memory

import (
	"context"
	"sync"

	"github.com/acme/customers/internal/bus"
)

// Stream is a stream of published events. The zero value is empty and ready.
type Stream struct {
	mu       sync.Mutex
	sequence uint64
	messages []bus.Message
}

var _ bus.Publisher = (*Stream)(nil)

// Last reads where the stream stands.
func (s *Stream) Last(context.Context) (bus.Mark, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := bus.Mark{Sequence: s.sequence}
	if len(s.messages) == 0 {
		return m, nil
	}
	var err error
	m.Lineage, m.Position, err = bus.ReadMark(s.messages[len(s.messages)-1].Data)
	return m, err
}

// Publish appends if the stream still ends at expected.
func (s *Stream) Publish(ctx context.Context, expected uint64, messages []bus.Message) (uint64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if expected != s.sequence {
		return 0, bus.ErrFenced
	}
	s.messages = append(s.messages, messages...)
	s.sequence += uint64(len(messages))
	return s.sequence, nil
}

// Purge removes every message. The sequence goes on.
func (s *Stream) Purge(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages = nil
	return nil
}

// Ping always answers.
func (s *Stream) Ping(context.Context) error { return nil }

// Messages is what the stream holds.
func (s *Stream) Messages() []bus.Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]bus.Message(nil), s.messages...)
}

// Lose forgets everything, as a broker whose disk was replaced.
func (s *Stream) Lose() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages, s.sequence = nil, 0
}
