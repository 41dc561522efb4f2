package index

import (
	"github.com/google/uuid"

	"github.com/acme/customers/internal/activity"
	"github.com/acme/customers/internal/consent"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/membership"
	"github.com/acme/customers/internal/note"
	"github.com/acme/customers/internal/noteindex"
	"github.com/acme/customers/internal/roster"
	"github.com/acme/customers/internal/savedsearch"
	"github.com/acme/customers/internal/segment"
)

// What follows takes what changed, for everything that is derived from it. What
// comes when that is let go of goes nowhere: nobody would follow it any more, nor
// an erasure take it out.

func (m *Model) putCustomers(changes []change[customer.State], position int64) {
	d := m.kept()
	if d == nil {
		return
	}
	d.facts.apply(changes, position)
	people := make([]roster.Person, 0, len(changes))
	for i := range changes {
		c := &changes[i]
		p := roster.Person{ID: c.id, Ordinal: uint32(c.now.Row.Ordinal), Version: c.now.Version, State: c.now.State, Gone: c.gone}
		if c.now.State == nil {
			known, _ := d.facts.Ordinals([]uuid.UUID{c.id})
			if len(known) == 0 { // nothing was ever put of it
				continue
			}
			p.Ordinal = known[0]
		}
		people = append(people, p)
	}
	d.roster.Put(people)
}

func (m *Model) putConsents(changes []change[consent.State], position int64) {
	d := m.kept()
	if d == nil {
		return
	}
	var some []roster.Consented
	for i := range changes {
		if c := &changes[i]; c.now.State != nil {
			some = append(some, roster.Consented{Ordinal: uint32(c.now.Row.Ordinal), State: c.now.State})
			if position == 0 { // of those who were there already: one end each, since whoever sees to it adds the next
				m.ends.Add(c.id, c.now.State.NextEnd())
			}
		}
	}
	d.roster.PutConsents(some, m.cfg.Clock())
}

func (m *Model) putNotes(changes []change[note.State], _ int64) {
	some := make([]noteindex.Subject, len(changes))
	for i := range changes {
		c := &changes[i]
		some[i] = noteindex.Subject{ID: c.id, Ordinal: uint32(c.now.Row.Ordinal), Version: c.now.Version, State: c.now.State, Gone: c.gone}
	}
	if d := m.kept(); d != nil {
		d.noted.Put(some)
	}
}

func (m *Model) putActivities(changes []change[activity.State], _ int64) {
	var some []roster.Did
	for i := range changes {
		if c := &changes[i]; c.now.State != nil {
			some = append(some, roster.Did{Ordinal: uint32(c.now.Row.Ordinal), State: c.now.State})
		}
	}
	if d := m.kept(); d != nil {
		d.roster.PutActivities(some)
	}
}

func (m *Model) putMemberships(changes []change[membership.State], _ int64) {
	var some []roster.Segmented
	for i := range changes {
		if c := &changes[i]; c.now.State != nil {
			some = append(some, roster.Segmented{Ordinal: uint32(c.now.Row.Ordinal), State: c.now.State})
		}
	}
	if d := m.kept(); d != nil {
		d.roster.PutMemberships(some)
	}
}

// putSegments comes after the memberships of the same records: a version that
// is applied shows all that was recorded before it.
func (m *Model) putSegments(changes []change[segment.State], _ int64) {
	var some []roster.Defined
	for i := range changes {
		if c := &changes[i]; c.now.State != nil {
			some = append(some, roster.Defined{ID: c.id, State: c.now.State})
			m.defined.put(c.id, c.now)
		}
	}
	if d := m.kept(); d != nil {
		d.roster.PutSegments(some)
	}
}

func (m *Model) putSearches(changes []change[savedsearch.State], _ int64) {
	for i := range changes {
		if c := &changes[i]; c.now.State != nil {
			m.saved.put(c.id, c.now)
		}
	}
}
