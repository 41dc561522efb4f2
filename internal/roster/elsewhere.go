package roster

import (
	"time"

	"github.com/acme/customers/internal/activity"
	"github.com/acme/customers/internal/consent"
	"github.com/acme/customers/internal/rule"
)

// Consented is a change of a customer's consents.
type Consented struct {
	Ordinal uint32
	State   *consent.State
}

// PutConsents shows what holds of some customers' consents now, or as of the last
// act where the clock of who recorded it is ahead: what was acknowledged counts.
// An end that comes later is recorded, and put then.
func (r *Roster) PutConsents(changes []Consented, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range changes {
		c := &changes[i]
		if r.gone.Contains(c.Ordinal) {
			continue
		}
		at := now
		if last := c.State.Latest(); last.After(at) {
			at = last
		}
		for _, purpose := range c.State.Purposes() {
			if r.elsewhere.consents[purpose] == nil {
				r.elsewhere.consents[purpose] = newWords()
			}
			is := r.elsewhere.consents[purpose].set(c.Ordinal, string(c.State.At(purpose, at).Status))
			r.changed(is, rule.Ref{ID: rule.Consents, Key: purpose}, c.Ordinal)
		}
	}
}

// Did is a change of what a customer did elsewhere.
type Did struct {
	Ordinal uint32
	State   *activity.State
}

// PutActivities shows what some customers did elsewhere.
func (r *Roster) PutActivities(changes []Did) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range changes {
		if o, s := changes[i].Ordinal, changes[i].State; !r.gone.Contains(o) {
			r.putActivity(o, s)
		}
	}
}

func (r *Roster) putActivity(o uint32, s *activity.State) {
	j := &r.elsewhere
	r.changed(j.orders.set(o, int32(s.Orders)), rule.Ref{ID: rule.OrderCount}, o)
	r.changed(j.tickets.set(o, int32(len(s.Tickets))), rule.Ref{ID: rule.OpenTickets}, o)
	r.changed(j.firstAt.set(o, micros(s.FirstPurchaseAt)), rule.Ref{ID: rule.FirstOrderAt}, o)
	r.changed(j.lastAt.set(o, micros(s.LastPurchaseAt)), rule.Ref{ID: rule.LastOrderAt}, o)
	for currency, spent := range s.Spent {
		if j.spent[currency] == nil {
			j.spent[currency] = newAmounts()
		}
		r.changed(j.spent[currency].set(o, int64(spent.Total), len(r.ids)), rule.Ref{ID: rule.OrderTotal, Key: currency}, o)
	}
	j.lastThere.set(o, micros(s.LastActivityAt))
	r.wasActive(o)
}

// forget takes an erased customer out.
func (j *joined) forget(o uint32) {
	for _, w := range j.consents {
		w.set(o, "")
	}
	j.orders.set(o, 0)
	j.tickets.set(o, 0)
	j.firstAt.set(o, 0)
	j.lastAt.set(o, 0)
	j.lastThere.set(o, 0)
	for _, n := range j.spent {
		n.set(o, 0, 0)
	}
}
