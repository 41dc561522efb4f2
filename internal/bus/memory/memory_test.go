package memory_test

import (
	"context"
	"testing"

	"github.com/acme/customers/internal/bus"
	"github.com/acme/customers/internal/bus/bustest"
	"github.com/acme/customers/internal/bus/memory"
)

func open(*testing.T) bustest.Stream { return stream(&memory.Stream{}) }

func stream(s *memory.Stream) bustest.Stream {
	return bustest.Stream{Publisher: s, Read: func(context.Context) ([]bus.Message, error) { return s.Messages(), nil }}
}

func TestStream(t *testing.T) { bustest.Publisher(t, open) }

func TestDeadLetters(t *testing.T) {
	bustest.DeadLetters(t, func(*testing.T) bus.DeadLetters { return memory.NewDeadLetters() })
}

// unfenced ignores what its caller expects.
type unfenced struct{ *memory.Stream }

func (u unfenced) Publish(ctx context.Context, _ uint64, m []bus.Message) (uint64, error) {
	at, _ := u.Last(ctx)
	return u.Stream.Publish(ctx, at.Sequence, m)
}

// shuffled swaps the first two messages of a batch.
type shuffled struct{ *memory.Stream }

func (s shuffled) Publish(ctx context.Context, e uint64, m []bus.Message) (uint64, error) {
	if len(m) > 1 {
		m[0], m[1] = m[1], m[0]
	}
	return s.Stream.Publish(ctx, e, m)
}

// forgetful starts its sequence again at a purge.
type forgetful struct{ *memory.Stream }

func (f forgetful) Purge(context.Context) error { f.Lose(); return nil }

func TestTheSuiteNoticesBrokenStreams(t *testing.T) {
	for name, wrap := range map[string]func(*memory.Stream) bus.Publisher{
		"unfenced":  func(s *memory.Stream) bus.Publisher { return unfenced{s} },
		"shuffled":  func(s *memory.Stream) bus.Publisher { return shuffled{s} },
		"forgetful": func(s *memory.Stream) bus.Publisher { return forgetful{s} },
	} {
		noticed := 0
		for _, c := range bustest.PublisherChecks() {
			s := &memory.Stream{}
			broken := stream(s)
			broken.Publisher = wrap(s)
			if c.Run(t.Context(), broken) != nil {
				noticed++
			}
		}
		if noticed == 0 {
			t.Errorf("control: the suite did not notice a stream that is %s", name)
		}
	}
}

// keepsDays forgets a day with its last letter, so that its key would live on.
type keepsDays struct{ *memory.DeadLetters }

func (k keepsDays) Days(context.Context, string) ([]string, error) { return nil, nil }

// overwrites puts a letter over one that is there.
type overwrites struct{ *memory.DeadLetters }

func (o overwrites) Put(ctx context.Context, l bus.SealedLetter) error {
	_ = o.Delete(ctx, l.ID)
	return o.DeadLetters.Put(ctx, l)
}

func TestTheSuiteNoticesBrokenDeadLetters(t *testing.T) {
	for name, broken := range map[string]func() bus.DeadLetters{
		"forgetting days": func() bus.DeadLetters { return keepsDays{memory.NewDeadLetters()} },
		"overwriting":     func() bus.DeadLetters { return overwrites{memory.NewDeadLetters()} },
	} {
		noticed := 0
		for _, c := range bustest.DeadLetterChecks() {
			if c.Run(t.Context(), broken()) != nil {
				noticed++
			}
		}
		if noticed == 0 {
			t.Errorf("control: the suite did not notice a store that is %s", name)
		}
	}
}
