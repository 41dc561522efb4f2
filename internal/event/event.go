// Package event describes events: the envelope that is stored in clear, the
// classes of their fields, the codec that splits a value by class, and the
// catalogue that names them. It knows no event of its own.
package event

import (
	"time"

	"github.com/google/uuid"
)

// Stream names one aggregate's events.
type Stream struct {
	Type string // the aggregate, e.g. "customer"
	ID   uuid.UUID
}

// String is "customer/0190…": ids are pseudonyms and may be logged.
func (s Stream) String() string { return s.Type + "/" + s.ID.String() }

// ActorKind says what kind of caller acted. It is public; who it was is sealed.
type ActorKind string

// The actor kinds are the roles of callers, and the service itself.
const (
	ActorCustomer   ActorKind = "customer"
	ActorSupport    ActorKind = "support"
	ActorMarketing  ActorKind = "marketing"
	ActorCompliance ActorKind = "compliance"
	ActorAdmin      ActorKind = "admin"
	ActorService    ActorKind = "service"
	ActorSystem     ActorKind = "system"
)

// Meta is who did something, through what, why and when. It arrives in the
// command; the domain has no clock. Actor, Source and At go into the envelope
// in clear; ActorID and Reason are sealed beside the event.
type Meta struct {
	Actor   ActorKind
	ActorID string    // the token's subject; personal
	Source  string    // the channel, one of ours: "api", "import", "identity"
	Reason  string    // free text; personal
	At      time.Time // when it happened, as the caller says
}

// Significance tells a timeline what to show first.
type Significance uint8

// Routine events are details, Notable ones are milestones.
const (
	Routine Significance = iota
	Notable
)

// Envelope is what is known of a recorded event without any key.
type Envelope struct {
	Position   int64 // 1, 2, 3, … over all streams, in commit order, no gap
	Stream     Stream
	Version    int64     // 1, 2, 3, … within the stream
	Subject    uuid.UUID // the customer it is about; the zero UUID when nobody
	Type       string    // the catalogue's name, e.g. "CustomerRegistered"
	Schema     int       // the payload's version, from 1
	Source     string
	Actor      ActorKind
	Notable    bool
	OccurredAt time.Time // as the caller says; microseconds, UTC
	RecordedAt time.Time // assigned under the append lock; never decreases
	Trace      string    // W3C trace id (32 hex digits) or ""
}

// Recorded is an event with its envelope and what was sealed beside it.
type Recorded struct {
	Envelope
	Meta    Meta
	Changed []string // names of the fields that the event sets
	Event   any      // a pointer to the event's struct
}

// Claim is a value that an aggregate holds and can be found by. Exclusive
// claims are held by one subject at a time.
type Claim struct {
	Kind      string // e.g. "email"
	Value     string // normalised; never stored, only its keyed hash
	Exclusive bool
}
