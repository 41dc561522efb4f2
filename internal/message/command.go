package message

import (
	"slices"
	"time"
	"unicode/utf8"

	"github.com/acme/customers/internal/fault"
)

const maxMessageID = 200

// Report reports what became of a message.
type Report struct {
	Channel   string
	Topic     string
	Purpose   string
	MessageID string // of the sender's; required for what was sent
	At        time.Time
	Now       time.Time
	Counts    bool   // towards how much the customer wants
	Cause     Cause  // "": it was sent
	Address   string // that the channel went to at that time
	Unknown   bool   // no address of the channel is ever known: push has devices elsewhere
}

// Decide records a message once, however often it is reported.
func (c Report) Decide(s *State) ([]Event, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	if c.Cause == "" {
		key := messageKey(c.Channel, c.MessageID)
		told := slices.ContainsFunc(s.Sent, func(m Sent) bool { return m.Key == key })
		if told || c.Now.Sub(c.At) > Counted { // or told too late to matter
			return nil, nil
		}
		return []Event{MessageSent{c.Channel, c.Topic, c.Purpose, c.Counts, c.MessageID}}, nil
	}
	e := ContactSuppressed{Channel: c.Channel, Cause: c.Cause, MessageID: c.MessageID}
	if c.Cause == Bounced {
		e.Address = c.Address // another address may take what this one does not
	}
	told := slices.ContainsFunc(s.Suppressed, func(by Suppression) bool {
		return by.Channel == e.Channel && by.Cause == e.Cause && by.Address == e.Address
	})
	if told {
		return nil, nil
	}
	return []Event{e}, nil
}

func (c *Report) check() error {
	var fields []fault.Field
	if n := utf8.RuneCountInString(c.MessageID); n > maxMessageID || n == 0 && c.Cause == "" {
		fields = append(fields, fault.Field{Pointer: "/messageId", Code: "invalid_message", Msg: "a message that was sent has an id of up to 200 characters"})
	}
	if c.At.After(c.Now) {
		fields = append(fields, fault.Field{Pointer: "/at", Code: "in_the_future", Msg: "nothing was sent in the future"})
	}
	if !slices.Contains([]Cause{"", Bounced, Complained, Manual}, c.Cause) {
		fields = append(fields, fault.Field{Pointer: "/event", Code: "invalid_event", Msg: "an event is sent, bounced, complained or suppressed"})
	}
	if c.Cause == Bounced && c.Address == "" && !c.Unknown {
		fields = append(fields, fault.Field{Pointer: "/channel", Code: "no_address", Msg: "the customer had no address for this channel at that time"})
	}
	if len(fields) > 0 {
		return fault.ErrInvalid.At(fields...)
	}
	return nil
}

// Lift opens a channel again.
type Lift struct{ Channel string }

// Decide is fault.ErrNotFound when nothing closes the channel.
func (c Lift) Decide(s *State) ([]Event, error) {
	if !slices.ContainsFunc(s.Suppressed, func(by Suppression) bool { return by.Channel == c.Channel }) {
		return nil, fault.ErrNotFound
	}
	return []Event{SuppressionLifted{c.Channel}}, nil
}
