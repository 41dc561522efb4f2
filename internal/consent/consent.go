// Package consent decides what may happen to the consents of a customer. It
// is pure, as customer is. One stream holds all purposes of one customer.
//
// A consent has two times: when the customer acted, and when we recorded it.
// Acts may be recorded late and out of order (an import of what another system
// knew), so what holds is folded in the order of the acts, not of the records.
// In clear are the purpose, the notice, how and where, the times and the kind
// of actor: the proof that somebody agreed outlives the key that names them.
package consent

import (
	"time"

	"github.com/acme/customers/internal/event"
)

// Stream is the stream type of this aggregate.
const Stream = "consent"

// Status is where a consent is. The zero Status is NotRequested.
type Status string

// The states of a consent.
const (
	NotRequested Status = "notRequested"
	Pending      Status = "pending"
	Granted      Status = "granted"
	Denied       Status = "denied"
	Revoked      Status = "revoked"
	Expired      Status = "expired"
)

// Act is something that was done about a purpose. Its kind is the status that
// it leads to.
type Act struct {
	Kind      Status    `json:"kind"`
	At        time.Time `json:"at"`                 // of the act
	ExpiresAt time.Time `json:"expiresAt,omitzero"` // of a grant; zero: never
	Notice    string    `json:"notice,omitempty"`   // version of the notice that was shown
	Method    string    `json:"method,omitempty"`   // "checkbox", "double_opt_in", "spoken", …
	Surface   string    `json:"surface,omitempty"`  // where: "checkout", "settings", …
	Source    string    `json:"source,omitempty"`   // "web", "app", "phone", "store", "email", "api", "import"
	Actor     string    `json:"actor,omitempty"`    // the kind of actor
	Version   int64     `json:"version"`            // of the stream: the evidence
}

// State is the consents of a customer, folded from their events: the acts of
// each purpose in the order in which they were done.
type State struct {
	Acts map[string][]Act `json:"acts,omitempty" class:"public"`
}

// Event is a fact about a consent.
type Event interface {
	evolve(s *State, env event.Envelope)
}

// Evidence is what every act carries. What names somebody is sealed.
type Evidence struct {
	Purpose string            `json:"purpose"           class:"public"`
	Notice  string            `json:"notice,omitempty"  class:"public"`
	Method  string            `json:"method,omitempty"  class:"public"`
	Surface string            `json:"surface,omitempty" class:"public"`
	Details map[string]string `json:"details,omitempty" class:"personal"` // such as an address the code was sent to, a form's id, a recording's
}

// Requested says that the customer was asked.
type Requested struct {
	Evidence Evidence `json:"evidence" class:"within"`
}

// Given says that the customer agreed.
type Given struct {
	Evidence  Evidence  `json:"evidence"            class:"within"`
	ExpiresAt time.Time `json:"expiresAt,omitzero"  class:"public"`
}

// Declined says that the customer said no.
type Declined struct {
	Evidence Evidence `json:"evidence" class:"within"`
}

// Withdrawn says that the customer no longer agrees.
type Withdrawn struct {
	Evidence Evidence `json:"evidence" class:"within"`
}

// RanOut says that a consent reached its end. Its time is that end, whenever
// it is recorded; until then every read knows it all the same.
type RanOut struct {
	Evidence Evidence `json:"evidence" class:"within"`
}

func (e Requested) evolve(s *State, env event.Envelope) { s.add(Pending, e.Evidence, time.Time{}, env) }
func (e Given) evolve(s *State, env event.Envelope)     { s.add(Granted, e.Evidence, e.ExpiresAt, env) }
func (e Declined) evolve(s *State, env event.Envelope)  { s.add(Denied, e.Evidence, time.Time{}, env) }
func (e Withdrawn) evolve(s *State, env event.Envelope) { s.add(Revoked, e.Evidence, time.Time{}, env) }
func (e RanOut) evolve(s *State, env event.Envelope)    { s.add(Expired, e.Evidence, time.Time{}, env) }

// Events lists every event of a consent: the catalogue follows from it.
func Events() []event.Definition {
	return []event.Definition{
		event.Define[Requested]("ConsentRequested", "The customer was asked for a consent.", event.Routine),
		event.Define[Given]("ConsentGranted", "The customer gave or renewed a consent.", event.Notable),
		event.Define[Declined]("ConsentDenied", "The customer declined a consent.", event.Notable),
		event.Define[Withdrawn]("ConsentRevoked", "The customer withdrew a consent; processing that rests on it must stop.", event.Notable),
		event.Define[RanOut]("ConsentExpired", "A consent reached its end.", event.Notable),
	}
}

// New builds the aggregate.
func New() (*event.Aggregate[State], error) {
	return event.NewAggregate(Stream, func(s *State, e any, env event.Envelope) { e.(Event).evolve(s, env) },
		func(*State) []event.Claim { return nil }, Events()...)
}

// EvidenceOf gives the evidence that an event carries.
func EvidenceOf(e any) Evidence {
	switch e := e.(type) {
	case *Requested:
		return e.Evidence
	case *Given:
		return e.Evidence
	case *Declined:
		return e.Evidence
	case *Withdrawn:
		return e.Evidence
	case *RanOut:
		return e.Evidence
	}
	return Evidence{}
}
