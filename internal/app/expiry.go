package app

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/consent"
	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/journal"
)

// SeeAgain is how soon to look again at an end that is another's to record.
const SeeAgain = time.Second

// EndConsents records the ends of a customer's consents that have come, where
// that is for this instance to do. It gives when to look at the customer again,
// zero when nothing is left to end. Whatever is called twice, or on two
// instances at once, records an end once.
func (a *App) EndConsents(ctx context.Context, id uuid.UUID, mine bool) (again time.Time, err error) {
	defer rescue(&err)
	l, err := a.Model.Consents(ctx, id)
	if err != nil {
		return time.Time{}, gonePast(err)
	}
	now := a.Clock()
	ended := l.State.Ended(now)
	if len(ended) > 0 && !mine {
		return now.Add(SeeAgain), nil
	}
	for _, st := range ended {
		at := st.Since.UTC()
		l, err = journal.Execute(ctx, a.Journal, a.Streams.Consents, journal.Command[consent.State, consent.Event]{
			ID: id, Joins: true, Decide: consent.RecordEnd{Purpose: st.Purpose, At: at}.Decide,
			Meta: event.Meta{Actor: event.ActorSystem, Source: "expiry", At: at},
		})
		if err != nil {
			return time.Time{}, gonePast(err)
		}
		a.Model.PutConsents(id, l)
		a.Acted(st.Purpose, consent.Expired)
	}
	return l.State.NextEnd(), nil
}
