// Package membership decides which segments a customer is in. It is pure, as
// customer is. One stream holds all of one customer's, so that what a customer
// was in at any instant can be told, and each coming and going is an event.
//
// An event of a version of a rule that readers do not see yet changes nothing
// for them: State keeps what held before beside it.
package membership

import (
	"maps"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/event"
)

// Stream is the stream type of this aggregate.
const Stream = "membership"

// State is the segments that a customer is or was in.
type State struct {
	Segments map[string]Standing `json:"segments,omitempty" class:"public"` // by the segment's id
}

// Standing is whether a customer is in a segment by a version of its rule.
type Standing struct {
	Version int       `json:"version"`
	Member  bool      `json:"member"`
	Since   time.Time `json:"since"`
	By      By        `json:"by"`
	// Before is what held by the version before, while readers may still see that.
	Before *Standing `json:"before,omitempty"`
}

// By is what put a customer into a segment, or took it out.
type By string

// The causes.
const (
	ByHand By = "hand"
	ByRule By = "rule"
)

// At gives what readers see who see a version of the rule.
func (s *Standing) At(applied int) Standing {
	for at := s; at != nil; at = at.Before {
		if at.Version <= applied {
			return Standing{Version: at.Version, Member: at.Member, Since: at.Since, By: at.By}
		}
	}
	return Standing{}
}

// Member tells whether the last event put the customer into a segment, whatever
// readers see.
func (s *State) Member(segment uuid.UUID) bool { return s.Segments[segment.String()].Member }

// Event is a fact about a customer's segments.
type Event interface {
	evolve(s *State, env event.Envelope)
}

// Assigned says that a customer came into a segment.
type Assigned struct {
	SegmentID string `json:"segmentId" class:"public"`
	Segment   string `json:"segment"   class:"public"` // its key
	Version   int    `json:"version"   class:"public"` // of its rule
	By        By     `json:"by"        class:"public"`
}

func (e Assigned) evolve(s *State, env event.Envelope) {
	s.stand(e.SegmentID, Standing{Version: e.Version, Member: true, Since: env.OccurredAt, By: e.By})
}

// Removed says that a customer left a segment.
type Removed struct {
	SegmentID string `json:"segmentId" class:"public"`
	Segment   string `json:"segment"   class:"public"`
	Version   int    `json:"version"   class:"public"`
	By        By     `json:"by"        class:"public"`
}

func (e Removed) evolve(s *State, env event.Envelope) {
	s.stand(e.SegmentID, Standing{Version: e.Version, Since: env.OccurredAt, By: e.By})
}

// stand leaves the map alone that others read. Of the version before what held
// last is kept: no other can be the one that readers see.
func (s *State) stand(segment string, now Standing) {
	if before, ok := s.Segments[segment]; ok {
		if before.Version == now.Version {
			now.Before = before.Before
		} else {
			now.Before = &Standing{Version: before.Version, Member: before.Member, Since: before.Since, By: before.By}
		}
	}
	segments := make(map[string]Standing, len(s.Segments)+1)
	maps.Copy(segments, s.Segments)
	segments[segment] = now
	s.Segments = segments
}

// Change puts a customer into a segment or takes it out.
type Change struct {
	Segment uuid.UUID
	Key     string
	Version int // of the rule that says so
	Member  bool
	By      By
}

// Changes are several for one customer.
type Changes []Change

// Decide records what really changes, and nothing of a version that is older
// than what is known.
func (c Changes) Decide(s *State) (events []Event, _ error) {
	for i := range c {
		one, id := &c[i], c[i].Segment.String()
		known := s.Segments[id]
		switch {
		case known.Member == one.Member || one.Version < known.Version:
		case one.Member:
			events = append(events, Assigned{id, one.Key, one.Version, one.By})
		default:
			events = append(events, Removed{id, one.Key, one.Version, one.By})
		}
	}
	return events, nil
}

// Events lists every event: the catalogue follows from it.
func Events() []event.Definition {
	return []event.Definition{
		event.Define[Assigned]("CustomerSegmentAssigned", "The customer came into a segment.", event.Routine),
		event.Define[Removed]("CustomerSegmentRemoved", "The customer left a segment.", event.Routine),
	}
}

// New builds the aggregate.
func New() (*event.Aggregate[State], error) {
	return event.NewAggregate(Stream, func(s *State, e any, env event.Envelope) { e.(Event).evolve(s, env) },
		func(*State) []event.Claim { return nil }, Events()...)
}
