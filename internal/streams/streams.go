// Package streams lists every kind of stream that the log holds. A new one is
// a field, and a line in each of the two functions.
package streams

import (
	"errors"

	"github.com/acme/customers/internal/activity"
	"github.com/acme/customers/internal/consent"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/journal"
	"github.com/acme/customers/internal/membership"
	"github.com/acme/customers/internal/message"
	"github.com/acme/customers/internal/note"
	"github.com/acme/customers/internal/savedsearch"
	"github.com/acme/customers/internal/segment"
)

// Kinds are the aggregates of the log.
type Kinds struct {
	Customers   *event.Aggregate[customer.State]
	Consents    *event.Aggregate[consent.State]
	Messages    *event.Aggregate[message.State]
	Notes       *event.Aggregate[note.State]
	Activities  *event.Aggregate[activity.State]
	Memberships *event.Aggregate[membership.State]
	Segments    *event.Aggregate[segment.State]     // of nobody
	Searches    *event.Aggregate[savedsearch.State] // of nobody
}

// New builds all of them. It fails on a programming error that must stop the
// start: a field without a class, an event defined twice.
func New() (k Kinds, err error) {
	k.Customers = built(customer.New, &err)
	k.Consents = built(consent.New, &err)
	k.Messages = built(message.New, &err)
	k.Notes = built(note.New, &err)
	k.Activities = built(activity.New, &err)
	k.Memberships = built(membership.New, &err)
	k.Segments = built(segment.New, &err)
	k.Searches = built(savedsearch.New, &err)
	return k, err
}

func built[S any](build func() (*event.Aggregate[S], error), err *error) *event.Aggregate[S] {
	agg, bad := build()
	*err = errors.Join(*err, bad)
	return agg
}

// All lists them, the customers first.
func (k Kinds) All() []journal.Kind {
	return []journal.Kind{journal.KindOf(k.Customers), journal.KindOf(k.Consents), journal.KindOf(k.Messages), journal.KindOf(k.Notes), journal.KindOf(k.Activities),
		journal.KindOf(k.Memberships), journal.KindOf(k.Segments), journal.KindOf(k.Searches)}
}

// Definitions lists every event of all of them: what is published.
func (k Kinds) Definitions() (all []event.Definition) {
	for _, kind := range k.All() {
		all = append(all, kind.Definitions...)
	}
	return all
}
