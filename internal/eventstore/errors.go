package eventstore

import (
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/event"
)

// ErrConflict says that a stream was not at the expected version.
type ErrConflict struct {
	Stream           event.Stream
	Expected, Actual int64
}

func (e *ErrConflict) Error() string {
	return fmt.Sprintf("%s is at version %d, not %d", e.Stream, e.Actual, e.Expected)
}

// ErrClaimed says that another subject holds an exclusive claim.
type ErrClaimed struct {
	Kind   string
	Holder uuid.UUID
}

func (e *ErrClaimed) Error() string { return fmt.Sprintf("%s is held by %s", e.Kind, e.Holder) }

// ErrReplay says that the idempotency key was used before. The record tells by
// its Hash whether for the same request.
type ErrReplay struct{ Request Request }

func (e *ErrReplay) Error() string { return "the idempotency key was used before" }

var (
	// ErrFenced says that the subject was erased.
	ErrFenced = errors.New("eventstore: the subject is fenced")
	// ErrDuplicate says that an inbox id was seen before.
	ErrDuplicate = errors.New("eventstore: the message was handled before")
	// ErrEmpty says that a commit holds nothing, or records of another stream
	// or version than its append says.
	ErrEmpty = errors.New("eventstore: the commit is malformed")
)
