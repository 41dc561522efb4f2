// Package activity decides what is kept of what a customer did elsewhere:
// orders, tickets, log-ins, and whatever a registered source tells. It is pure,
// as customer is. One stream holds all of one customer.
//
// Sources tell late, twice and out of order; so what is folded does not depend
// on the order, and whoever executes a command here makes each message count
// once.
package activity

import (
	"maps"
	"time"

	"github.com/acme/customers/internal/event"
)

// Stream is the stream type of this aggregate.
const Stream = "activity"

// State is the figures of a customer's relationship.
type State struct {
	LastActivityAt  time.Time            `json:"lastActivityAt,omitzero"  class:"public"`
	Activities      int64                `json:"activities,omitempty"     class:"public"`
	Orders          int64                `json:"orders,omitempty"         class:"personal"`
	FirstPurchaseAt time.Time            `json:"firstPurchaseAt,omitzero" class:"personal"`
	LastPurchaseAt  time.Time            `json:"lastPurchaseAt,omitzero"  class:"personal"`
	Spent           map[string]Spent     `json:"spent,omitempty"          class:"personal"` // by ISO 4217 code
	Tickets         map[string]time.Time `json:"tickets,omitempty"        class:"personal"` // open ones by id, since when
	Resolved        []string             `json:"resolved,omitempty"       class:"personal"` // the last that were, in case their beginning is told later
}

// Spent is what was paid in one currency.
type Spent struct {
	Orders int64  `json:"orders"`
	Total  Amount `json:"total"`
}

// Event is a fact about what a customer did.
type Event interface {
	evolve(s *State, env event.Envelope)
}

// Recorded says that a customer did something; what, its source knows.
type Recorded struct {
	Kind       string `json:"kind"           class:"public"`   // the source's name of it
	ActivityID string `json:"activityId"     class:"personal"` // the source's
	Data       string `json:"data,omitempty" class:"personal"` // JSON
}

// Purchased says that an order was completed.
type Purchased struct {
	OrderID  string `json:"orderId"  class:"personal"`
	Amount   Amount `json:"amount"   class:"personal"`
	Currency string `json:"currency" class:"personal"`
}

// TicketOpened says that the customer asked support for something.
type TicketOpened struct {
	TicketID string `json:"ticketId"        class:"personal"`
	About    string `json:"about,omitempty" class:"personal"`
}

// TicketResolved says that support has answered.
type TicketResolved struct {
	TicketID   string `json:"ticketId"             class:"personal"`
	Resolution string `json:"resolution,omitempty" class:"personal"`
}

func (s *State) seen(at time.Time) {
	s.Activities++
	if at.After(s.LastActivityAt) {
		s.LastActivityAt = at
	}
}

func (e Recorded) evolve(s *State, env event.Envelope) { s.seen(env.OccurredAt) }

func (e Purchased) evolve(s *State, env event.Envelope) {
	s.seen(env.OccurredAt)
	s.Orders++
	if s.FirstPurchaseAt.IsZero() || env.OccurredAt.Before(s.FirstPurchaseAt) {
		s.FirstPurchaseAt = env.OccurredAt
	}
	if env.OccurredAt.After(s.LastPurchaseAt) {
		s.LastPurchaseAt = env.OccurredAt
	}
	spent := maps.Clone(s.Spent) // others read the state before
	if spent == nil {
		spent = map[string]Spent{}
	}
	one := spent[e.Currency]
	spent[e.Currency] = Spent{one.Orders + 1, one.Total + e.Amount}
	s.Spent = spent
}

func (e TicketOpened) evolve(s *State, env event.Envelope) {
	s.seen(env.OccurredAt)
	for _, id := range s.Resolved {
		if id == e.TicketID { // its end was told first
			return
		}
	}
	s.Tickets = maps.Clone(s.Tickets)
	if s.Tickets == nil {
		s.Tickets = map[string]time.Time{}
	}
	s.Tickets[e.TicketID] = env.OccurredAt
}

// maxResolved is how many resolved tickets are remembered.
const maxResolved = 100

func (e TicketResolved) evolve(s *State, env event.Envelope) {
	s.seen(env.OccurredAt)
	s.Tickets = maps.Clone(s.Tickets)
	delete(s.Tickets, e.TicketID)
	if len(s.Tickets) == 0 {
		s.Tickets = nil
	}
	s.Resolved = append(append([]string{}, s.Resolved...), e.TicketID)
	s.Resolved = s.Resolved[max(0, len(s.Resolved)-maxResolved):]
}

// Events lists every event: the catalogue follows from it.
func Events() []event.Definition {
	return []event.Definition{
		event.Define[Recorded]("ActivityRecorded", "The customer did something elsewhere.", event.Routine),
		event.Define[Purchased]("PurchaseRecorded", "The customer completed an order.", event.Notable),
		event.Define[TicketOpened]("TicketOpened", "The customer asked support for something.", event.Notable),
		event.Define[TicketResolved]("TicketResolved", "Support answered what the customer had asked.", event.Notable),
	}
}

// New builds the aggregate.
func New() (*event.Aggregate[State], error) {
	return event.NewAggregate(Stream, func(s *State, e any, env event.Envelope) { e.(Event).evolve(s, env) },
		func(*State) []event.Claim { return nil }, Events()...)
}
