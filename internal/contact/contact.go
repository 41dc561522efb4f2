// Package contact answers one question: may this customer be contacted, now,
// through this channel, for this, and why. It is pure: state in, decision out.
package contact

import (
	"strconv"
	"time"

	"github.com/acme/customers/internal/consent"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/message"
)

// Outcome is what may be done.
type Outcome string

// The outcomes, from best to worst.
const (
	Allow Outcome = "allow"
	Defer Outcome = "defer" // not now, but at Until
	Deny  Outcome = "deny"
)

// Question asks about one message.
type Question struct {
	Channel string    // one of customer.Channels
	Purpose string    // what for; or
	Topic   string    // what about, which has a purpose
	At      time.Time // when it would be sent
}

// Reason is one rule that spoke, and what it rests on.
type Reason struct {
	Rule     string
	Outcome  Outcome
	Code     string    // why: "consent_revoked"
	Evidence string    // id of what it rests on: a version of the consents or of the customer
	Until    time.Time // of a deferral
}

// Decision is the answer with every rule that spoke, in their order.
type Decision struct {
	Outcome Outcome
	Until   time.Time // when to ask again, of a deferral
	Reasons []Reason
}

// Customer is what is known of one.
type Customer struct {
	State    *customer.State
	Version  int64
	Consents *consent.State
	Messages *message.State
	Told     int64 // version of the messages
}

// asked is a question on its way through the rules.
type asked struct {
	Question
	who   *Customer
	rules *Rules
	topic *customer.Topic // nil: asked by purpose
	zone  *time.Location
	out   Decision
}

// Decide asks every rule, so that the answer names all that stands in the way.
// A message that a customer must get is stopped by an end of the relationship
// and by an address that is missing or takes nothing alone.
func (r *Rules) Decide(q Question, who *Customer) Decision {
	a := asked{Question: q, who: who, rules: r, topic: r.Preferences.Topic(q.Topic)}
	a.zone = a.location()
	a.out.Reasons = make([]Reason, 0, rulesThatSpeak)
	a.status()
	a.reachable()
	a.suppression()
	if a.topic == nil || !a.topic.Mandatory {
		a.consent()
		a.preference("channel", "communication."+q.Channel, "channel_closed")
		if a.topic != nil {
			a.preference("topic", "topics."+q.Topic+"."+q.Channel, "topic_closed")
		}
		a.frequency()
		a.atMost()
		a.quiet()
	} else {
		a.say("topic", Allow, "mandatory", "", time.Time{})
	}
	return a.out
}

// rulesThatSpeak is how many there are at most.
const rulesThatSpeak = 9

// worse orders outcomes.
var worse = map[Outcome]int{Allow: 0, Defer: 1, Deny: 2}

func (a *asked) say(rule string, o Outcome, code, evidence string, until time.Time) {
	a.out.Reasons = append(a.out.Reasons, Reason{rule, o, code, evidence, until})
	if a.out.Outcome == "" || worse[o] > worse[a.out.Outcome] {
		a.out.Outcome = o
	}
	if o == Defer && until.After(a.out.Until) {
		a.out.Until = until
	}
	if a.out.Outcome == Deny {
		a.out.Until = time.Time{}
	}
}

func (a *asked) prefers(path string) customer.Preference {
	return a.who.State.Prefers(a.rules.Preferences, path)
}

func (a *asked) customerVersion() string { return "customer/" + strconv.FormatInt(a.who.Version, 10) }

func (a *asked) status() {
	switch s := a.who.State.Status; {
	case s == customer.IsClosed:
		a.say("status", Deny, "archived", a.customerVersion(), time.Time{})
	case s == customer.Inactive && (a.topic == nil || !a.topic.Mandatory):
		a.say("status", Deny, "inactive", a.customerVersion(), time.Time{})
	default:
		a.say("status", Allow, string(s), a.customerVersion(), time.Time{})
	}
}

// reachable: push needs a device, which we do not know.
func (a *asked) reachable() {
	if a.Channel != customer.PushChannel && a.who.State.Reaches(a.Channel) == "" {
		a.say("address", Deny, "no_address", a.customerVersion(), time.Time{})
	}
}

// purpose is what the message is for.
func (a *asked) purpose() *consent.Purpose {
	name := a.Purpose
	if name == "" && a.topic != nil {
		name = a.topic.Purpose
	}
	return a.rules.Purposes.Find(name)
}

func (a *asked) consent() {
	p := a.purpose()
	switch {
	case p == nil:
		a.say("consent", Deny, "no_purpose", "", time.Time{})
		return
	case p.Basis != consent.ByConsent:
		a.say("consent", Allow, string(p.Basis), "", time.Time{})
		return
	}
	st := a.who.Consents.At(p.Name, a.At)
	evidence := ""
	if st.Act.Version > 0 {
		evidence = "consent/" + strconv.FormatInt(st.Act.Version, 10)
	}
	switch {
	case st.Status != consent.Granted:
		a.say("consent", Deny, "consent_"+snake[st.Status], evidence, time.Time{})
	case !p.Sufficient(st.Act.Notice, a.who.State.Country()):
		a.say("consent", Deny, "consent_of_an_older_notice", evidence, time.Time{})
	default:
		a.say("consent", Allow, "consent_granted", evidence, time.Time{})
	}
}

var snake = map[consent.Status]string{consent.NotRequested: "not_requested", consent.Pending: "pending", consent.Denied: "denied",
	consent.Revoked: "revoked", consent.Expired: "expired"}

func (a *asked) preference(rule, path, code string) {
	p := a.prefers(path)
	if p.Value == false {
		a.say(rule, Deny, code, a.chosen(p), time.Time{})
		return
	}
	a.say(rule, Allow, "open", a.chosen(p), time.Time{})
}

// chosen is the evidence of a choice; a default has none.
func (a *asked) chosen(p customer.Preference) string {
	if p.Chosen {
		return a.customerVersion()
	}
	return ""
}
