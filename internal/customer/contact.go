package customer

import "github.com/acme/customers/internal/event"

// ContactInfoChanged holds the new e-mail address or phone number, or both. An
// empty one was removed. A new one is unverified.
type ContactInfoChanged struct {
	Email *string `json:"email,omitempty" class:"personal"`
	Phone *string `json:"phone,omitempty" class:"personal"`
}

func (e ContactInfoChanged) evolve(s *State, _ event.Envelope) {
	if e.Email != nil {
		s.Email = Email{Address: *e.Email}
		s.Internal.EmailCode = Verification{}
		if *e.Email == "" {
			s.Internal.ClaimedEmail = ""
		}
	}
	if e.Phone != nil {
		s.Phone = Phone{Number: *e.Phone}
		s.Internal.PhoneCode = Verification{}
	}
}

// ChangeContact changes what it sets: nil keeps, "" removes. The customer is
// still found by the old e-mail address until the new one is confirmed: an
// unproven address must not lock out who holds it.
type ChangeContact struct {
	Email, Phone *string
}

// Decide records what really changes. Nobody may become unreachable: the last
// identifier stays.
func (c ChangeContact) Decide(s *State) ([]Event, error) {
	if err := s.open(); err != nil {
		return nil, err
	}
	var p problems
	var e ContactInfoChanged
	email, phone := s.Email.Address, s.Phone.Number
	if c.Email != nil {
		if email = ""; *c.Email != "" {
			email = p.email("/email", *c.Email)
		}
		e.Email = changed(s.Email.Address, email)
	}
	if c.Phone != nil {
		if phone = ""; *c.Phone != "" {
			phone = p.phone("/phone", *c.Phone)
		}
		e.Phone = changed(s.Phone.Number, phone)
	}
	if len(p) == 0 && email == "" && phone == "" && s.UserID == "" && len(s.ExternalIDs) == 0 {
		p.add("", "no_identifier", "the last way to identify the customer cannot be removed")
	}
	if err := p.err(); err != nil {
		return nil, err
	}
	if e.Email == nil && e.Phone == nil {
		return nil, nil
	}
	return []Event{e}, nil
}

// VerifiedContact takes an e-mail address that the identity provider has
// already verified.
type VerifiedContact struct {
	Email  string
	Policy Policy
}

// Decide changes the address and marks it verified in one go.
func (c VerifiedContact) Decide(s *State) ([]Event, error) {
	events, err := ChangeContact{Email: &c.Email}.Decide(s)
	if err != nil {
		return nil, err
	}
	if len(events) == 0 && s.Email.Verified || c.Email == "" {
		return events, nil
	}
	return append(events, s.emailVerified(c.Policy)...), nil
}

func (s *State) emailVerified(p Policy) []Event {
	events := []Event{EmailVerified{}}
	if s.Status == Pending && p.ActivateOnEmail {
		events = append(events, Activated{CauseEmailConfirmed})
	}
	return events
}
