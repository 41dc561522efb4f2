package index

import (
	"time"

	"github.com/acme/customers/internal/consent"
	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/journal"
)

// hearEnds hears of new grants, each with its end. A record that does not decode
// is the business of those who need all of it.
func (m *Model) hearEnds(records []eventstore.Record) {
	if m.givenUp() {
		return
	}
	for i := range records {
		r := &records[i]
		if r.Stream.Type != consent.Stream {
			continue
		}
		happened, err := journal.OpenPublicRecord(m.cfg.Streams.Consents, r)
		if err != nil {
			continue
		}
		if given, ok := happened.(*consent.Given); ok {
			m.ends.Add(r.Stream.ID, settled(given.ExpiresAt, r))
		}
	}
}

// settled puts off an end that was over when its grant was imported: the same
// import may be about to tell that the grant was withdrawn before that.
func settled(end time.Time, r *eventstore.Record) time.Time {
	if r.Source != consent.Imported || end.IsZero() || end.After(r.RecordedAt) {
		return end
	}
	return r.RecordedAt.Add(time.Minute)
}
