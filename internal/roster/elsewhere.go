package roster

import (
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/acme/customers/internal/activity"
	"github.com/acme/customers/internal/consent"
)

// Consented is a change of a customer's consents.
type Consented struct {
	Ordinal uint32
	State   *consent.State
}

// PutConsents shows what holds of some customers' consents now. An end that
// comes later is recorded, and put then.
func (r *Roster) PutConsents(changes []Consented, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range changes {
		c := &changes[i]
		if r.gone.Contains(c.Ordinal) {
			continue
		}
		for _, purpose := range c.State.Purposes() {
			if r.elsewhere.consents[purpose] == nil {
				r.elsewhere.consents[purpose] = newWords()
			}
			r.elsewhere.consents[purpose].set(c.Ordinal, string(c.State.At(purpose, now).Status))
		}
		r.changed(func(c *Changes) *roaring.Bitmap { return c.Consents }, c.Ordinal)
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
			r.elsewhere.put(o, s, len(r.ids))
			r.lastActive.set(o, max(r.lastHere.get(o), r.elsewhere.lastThere.get(o)))
			r.changed(func(c *Changes) *roaring.Bitmap { return c.Activities }, o)
		}
	}
}

func (j *joined) put(o uint32, s *activity.State, total int) {
	j.orders.set(o, int32(s.Orders))
	j.tickets.set(o, int32(len(s.Tickets)))
	j.firstAt.set(o, micros(s.FirstPurchaseAt))
	j.lastAt.set(o, micros(s.LastPurchaseAt))
	j.lastThere.set(o, micros(s.LastActivityAt))
	for currency, spent := range s.Spent {
		if j.spent[currency] == nil {
			j.spent[currency] = newAmounts()
		}
		j.spent[currency].set(o, int64(spent.Total), total)
	}
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
