package customer

import (
	"crypto/subtle"
	"time"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/fault"
)

// Channel is what a code is sent through.
type Channel string

// The channels that can be verified.
const (
	ByEmail Channel = "email"
	ByPhone Channel = "phone"
)

// EmailVerificationRequested asks Notifications to deliver a code.
type EmailVerificationRequested struct {
	DeliveryID string    `json:"deliveryId" class:"public"`
	ExpiresAt  time.Time `json:"expiresAt"  class:"public"`
}

// PhoneVerificationRequested asks Notifications to deliver a code.
type PhoneVerificationRequested struct {
	DeliveryID string    `json:"deliveryId" class:"public"`
	ExpiresAt  time.Time `json:"expiresAt"  class:"public"`
}

// EmailVerified says that the current address was proven.
type EmailVerified struct{}

// PhoneVerified says that the current number was proven.
type PhoneVerified struct{}

// VerificationFailed counts a wrong code.
type VerificationFailed struct {
	Channel Channel `json:"channel" class:"public"`
}

func (e EmailVerificationRequested) evolve(s *State, env event.Envelope) {
	s.countCode(ByEmail, env.OccurredAt)
	reach(&s.Internal.Reached.VerificationRequestedAt, env)
	s.Internal.EmailCode = Verification{DeliveryID: e.DeliveryID, ExpiresAt: e.ExpiresAt}
}

func (e PhoneVerificationRequested) evolve(s *State, env event.Envelope) {
	s.countCode(ByPhone, env.OccurredAt)
	s.Internal.PhoneCode = Verification{DeliveryID: e.DeliveryID, ExpiresAt: e.ExpiresAt}
}

func (EmailVerified) evolve(s *State, env event.Envelope) {
	reach(&s.Internal.Reached.EmailVerifiedAt, env)
	s.Email.Verified = true
	s.Internal.ClaimedEmail = s.Email.Address
	s.Internal.EmailCode = Verification{}
}

func (PhoneVerified) evolve(s *State, _ event.Envelope) {
	s.Phone.Verified = true
	s.Internal.PhoneCode = Verification{}
}

func (e VerificationFailed) evolve(s *State, env event.Envelope) {
	s.countFailure(e.Channel, env.OccurredAt)
	s.Code(e.Channel).Failed++
}

// guardTime is how long tries are counted together.
const guardTime = 24 * time.Hour

func (s *State) guard(c Channel) *Guard {
	if c == ByPhone {
		return &s.Internal.PhoneGuard
	}
	return &s.Internal.EmailGuard
}

// on gives the guard as of an instant: empty when its day is over.
func (g Guard) on(now time.Time) Guard {
	if !now.Before(g.Since.Add(guardTime)) {
		return Guard{Since: now}
	}
	return g
}

func (s *State) countCode(c Channel, at time.Time) {
	g := s.guard(c)
	*g = g.on(at)
	g.Codes++
}

func (s *State) countFailure(c Channel, at time.Time) {
	g := s.guard(c)
	*g = g.on(at)
	g.Failed++
}

// tooMany refuses until the guard's day is over.
func (g Guard) tooMany(now time.Time) error {
	return fault.ErrTooManyCodes.After(g.Since.Add(guardTime).Sub(now))
}

// Code is the verification under way on a channel.
func (s *State) Code(c Channel) *Verification {
	if c == ByPhone {
		return &s.Internal.PhoneCode
	}
	return &s.Internal.EmailCode
}

// Destination is where a code for the channel goes, and whether it is proven.
func (s *State) Destination(c Channel) (address string, verified bool) {
	if c == ByPhone {
		return s.Phone.Number, s.Phone.Verified
	}
	return s.Email.Address, s.Email.Verified
}

// RequestVerification asks for a code. A new one voids the one before.
type RequestVerification struct {
	Channel    Channel
	DeliveryID string
	At         time.Time
	Policy     Policy
}

// Decide needs something unproven to send to; what is proven needs no code.
func (c RequestVerification) Decide(s *State) ([]Event, error) {
	if err := s.open(); err != nil {
		return nil, err
	}
	switch to, verified := s.Destination(c.Channel); {
	case to == "":
		return nil, fault.ErrNoAddress
	case verified:
		return nil, nil
	}
	if g := s.guard(c.Channel).on(c.At); g.Codes >= c.Policy.CodesPerDay || g.Failed >= c.Policy.FailuresPerDay {
		return nil, g.tooMany(c.At)
	}
	expires := c.At.Add(c.Policy.CodeLife)
	if c.Channel == ByPhone {
		return []Event{PhoneVerificationRequested{c.DeliveryID, expires}}, nil
	}
	return []Event{EmailVerificationRequested{c.DeliveryID, expires}}, nil
}

// ConfirmVerification brings the code back. Expected derives the right code of
// a delivery: it is a function because only the state knows which one is open.
type ConfirmVerification struct {
	Channel  Channel
	Code     string
	Expected func(deliveryID, destination string) string
	At       time.Time
	Policy   Policy
}

// Decide compares in constant time. A wrong code is recorded and then refused,
// so that guessing ends after Policy.CodeAttempts even across instances.
func (c ConfirmVerification) Decide(s *State) ([]Event, error) {
	if err := s.open(); err != nil {
		return nil, err
	}
	open := s.Code(c.Channel)
	guard := s.guard(c.Channel).on(c.At)
	to, verified := s.Destination(c.Channel)
	switch {
	case verified:
		return nil, nil
	case open.DeliveryID == "":
		return nil, fault.ErrNoVerification
	case !c.At.Before(open.ExpiresAt):
		return nil, fault.ErrCodeExpired
	case open.Failed >= c.Policy.CodeAttempts:
		return nil, fault.ErrAttempts
	case guard.Failed >= c.Policy.FailuresPerDay:
		return nil, guard.tooMany(c.At)
	case subtle.ConstantTimeCompare([]byte(c.Code), []byte(c.Expected(open.DeliveryID, to))) == 0:
		return []Event{VerificationFailed{c.Channel}}, fault.ErrCodeWrong
	case c.Channel == ByPhone:
		return []Event{PhoneVerified{}}, nil
	}
	return s.emailVerified(c.Policy), nil
}
