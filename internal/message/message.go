// Package message decides what is kept of the messages that others send to a
// customer: when they were sent, so that "at most three a week" can be held,
// and through which channels nothing gets there or may be sent any more. It is
// pure, as customer is. One stream holds all of one customer.
//
// Messages are sent elsewhere: what is not reported is not counted.
package message

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"time"

	"github.com/acme/customers/internal/event"
)

// Stream is the stream type of this aggregate.
const Stream = "message"

// State is what was reported of one customer.
type State struct {
	Sent       []Sent        `json:"sent,omitempty"       class:"personal"` // within Counted of the last, in the order of time
	Suppressed []Suppression `json:"suppressed,omitempty" class:"personal"` // one a channel, cause and address
}

// Sent is one message.
type Sent struct {
	At     time.Time `json:"at"`
	Key    uint64    `json:"key"`              // of the channel and the message's id: told twice it is one
	Counts bool      `json:"counts,omitempty"` // towards how many the customer wants at most
}

// Suppression closes a channel, whatever the customer prefers.
type Suppression struct {
	Channel string    `json:"channel"`
	Cause   Cause     `json:"cause"`
	Since   time.Time `json:"since"`
	Address string    `json:"address,omitempty"` // that it is about; "": whatever the address
	Version int64     `json:"version"`           // of the stream: the evidence
}

// Cause is why a channel is closed.
type Cause string

// The causes.
const (
	Bounced    Cause = "bounced"    // for good: the address takes nothing
	Complained Cause = "complained" // the customer called it spam
	Manual     Cause = "manual"     // somebody of the staff
)

const (
	// Counted is how far back sends are counted.
	Counted = 31 * 24 * time.Hour
	// MaxCounted is how many of them there are at most.
	MaxCounted = 1000
	// maxSuppressed is how many suppressions are kept, the newest.
	maxSuppressed = 50
)

// Event is a fact about messages to a customer.
type Event interface {
	evolve(s *State, env event.Envelope)
}

// MessageSent says that a message was sent; what it said is nowhere here.
type MessageSent struct {
	Channel   string `json:"channel"           class:"public"`
	Topic     string `json:"topic,omitempty"   class:"public"`
	Purpose   string `json:"purpose,omitempty" class:"public"`
	Counts    bool   `json:"counts"            class:"public"` // false: the customer had to be told
	MessageID string `json:"messageId"         class:"personal"`
}

func (e MessageSent) evolve(s *State, env event.Envelope) {
	at, _ := slices.BinarySearchFunc(s.Sent, env.OccurredAt, func(m Sent, t time.Time) int {
		if m.At.After(t) {
			return 1
		}
		return -1 // of the same instant the later told is the later
	})
	sent := slices.Insert(slices.Clone(s.Sent), at, Sent{env.OccurredAt, messageKey(e.Channel, e.MessageID), e.Counts}) // others read the state before
	begin := sent[len(sent)-1].At.Add(-Counted)
	for len(sent) > MaxCounted || sent[0].At.Before(begin) {
		sent = sent[1:]
	}
	s.Sent = sent
}

// ContactSuppressed says that nothing may be sent through a channel any more.
type ContactSuppressed struct {
	Channel   string `json:"channel"             class:"public"`
	Cause     Cause  `json:"cause"               class:"public"`
	Address   string `json:"address,omitempty"   class:"personal"`
	MessageID string `json:"messageId,omitempty" class:"personal"`
}

func (e ContactSuppressed) evolve(s *State, env event.Envelope) {
	s.Suppressed = append(s.without(func(by *Suppression) bool {
		return by.Channel == e.Channel && by.Cause == e.Cause && by.Address == e.Address
	}),
		Suppression{e.Channel, e.Cause, env.OccurredAt, e.Address, env.Version})
	s.Suppressed = s.Suppressed[max(0, len(s.Suppressed)-maxSuppressed):]
}

// SuppressionLifted says that a channel is open again.
type SuppressionLifted struct {
	Channel string `json:"channel" class:"public"`
}

func (e SuppressionLifted) evolve(s *State, _ event.Envelope) {
	s.Suppressed = s.without(func(by *Suppression) bool { return by.Channel == e.Channel })
}

// without gives new suppressions, but for some: others read those that are.
func (s *State) without(which func(*Suppression) bool) (rest []Suppression) {
	for i := range s.Suppressed {
		if by := &s.Suppressed[i]; !which(by) {
			rest = append(rest, *by)
		}
	}
	return rest
}

// Events lists every event: the catalogue follows from it.
func Events() []event.Definition {
	return []event.Definition{
		event.Define[MessageSent]("MessageSent", "A message to the customer was reported as sent.", event.Routine),
		event.Define[ContactSuppressed]("ContactSuppressed", "A channel is closed: messages bounce, or the customer complained.", event.Notable),
		event.Define[SuppressionLifted]("SuppressionLifted", "A channel that was closed is open again.", event.Notable),
	}
}

// New builds the aggregate.
func New() (*event.Aggregate[State], error) {
	return event.NewAggregate(Stream, func(s *State, e any, env event.Envelope) { e.(Event).evolve(s, env) },
		func(*State) []event.Claim { return nil }, Events()...)
}

// messageKey: 64 bits tell a thousand messages apart.
func messageKey(channel, id string) uint64 {
	sum := sha256.Sum256([]byte(channel + "\x00" + id))
	return binary.BigEndian.Uint64(sum[:8])
}

// Nth is when the nth last message that counts was sent, up to an instant;
// false when there were not as many.
func (s *State) Nth(n int, at time.Time) (time.Time, bool) {
	for i := len(s.Sent) - 1; i >= 0; i-- {
		if m := &s.Sent[i]; m.Counts && !m.At.After(at) {
			if n--; n <= 0 {
				return m.At, true
			}
		}
	}
	return time.Time{}, false
}

// Latest is when the last message was sent. On another instance, whose clock is
// ahead, that may be later than now is here.
func (s *State) Latest() time.Time {
	if len(s.Sent) == 0 {
		return time.Time{}
	}
	return s.Sent[len(s.Sent)-1].At
}

// Stops gives what closes a channel for an address, the strictest: what bounces
// before what somebody wants; nil when nothing does.
func (s *State) Stops(channel, address string) (strictest *Suppression) {
	for i := range s.Suppressed {
		by := &s.Suppressed[i]
		if by.Channel == channel && (by.Address == "" || by.Address == address) && (strictest == nil || by.Cause == Bounced) {
			strictest = by
		}
	}
	return strictest
}
