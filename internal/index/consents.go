package index

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/consent"
	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/fault"
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
	if c.cfg.insist(ctx, "the consents", func() error { return c.load(ctx) }) {
		close(c.ends.loaded)
	}
}

// load reads what was recorded before, from the snapshots: of the ends one
// instant of each customer, since whoever sees to it adds the next. What is
// tried again adds some twice, which does no harm.
func (c *consents) load(ctx context.Context) error {
	for after := uuid.Nil; ; {
		found, err := c.cfg.Store.Scan(ctx, consent.Stream, after, page)
		if err != nil {
			return err
		}
		for i := range found {
			if err := c.open(ctx, &found[i]); err != nil {
				return err
			}
		}
		if len(found) < page {
			return nil
		}
		after = found[len(found)-1].Stream.ID
	}
}

// open needs no keys where it can: what is asked for is in clear.
func (c *consents) open(ctx context.Context, snap *eventstore.Loaded) error {
	if snap.Row.Fenced {
		return nil
	}
	state, current, err := journal.OpenPublic(c.cfg.Streams.Consents, &snap.Snapshot)
	if err == nil && !current {
		var l LoadedConsents
		l, err = journal.Load(ctx, c.cfg.Journal, c.cfg.Streams.Consents, snap.Stream.ID)
		state = l.State
	}
	switch {
	case err == nil:
		c.ends.Add(snap.Stream.ID, state.NextEnd())
		for _, purpose := range state.Purposes() {
			c.coverage.add(purpose, uint32(snap.Row.Ordinal))
		}
	case ctx.Err() == nil && broken(err): // one customer must not stand in everybody's way
		c.cfg.Logger.Error("the consents of a customer do not open", "customer", snap.Stream.ID.String(), "error", err)
	case !errors.Is(err, fault.ErrErased) && !errors.Is(err, fault.ErrNotFound):
		return err
	}
	return nil
}
