package index

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/consent"
	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/journal"
)

// consents derives from the log what is known of all customers' consents: when
// the next of them ends, and of whom a status is on record.
type consents struct {
	cfg      *Config
	ends     *Ends
	coverage *Coverage
	facts    *Facts
}

// apply hears of new acts. A record that does not decode is the business of
// those who need all of it.
func (c *consents) apply(records []eventstore.Record) {
	for i := range records {
		r := &records[i]
		if r.Stream.Type != consent.Stream {
			continue
		}
		happened, err := journal.OpenPublicRecord(c.cfg.Streams.Consents, r)
		if err != nil {
			continue
		}
		c.coverage.heard(r.Stream.ID, consent.EvidenceOf(happened).Purpose, c.facts)
		if given, ok := happened.(*consent.Given); ok {
			c.ends.Add(r.Stream.ID, settled(given.ExpiresAt, r))
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

// run loads, trying again until it is done. The tail must have started.
func (c *consents) run(ctx context.Context) {
	c.cfg.insist(ctx, "the consents", func() error { return c.load(ctx) })
}

// load reads what was recorded before, from the snapshots: of the ends one
// instant of each customer, since whoever sees to it adds the next. What is
// tried again adds some twice, which does no harm.
func (c *consents) load(ctx context.Context) error {
	return scanPublic(ctx, c.cfg, c.cfg.Streams.Consents, func(id uuid.UUID, ordinal uint32, state *consent.State) {
		c.ends.Add(id, state.NextEnd())
		for _, purpose := range state.Purposes() {
			c.coverage.add(purpose, ordinal)
		}
	})
}
