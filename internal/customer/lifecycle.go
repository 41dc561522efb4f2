package customer

import (
	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/fault"
)

// Cause says in public what set off a transition; the reason that a person
// gave is sealed beside the event.
type Cause string

// The causes.
const (
	CauseRequest        Cause = "request"
	CauseEmailConfirmed Cause = "email_confirmed"
	CauseUserDeleted    Cause = "user_deleted"
)

// Activated says that the customer became active.
type Activated struct {
	Cause Cause `json:"cause" class:"public"`
}

// Deactivated says that the customer became inactive.
type Deactivated struct {
	Cause Cause `json:"cause" class:"public"`
}

// Archived says that the customer takes no change any more.
type Archived struct {
	Cause Cause `json:"cause" class:"public"`
}

func (Activated) evolve(s *State, env event.Envelope) {
	s.Status = Active
	reach(&s.Internal.Reached.ActivatedAt, env)
}
func (Deactivated) evolve(s *State, _ event.Envelope) { s.Status = Inactive }
func (e Archived) evolve(s *State, _ event.Envelope) {
	s.Status = IsClosed
	s.Internal.UserDeleted = s.Internal.UserDeleted || e.Cause == CauseUserDeleted
	s.Internal.EmailCode, s.Internal.PhoneCode = Verification{}, Verification{}
}

// Activate asks for status active: from pending or inactive.
type Activate struct{ Cause Cause }

// Deactivate asks for status inactive: from active.
type Deactivate struct{ Cause Cause }

// Archive asks for status archived: from any other. An active customer is
// deactivated first, so that its history reads as the lifecycle does.
type Archive struct{ Cause Cause }

// Decide is idempotent: an active customer stays active.
func (c Activate) Decide(s *State) ([]Event, error) {
	switch s.Status {
	case Active:
		return nil, nil
	case Pending, Inactive:
		return []Event{Activated{c.Cause}}, nil
	}
	return nil, s.refused()
}

// Decide is idempotent.
func (c Deactivate) Decide(s *State) ([]Event, error) {
	switch s.Status {
	case Inactive:
		return nil, nil
	case Active:
		return []Event{Deactivated{c.Cause}}, nil
	}
	return nil, s.refused()
}

// Decide is idempotent. That the user was deleted is recorded of an archived
// customer, too: its tokens end with it.
func (c Archive) Decide(s *State) ([]Event, error) {
	switch s.Status {
	case IsClosed:
		if c.Cause == CauseUserDeleted && !s.Internal.UserDeleted {
			return []Event{Archived{c.Cause}}, nil
		}
		return nil, nil
	case Pending, Inactive:
		return []Event{Archived{c.Cause}}, nil
	case Active:
		return []Event{Deactivated{c.Cause}, Archived{c.Cause}}, nil
	}
	return nil, s.refused()
}

func (s *State) refused() error {
	if !s.Registered() {
		return fault.ErrNotFound
	}
	return fault.ErrTransition
}
