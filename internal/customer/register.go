package customer

import (
	"time"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/fault"
)

// Registered starts a customer, in status pending.
type Registered struct {
	Type        Type              `json:"type"                    class:"public"`
	UserID      string            `json:"userId,omitempty"        class:"personal"`
	ExternalIDs map[string]string `json:"externalIds,omitempty"   class:"personal"`
	Name        Name              `json:"name,omitzero"           class:"within"`
	Email       string            `json:"email,omitempty"         class:"personal"`
	Phone       string            `json:"phone,omitempty"         class:"personal"`
	Profile     Profile           `json:"profile,omitzero"        class:"within"`
	Tags        []string          `json:"tags,omitempty"          class:"personal"`
}

func (e Registered) evolve(s *State, env event.Envelope) {
	*s = State{
		Status: Pending, Type: e.Type, UserID: e.UserID, ExternalIDs: e.ExternalIDs,
		Name: e.Name, Email: Email{Address: e.Email}, Phone: Phone{Number: e.Phone}, Profile: e.Profile, Tags: e.Tags,
		RegisteredAt: env.OccurredAt, LastActivityAt: env.OccurredAt,
		Internal: Internal{ClaimedEmail: e.Email},
	}
}

// Register makes a new customer. Strings are as the caller typed them.
type Register struct {
	At            time.Time
	Type          Type // "" is individual
	UserID        string
	ExternalIDs   map[string]string
	Name          Name
	Email         string
	EmailVerified bool // asserted by the identity provider, never by a client
	Phone         string
	Profile       Profile
	Tags          []string
	Addresses     []AddAddress // validated, with ids
	Policy        Policy
}

// Policy is the part of the configuration that the rules depend on.
type Policy struct {
	ActivateOnEmail bool          // a confirmed e-mail activates a pending customer
	CodeLife        time.Duration // how long a verification code holds
	CodeAttempts    int           // wrong codes before it is void
	CodesPerDay     int           // codes that may be asked for on a channel within a day
	FailuresPerDay  int           // wrong codes on a channel within a day, over all codes
}

// DefaultPolicy is what holds when nothing is configured.
func DefaultPolicy() Policy {
	return Policy{ActivateOnEmail: true, CodeLife: 15 * time.Minute, CodeAttempts: 5,
		CodesPerDay: 10, FailuresPerDay: 15}
}

// Decide refuses a customer that nobody could find again.
func (c Register) Decide(s *State) ([]Event, error) {
	if s.Registered() {
		return nil, fault.ErrVersion
	}
	var p problems
	e := Registered{
		Type: p.customerType(c.Type), UserID: p.identifier("/userId", c.UserID), ExternalIDs: p.externalIDs(c.ExternalIDs),
		Name: c.Name.check(&p), Profile: c.Profile.check(&p, c.At), Tags: p.tags(c.Tags),
	}
	if c.Email != "" {
		e.Email = p.email("/email", c.Email)
	}
	if c.Phone != "" {
		e.Phone = p.phone("/phone", c.Phone)
	}
	e.Profile.Attributes = mergeAttributes(nil, e.Profile.Attributes) // a null attribute is none
	if len(p) == 0 && e.Email == "" && e.Phone == "" && e.UserID == "" && len(e.ExternalIDs) == 0 {
		p.add("", "no_identifier", "give an e-mail address, a phone number, a user id or an external id")
	}
	events := []Event{e}
	if c.EmailVerified && e.Email != "" {
		events = append(events, EmailVerified{})
		if c.Policy.ActivateOnEmail {
			events = append(events, Activated{Cause: CauseEmailConfirmed})
		}
	}
	added, err := Sequence{At: c.At, Commands: []Command{recorded{events}, AddAddresses{Addresses: c.Addresses}}}.Decide(s)
	if !p.take("", err) {
		return nil, err
	}
	if err := p.err(); err != nil { // facts beside an error would be recorded
		return nil, err
	}
	return added, nil
}

// recorded are facts that were decided already.
type recorded struct{ events []Event }

func (r recorded) Decide(*State) ([]Event, error) { return r.events, nil }

func (p *problems) customerType(t Type) Type {
	switch t {
	case "":
		return Individual
	case Individual, Business:
		return t
	}
	p.add("/type", "invalid_type", "a type is individual or business")
	return ""
}
