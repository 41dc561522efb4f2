package customer

import (
	"time"

	"github.com/acme/customers/internal/event"
)

// Sequence decides several commands as one: each sees what the ones before it
// decided, and all of their events are recorded together or none is.
type Sequence struct {
	At       time.Time
	Commands []Command
}

// Decide stops at the first refusal, but collects what is invalid in all of
// the commands.
func (q Sequence) Decide(s *State) ([]Event, error) {
	state := *s
	var all []Event
	var invalid problems
	for _, c := range q.Commands {
		events, err := c.Decide(&state)
		if !invalid.take("", err) {
			return nil, err
		}
		for _, e := range events {
			evolve(&state, e, event.Envelope{OccurredAt: q.At})
		}
		all = append(all, events...)
	}
	if err := invalid.err(); err != nil {
		return nil, err
	}
	return all, nil
}
