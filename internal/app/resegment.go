package app

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/journal"
	"github.com/acme/customers/internal/membership"
	"github.com/acme/customers/internal/segment"
)

// bySegmenter is who acts when a rule does.
func bySegmenter(at time.Time) event.Meta {
	return event.Meta{Actor: event.ActorSystem, Source: "segments", At: at.UTC().Truncate(time.Microsecond)}
}

// Resegmented is what rules say of one customer.
type Resegmented struct {
	ID      uuid.UUID
	Changes membership.Changes
}

// Resegment records what rules say of customers, each at once. Who was erased
// meanwhile is passed over; any other failure is of some of them, and worth
// another look at all.
func (a *App) Resegment(ctx context.Context, customers []Resegmented) (err error) {
	defer rescue(&err)
	failed := make([]error, len(customers))
	now := a.Clock()
	eachInOrder(len(customers), func(i int) uuid.UUID { return customers[i].ID }, func(i int) {
		failed[i] = gonePast(a.resegment(ctx, &customers[i], now))
	})
	return errors.Join(failed...)
}

func (a *App) resegment(ctx context.Context, c *Resegmented, now time.Time) (err error) {
	defer rescue(&err)
	decide, told := a.regrouping(c.Changes)
	command := journal.Command[membership.State, membership.Event]{ID: c.ID, Joins: true, Meta: bySegmenter(now), Decide: decide}
	if known, err := a.Model.Memberships(ctx, c.ID); err == nil {
		command.Known = &known
	}
	l, err := journal.Execute(ctx, a.Journal, a.Streams.Memberships, command)
	if err == nil {
		a.Model.PutMemberships(c.ID, l)
		told()
	}
	return err
}

// regrouping decides, and tells of what was decided once that is recorded.
func (a *App) regrouping(c membership.Changes) (decide func(*membership.State) ([]membership.Event, error), told func()) {
	var decided []membership.Event
	decide = func(s *membership.State) (events []membership.Event, err error) {
		decided, err = c.Decide(s)
		return decided, err
	}
	return decide, func() {
		for _, e := range decided {
			switch e := e.(type) {
			case membership.Assigned:
				a.Regrouped(e.Segment, true)
			case membership.Removed:
				a.Regrouped(e.Segment, false)
			}
		}
	}
}

// PlanSegment, ApplySegment and MeasureSegment record how the calculation of a
// segment goes on. What is no longer so is not recorded.
func (a *App) PlanSegment(ctx context.Context, id uuid.UUID, p segment.Plan) error {
	return a.calculated(ctx, id, p.Decide)
}

// ApplySegment shows a version of a rule to readers.
func (a *App) ApplySegment(ctx context.Context, id uuid.UUID, v segment.Apply) error {
	return a.calculated(ctx, id, v.Decide)
}

// MeasureSegment notes how many members there are.
func (a *App) MeasureSegment(ctx context.Context, id uuid.UUID, m segment.Measure) error {
	return a.calculated(ctx, id, m.Decide)
}

func (a *App) calculated(ctx context.Context, id uuid.UUID, decide func(*segment.State) ([]segment.Event, error)) (err error) {
	defer rescue(&err)
	l, err := journal.Execute(ctx, a.Journal, a.Streams.Segments, journal.Command[segment.State, segment.Event]{ID: id, Meta: bySegmenter(a.Clock()), Decide: decide})
	if err == nil {
		a.Model.PutSegment(id, l)
	}
	if errors.Is(err, fault.ErrNotFound) { // deleted meanwhile
		return nil
	}
	return err
}
