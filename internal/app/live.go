package app

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/eventstore"
)

// LiveTimeline hands over what is recorded about a customer, as it happens on
// any instance, from after a position on; 0 is now. It returns after a while,
// when each fails, or when too much came at once: then the caller asks again
// from where it was. Entries may be left out that the caller may not see;
// position tells how far it is all the same. *Missed says that what came since
// the position cannot be told.
func (a *App) LiveTimeline(ctx context.Context, c Call, id uuid.UUID, after int64, during time.Duration, each func(entries []TimelineEntry, position int64) error) error {
	v, err := a.get(ctx, &c, authz.StreamTimeline, id)
	if err != nil {
		return err
	}
	records, stop := a.Model.Listen(id)
	defer stop()
	head, err := a.Store.Head(ctx) // what is committed from here on, the listener hears of
	if err != nil {
		return err
	}
	if after == 0 {
		after = head
	}
	missed, whole, err := a.since(ctx, id, after, head)
	if err != nil {
		return err
	}
	if !whole {
		return &Missed{head}
	}
	if err := each(nil, after); err != nil { // the caller hears that it is heard
		return err
	}
	if after, err = a.handOver(ctx, &c, &v, missed, after, each); err != nil {
		return err
	}
	over := time.NewTimer(during)
	defer over.Stop()
	for {
		select {
		case <-over.C:
			return nil
		case <-ctx.Done():
			return nil
		case some, open := <-records:
			if !open {
				return nil
			}
			if after, err = a.handOver(ctx, &c, &v, some, after, each); err != nil {
				return err
			}
		}
	}
}

// Missed says that too much was recorded since a position to be told, or that
// it is of another log: whoever asks again from Head on has to read the
// timeline for what was before.
type Missed struct{ Head int64 }

func (*Missed) Error() string { return "app: too much was missed" }

// since reads what was recorded about a customer between two positions, in
// their order. whole is false when that may not be all.
func (a *App) since(ctx context.Context, id uuid.UUID, after, head int64) (missed []eventstore.Record, whole bool, err error) {
	if after >= head {
		return nil, after == head, nil
	}
	r := eventstore.Range{Descending: true, Limit: timelineRead}
	for looked := 0; ; looked += timelineRead {
		if looked >= timelineMost {
			return nil, false, nil
		}
		records, err := a.Store.About(ctx, id, r)
		if err != nil {
			return nil, false, err
		}
		for i := range records {
			if p := records[i].Position; p > after && p <= head {
				missed = append(missed, records[i])
			}
		}
		if len(records) < timelineRead {
			break
		}
		last := &records[len(records)-1]
		r.AfterTime, r.AfterPosition = last.OccurredAt, last.Position
	}
	slices.SortFunc(missed, func(x, y eventstore.Record) int { return cmp.Compare(x.Position, y.Position) })
	return missed, true, nil
}

// handOver puts on record what it is about to show, and gives the new position.
func (a *App) handOver(ctx context.Context, c *Call, v *View, records []eventstore.Record, after int64, each func([]TimelineEntry, int64) error) (int64, error) {
	var entries []TimelineEntry
	kinds := a.Streams.All()
	last := after
	for i := range records {
		r := &records[i]
		if r.Position <= after {
			continue
		}
		last = r.Position
		if !v.Mask.Has(kindGroups[r.Stream.Type]) {
			continue
		}
		e, shown, err := a.timelineEntry(ctx, c, v.Mask, kinds, r)
		if err != nil {
			return after, gone(c, err)
		}
		if shown {
			entries = append(entries, e)
		}
	}
	if last == after {
		return after, nil
	}
	if len(entries) > 0 {
		if err := a.audit(ctx, c, authz.StreamTimeline, v.Mask, v.ID, &v.Customer); err != nil {
			return after, err
		}
	}
	return last, each(entries, last)
}
