package roster

import (
	"github.com/acme/customers/internal/activity"
	"github.com/acme/customers/internal/rule"
)

// row is one customer to a rule. The roster is locked while it is read.
type row struct {
	r *Roster
	o uint32
}

func (c row) Text(id rule.ID) string { return c.r.words[textColumns[id]].get(c.o) }

func (c row) Texts(id rule.ID) []string {
	if id == rule.Tags {
		return c.r.tags.get(c.o)
	}
	return c.r.segments.seenBy(c.o)
}

func (c row) Number(id rule.ID) int64 {
	switch id {
	case rule.AddressCount:
		return int64(c.r.addresses.get(c.o))
	case rule.Completeness:
		return int64(c.r.complete.get(c.o))
	case rule.OrderCount:
		return int64(c.r.elsewhere.orders.get(c.o))
	}
	return int64(c.r.elsewhere.tickets.get(c.o))
}

func (c row) Truth(id rule.ID) bool { return c.r.flags[truthColumns[id]].Contains(c.o) }

func (c row) Time(id rule.ID) int64 { return columns{c.r}.instants(id).get(c.o) }

func (c row) DateOfBirth() (days int64, known bool) {
	born := c.r.born.get(c.o)
	return int64(born) - epoch, born != 0
}

func (c row) Consent(purpose string) string {
	if w := c.r.elsewhere.consents[purpose]; w != nil {
		return w.get(c.o)
	}
	return ""
}

func (c row) Attribute(key string) any { return c.r.attrs.get(c.o, key) }

func (c row) Total(currency string) float64 {
	if n := c.r.elsewhere.spent[currency]; n != nil {
		return activity.Amount(n.get(c.o)).Float()
	}
	return 0
}
