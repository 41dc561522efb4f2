package app

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/journal"
)

// TimelineFilter says what of a timeline is asked for. Zero fields ask for all.
type TimelineFilter struct {
	Kinds    []string // kinds of streams: "customer", "consent", "message", "note"
	Types    []string // names of events
	Sources  []string
	Notable  bool // only what is significant
	From, To time.Time
	UpTo     int64 // what was recorded up to this position; 0: all
}

func (f *TimelineFilter) fits(r *eventstore.Record) bool {
	in := func(of []string, s string) bool { return len(of) == 0 || slices.Contains(of, s) }
	return in(f.Kinds, r.Stream.Type) && in(f.Types, r.Type) && in(f.Sources, r.Source) && (f.UpTo == 0 || r.Position <= f.UpTo)
}

// TimelineMark is a place in a timeline: of an entry.
type TimelineMark struct {
	At       time.Time
	Position int64
}

// TimelinePage says which entries are asked for: those before a mark or, going
// back to what is newer, after it. The zero mark is the newest end.
type TimelinePage struct {
	Mark  TimelineMark
	Newer bool
	Limit int
}

// Timeline is a page of entries, the newest first.
type Timeline struct {
	Entries []TimelineEntry
	// Older and Newer are where to go on: Older is zero at the end, Newer is
	// never, for something may come yet. A page may have fewer entries than were
	// asked for and still not be the last.
	Older, Newer TimelineMark
}

const (
	timelineRead = 200   // records of one read
	timelineMost = 5_000 // records that one page looks at
)

// Timeline gives what happened to a customer, and around it, as far as the
// caller may see. It costs what the page costs, however long the whole is.
func (a *App) Timeline(ctx context.Context, c Call, id uuid.UUID, f TimelineFilter, p TimelinePage) (Timeline, error) {
	v, err := a.get(ctx, &c, authz.GetTimeline, id)
	if err != nil {
		return Timeline{}, err
	}
	return a.timeline(ctx, &c, id, v.Mask, f, p)
}

func (a *App) timeline(ctx context.Context, c *Call, id uuid.UUID, mask authz.FieldMask, f TimelineFilter, p TimelinePage) (Timeline, error) {
	if p.Limit <= 0 || p.Limit > MaxHistory {
		p.Limit = MaxHistory
	}
	r := eventstore.Range{From: f.From, To: f.To, Descending: !p.Newer, AfterTime: p.Mark.At, AfterPosition: p.Mark.Position, Limit: min(timelineRead, p.Limit+1)}
	if p.Newer && p.Mark.Position == 0 {
		return Timeline{}, nil // nothing is newer than the newest
	}
	var out Timeline
	kinds := a.Streams.All()
	looked, more := 0, true
	for more && looked < timelineMost && len(out.Entries) < p.Limit {
		records, err := a.Store.About(ctx, id, r)
		if err != nil {
			return Timeline{}, err
		}
		more = len(records) == r.Limit
		for i := range records {
			looked++
			r.AfterTime, r.AfterPosition = records[i].OccurredAt, records[i].Position
			if f.Notable && a.Significant.never(&records[i]) || !f.fits(&records[i]) || !mask.Has(kindGroups[records[i].Stream.Type]) {
				continue
			}
			e, shown, err := a.timelineEntry(ctx, c, mask, kinds, &records[i])
			if err != nil {
				return Timeline{}, gone(c, err)
			}
			if !shown || f.Notable && !e.Notable {
				continue
			}
			if out.Entries = append(out.Entries, e); len(out.Entries) == p.Limit {
				more = more || i < len(records)-1
				break
			}
		}
	}
	end := TimelineMark{r.AfterTime, r.AfterPosition}
	if p.Newer {
		slices.Reverse(out.Entries)
		out.Older, out.Newer = p.Mark.atOr(out.Entries), end // what is yet to come is newer than the last one looked at
		return out, nil
	}
	if more {
		out.Older = end
	}
	if len(out.Entries) > 0 {
		out.Newer = out.Entries[0].Mark
	} else {
		out.Newer = p.Mark
	}
	return out, nil
}

// atOr is the mark of the oldest entry, or the one that was asked for.
func (m TimelineMark) atOr(entries []TimelineEntry) TimelineMark {
	if len(entries) == 0 {
		return m
	}
	return entries[len(entries)-1].Mark
}

// TimelineEntry is one thing that happened.
type TimelineEntry struct {
	Mark       TimelineMark
	Kind       string
	Type       string
	Summary    string // a sentence for people
	Notable    bool
	RecordedAt time.Time
	Source     string
	ActorKind  string
	ActorID    string // "" when withheld
	Reason     string // "" when withheld
	Details    []TimelineDetail
}

// TimelineDetail is one field of an event.
type TimelineDetail struct {
	Field string
	Value any
}

func (a *App) timelineEntry(ctx context.Context, c *Call, mask authz.FieldMask, kinds []journal.Kind, r *eventstore.Record) (TimelineEntry, bool, error) {
	e, def, err := journal.OpenAny(ctx, a.Journal, kinds, r)
	if err != nil {
		return TimelineEntry{}, false, err
	}
	shown, deleted, err := a.noteShown(ctx, c, r.Subject, e.Event)
	if !shown || err != nil || !a.membershipShown(mask, e.Event) {
		return TimelineEntry{}, false, err
	}
	out := TimelineEntry{Mark: TimelineMark{r.OccurredAt, r.Position}, Kind: r.Stream.Type, Type: r.Type, Notable: a.Significant.of(r, def, e.Event), RecordedAt: r.RecordedAt,
		Source: r.Source, ActorKind: string(r.Actor)}
	if mask.Has(authz.FieldHistoryActor) {
		out.ActorID, out.Reason = e.Meta.ActorID, e.Meta.Reason
	}
	out.Summary, out.Details = told(def, e.Event, mask, r.Stream.Type)
	if deleted { // its text is for its history alone
		out.Details = slices.DeleteFunc(out.Details, func(d TimelineDetail) bool { return d.Field == "content" })
	}
	return out, true, nil
}
