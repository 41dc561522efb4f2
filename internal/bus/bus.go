// Package bus carries what happened to other services, and what they say to
// us. The log is the truth; a stream on a broker is a copy of it that can be
// thrown away and made again.
//
// Out: a Relay follows the log and appends one CloudEvent per record to a
// stream, in order, each once. It keeps no cursor of its own: where it is, the
// last message of the stream says. Messages are thin: public fields and the
// names of what changed. Personal values are fetched over the API by whoever
// may have them.
//
// In: a Receiver decodes, hands on, and decides what becomes of a delivery.
// What cannot be handled goes to a Quarantine, sealed.
//
// Drivers sit one folder below and run the suite in bustest.
package bus

import (
	"context"
	"errors"

	"github.com/google/uuid"
)

// Message is one event as it is published.
type Message struct {
	Subject  string // "customers.v1.CustomerRegistered"
	Position int64  // of its record
	Data     []byte // a CloudEvent in JSON
}

// Mark is where a stream stands: the sequence of its end, and which record its
// last message is. The zero Mark is a stream that never held anything.
type Mark struct {
	Sequence uint64    // the fence; survives the messages before it
	Lineage  uuid.UUID // of the last message; zero when the stream is empty
	Position int64     // of the last message; 0 when the stream is empty
}

// ErrFenced says that the stream's end is not where the publisher expected it:
// another relay published, or the stream was made anew.
var ErrFenced = errors.New("bus: the stream ends at another sequence")

// Publisher appends to the one stream of published events. It is safe for
// concurrent use, and many processes may hold one: the fence keeps all but one
// of them out.
type Publisher interface {
	// Last reads where the stream stands, from the broker's authoritative copy.
	// A stream that is gone is made anew, empty. A last message that is not
	// ours gives ErrForeign.
	Last(ctx context.Context) (Mark, error)
	// Publish appends the messages in order if the stream still ends at
	// expected, and gives the sequence of its new end. When it returns nil the
	// broker has them on its disk. With ErrFenced nothing was appended. With
	// any other error none, some of the first, or all of them were: read Last.
	Publish(ctx context.Context, expected uint64, messages []Message) (uint64, error)
	// Purge removes every message. The sequence goes on.
	Purge(ctx context.Context) error
	// Ping tells whether the broker answers.
	Ping(ctx context.Context) error
}
