package app

import (
	"context"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/consent"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/journal"
)

// ConsentAudit says which acts an auditor asks about.
type ConsentAudit struct {
	Purpose  string    // "": all
	From, To time.Time // To is exclusive; zero is open
	Recorded bool      // the period is when acts were recorded, not when they were done
	After    int64     // position; goes on where an earlier export broke off
}

// ExportedAct is what is in clear of an act: it outlives the key that names
// the customer, and so is there for the erased, too.
type ExportedAct struct {
	event.Envelope
	Evidence  consent.Evidence // the public part
	ExpiresAt time.Time
}

// exportPage is how many records are read at once.
const exportPage = 5000

// ExportConsents hands over every act about consents up to the present head, in
// the order in which they were recorded, page by page: what is read is on
// record before it is handed over. through is the position of the head, so that
// whoever writes can tell how far it is. An error of page ends the export.
func (a *App) ExportConsents(ctx context.Context, c Call, q ConsentAudit, page func(acts []ExportedAct, through int64) error) error {
	mask, err := a.allowAny(&c, authz.ExportConsents)
	switch {
	case err != nil:
		return err
	case !mask.Has(authz.FieldConsents):
		return fault.ErrForbidden
	case q.Purpose != "" && a.Purposes.Find(q.Purpose) == nil && a.Model.Covered(q.Purpose) == 0: // one that was taken out of the rules has its records
		return fault.ErrInvalid.At(fault.Field{Pointer: "/purpose", Code: "unknown_purpose", Msg: "there is no such purpose"})
	case !q.To.IsZero() && !q.To.After(q.From):
		return fault.ErrInvalid.At(fault.Field{Pointer: "/to", Code: "invalid_period", Msg: "a period ends after it begins"})
	}
	head, err := a.Store.Head(ctx)
	if err != nil {
		return err
	}
	if err := page(nil, head); err != nil {
		return err
	}
	for at := q.After; at < head; {
		records, err := a.Store.Feed(ctx, at, exportPage)
		if err != nil {
			return err
		}
		if len(records) == 0 {
			return fault.ErrInternal.With(journal.ErrGap)
		}
		acts, err := a.exported(records, &q, head)
		if err == nil {
			err = a.auditActs(ctx, &c, mask, acts)
		}
		if err == nil {
			err = page(acts, head) // none, too: whoever waits hears that it goes on
		}
		if err != nil {
			return err
		}
		at = records[len(records)-1].Position
	}
	return nil
}

func (a *App) exported(records []eventstore.Record, q *ConsentAudit, head int64) (acts []ExportedAct, err error) {
	for i := range records {
		r := &records[i]
		when := r.OccurredAt
		if q.Recorded {
			when = r.RecordedAt
		}
		if r.Stream.Type != consent.Stream || r.Position > head || when.Before(q.From) || !q.To.IsZero() && !when.Before(q.To) {
			continue
		}
		e, err := journal.OpenPublicRecord(a.Streams.Consents, r)
		if err != nil {
			return nil, fault.ErrInternal.With(err)
		}
		act := ExportedAct{Envelope: r.Envelope, Evidence: consent.EvidenceOf(e)}
		if given, ok := e.(*consent.Given); ok {
			act.ExpiresAt = given.ExpiresAt
		}
		if q.Purpose == "" || act.Evidence.Purpose == q.Purpose {
			acts = append(acts, act)
		}
	}
	return acts, nil
}

// auditActs records who is about to be read about. The erased have no log.
func (a *App) auditActs(ctx context.Context, c *Call, mask authz.FieldMask, acts []ExportedAct) error {
	seen, ids := map[uuid.UUID]bool{}, []uuid.UUID{}
	for i := range acts {
		if id := acts[i].Stream.ID; !seen[id] {
			seen[id], ids = true, append(ids, id)
		}
	}
	about := roaring.New()
	if err := a.ordinals(ctx, ids, about); err != nil {
		return err
	}
	return a.auditMany(ctx, c, authz.ExportConsents, mask, about)
}

// ordinals adds those of customers to others. Who is not known here is looked
// up: some are younger than what is known, or it was let go of.
func (a *App) ordinals(ctx context.Context, ids []uuid.UUID, to *roaring.Bitmap) error {
	known, others := a.Model.Ordinals(ids)
	to.AddMany(known)
	if len(others) == 0 {
		return nil
	}
	streams := make([]event.Stream, len(others))
	for i, id := range others {
		streams[i] = event.Stream{Type: customer.Stream, ID: id}
	}
	found, err := a.Store.Load(ctx, streams...)
	for i := range found {
		to.Add(uint32(found[i].Row.Ordinal))
	}
	return err
}
