// Package customer decides what may happen to a customer. It is pure: time,
// ids and actor arrive in the command, nothing here reads a clock, a store or
// a key. Each topic file holds its events, their evolve rules, and the
// commands with their decide rules.
package customer

import (
	"github.com/acme/customers/internal/event"
)

// Stream is the stream type of this aggregate.
const Stream = "customer"

// Event is a fact about a customer. evolve folds it into the state; it must
// not fail, and may use of the envelope only what is known before the append:
// not Position and not RecordedAt.
type Event interface {
	evolve(s *State, env event.Envelope)
}

// Command asks for a change. Decide gives the facts that follow from it, or
// none when nothing changes. It gives facts and an error when the attempt
// itself is to be recorded before it is refused (a wrong code).
type Command interface {
	Decide(s *State) ([]Event, error)
}

// Events lists every event of a customer: the catalogue follows from it.
func Events() []event.Definition {
	return []event.Definition{
		event.Define[Registered]("CustomerRegistered", "A customer was registered.", event.Notable),
		event.Define[Activated]("CustomerActivated", "The customer became active.", event.Notable),
		event.Define[Deactivated]("CustomerDeactivated", "The customer became inactive.", event.Notable),
		event.Define[Archived]("CustomerArchived", "The customer was archived; no change is accepted any more.", event.Notable),
		event.Define[ProfileUpdated]("CustomerProfileUpdated", "Name, demographics or custom attributes changed.", event.Routine),
		event.Define[DetailsChanged]("CustomerDetailsChanged", "Type, identifiers or tags changed.", event.Routine),
		event.Define[ContactInfoChanged]("ContactInfoChanged", "The e-mail address or phone number changed; the new one is unverified.", event.Notable),
		event.Define[EmailVerificationRequested]("EmailVerificationRequested", "A code is to be sent to the e-mail address; fetch it by the delivery id.", event.Routine),
		event.Define[PhoneVerificationRequested]("PhoneVerificationRequested", "A code is to be sent to the phone number; fetch it by the delivery id.", event.Routine),
		event.Define[EmailVerified]("EmailVerified", "The customer proved to hold the e-mail address.", event.Notable),
		event.Define[PhoneVerified]("PhoneVerified", "The customer proved to hold the phone number.", event.Notable),
		event.Define[AddressAdded]("AddressAdded", "An address was added; fetch it by its id.", event.Notable),
		event.Define[AddressUpdated]("AddressUpdated", "An address changed, or more is known of it; its older versions stay.", event.Routine),
		event.Define[AddressRemoved]("AddressRemoved", "An address was removed; its versions stay.", event.Routine),
		event.Define[DefaultAddressChanged]("DefaultAddressChanged", "A type of address defaults to another address, or to none.", event.Notable),
		event.Define[PreferencesUpdated]("PreferencesUpdated", "Preferences were chosen, or went back to their defaults.", event.Routine),
		event.Define[CommunicationOptOut]("CommunicationOptOut", "The customer closed a channel of communication.", event.Notable),
		event.Define[PreferenceLinksRevoked]("PreferenceLinksRevoked", "The links that were made for the customer until then open nothing any more.", event.Routine),
		event.Define[VerificationFailed]("VerificationFailed", "A wrong verification code was given.", event.Routine),
	}
}

// New builds the aggregate. It fails on an unclassified field or an event
// defined twice: a programming error that must stop the start.
func New() (*event.Aggregate[State], error) {
	return event.NewAggregate(Stream, evolve, Claims, Events()...)
}

func evolve(s *State, e any, env event.Envelope) {
	var before parts
	told := env.Source == IdentitySource
	if told {
		before = partsOf(s)
	}
	e.(Event).evolve(s, env)
	if told {
		s.Internal.Told.told(before, partsOf(s), env.OccurredAt)
	}
	if env.Actor == event.ActorCustomer && env.OccurredAt.After(s.LastActivityAt) {
		s.LastActivityAt = env.OccurredAt
	}
}
