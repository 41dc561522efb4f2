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

// apply hears of the ends that new grants set. A record that does not decode is
// the business of those who need all of it.
func (e *Ends) apply(cfg *Config, records []eventstore.Record) {
	for i := range records {
		r := &records[i]
		if r.Stream.Type != consent.Stream {
			continue
		}
		if happened, err := journal.OpenPublicRecord(cfg.Streams.Consents, r); err == nil {
			if given, ok := happened.(*consent.Given); ok {
				e.Add(r.Stream.ID, settled(given.ExpiresAt, r))
			}
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
func (e *Ends) run(ctx context.Context, cfg *Config) {
	if cfg.insist(ctx, "the ends of consents", func() error { return e.load(ctx, cfg) }) {
		close(e.loaded)
	}
}

// load reads the ends that were set before, from the snapshots: one instant of
// each customer, since whoever sees to it adds the next. What is tried again adds
// some twice, which does no harm.
func (e *Ends) load(ctx context.Context, cfg *Config) error {
	for after := uuid.Nil; ; {
		found, err := cfg.Store.Scan(ctx, consent.Stream, after, page)
		if err != nil {
			return err
		}
		for i := range found {
			if err := e.open(ctx, cfg, &found[i]); err != nil {
				return err
			}
		}
		if len(found) < page {
			return nil
		}
		after = found[len(found)-1].Stream.ID
	}
}

// open needs no keys where it can: what ends is in clear.
func (e *Ends) open(ctx context.Context, cfg *Config, snap *eventstore.Loaded) error {
	if snap.Row.Fenced {
		return nil
	}
	state, current, err := journal.OpenPublic(cfg.Streams.Consents, &snap.Snapshot)
	if err == nil && !current {
		var l LoadedConsents
		l, err = journal.Load(ctx, cfg.Journal, cfg.Streams.Consents, snap.Stream.ID)
		state = l.State
	}
	switch {
	case err == nil:
		e.Add(snap.Stream.ID, state.NextEnd())
	case ctx.Err() == nil && broken(err): // one customer must not stand in everybody's way
		cfg.Logger.Error("the consents of a customer do not open", "customer", snap.Stream.ID.String(), "error", err)
	case !errors.Is(err, fault.ErrErased) && !errors.Is(err, fault.ErrNotFound):
		return err
	}
	return nil
}
