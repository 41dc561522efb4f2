package reactor

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/index"
	"github.com/acme/customers/internal/membership"
	"github.com/acme/customers/internal/roster"
	"github.com/acme/customers/internal/rule"
	"github.com/acme/customers/internal/segment"
)

const (
	// segmenterNap is how long the segmenter sleeps at most: an instance that
	// stands by looks whether the other one is gone, a leading one stays so.
	segmenterNap = time.Second
	// slice is how many customers of one calculation are seen to before what
	// happened meanwhile is.
	slice = 2000
	// measureEvery is how often sizes are noted.
	measureEvery = time.Hour
)

// Membership is where the segmenter records. app.App is one.
type Membership interface {
	Resegment(ctx context.Context, customers []app.Resegmented) error
	PlanSegment(ctx context.Context, id uuid.UUID, p segment.Plan) error
	ApplySegment(ctx context.Context, id uuid.UUID, v segment.Apply) error
	MeasureSegment(ctx context.Context, id uuid.UUID, m segment.Measure) error
}

// Segmenter keeps segments up to their rules, on one instance of many: when a
// customer changes, when a rule does, and when time alone changes the answer.
//
// What it knows is derived: it begins by holding every rule against every
// customer, so that nothing is lost with the instance that did this before, and
// what is recorded twice is recorded once (membership.Changes). Two that work at
// a time undo nothing of each other's for good: who was put somewhere by the
// other is judged again.
type Segmenter struct {
	Segments *index.Segments
	Roster   func() *roster.Roster // all customers, as long as this is the one
	Compile  func(source string) (*rule.Rule, error)
	Record   Membership
	Ready    <-chan struct{}                         // closed when all customers are known
	CaughtUp func(ctx context.Context) error         // until what is committed is known, too, of all customers; asked after Roster
	Mine     func(ctx context.Context) (bool, error) // asked each round
	Clock    func() time.Time
	Log      *slog.Logger

	leading bool
	people  *roster.Roster // while leading
	told    <-chan struct{}
	rules   map[uuid.UUID]*live
	clocks  map[rule.Clock]*ticking
	now     time.Time // never goes back, whatever the clock does
}

// Run works until ctx ends.
func (s *Segmenter) Run(ctx context.Context) error {
	select {
	case <-s.Ready:
	case <-ctx.Done():
		return nil
	}
	defer s.leave()
	for ctx.Err() == nil {
		more, err := s.Round(ctx)
		if err != nil && ctx.Err() == nil {
			s.Log.Error("segments are not up to their rules", "code", fault.CodeOf(err), "error", err)
			more = false
		}
		s.rest(ctx, more, err != nil)
	}
	return nil
}

// rest waits for something to do.
func (s *Segmenter) rest(ctx context.Context, more, failed bool) {
	if more {
		return
	}
	nap, told, changed := segmenterNap, s.told, s.Segments.Changed()
	if failed { // everything is judged again: not at once
		told, changed = nil, nil
	} else if next := s.next(); !next.IsZero() {
		nap = min(nap, next.Sub(s.Clock()))
	}
	wake := time.NewTimer(max(nap, 0))
	defer wake.Stop()
	select {
	case <-wake.C:
	case <-told:
	case <-changed:
	case <-ctx.Done():
	}
}

// Round sees to everything that is due, and to a part of each calculation under
// way; more tells that one is left. After an error all is judged anew.
func (s *Segmenter) Round(ctx context.Context) (more bool, err error) {
	mine, err := s.Mine(ctx)
	if err != nil || !mine {
		s.leave()
		return false, err
	}
	defer func() {
		if err != nil {
			s.leave()
		}
	}()
	if !s.leading {
		s.lead()
	}
	if now := s.Clock(); now.After(s.now) {
		s.now = now
	}
	if err := s.CaughtUp(ctx); errors.Is(err, fault.ErrBehind) { // later, and nothing is lost
		return true, nil
	} else if err != nil {
		return false, err
	}
	s.learn()
	due := s.due(s.people.Take())
	if err := s.settle(ctx, due); err != nil {
		return false, err
	}
	return s.calculate(ctx)
}

func (s *Segmenter) lead() {
	s.people = s.Roster()
	s.told = s.people.Watch()
	s.rules, s.clocks, s.leading = map[uuid.UUID]*live{}, map[rule.Clock]*ticking{}, true
}

func (s *Segmenter) leave() {
	if s.leading {
		s.people.Unwatch()
		s.leading, s.people, s.told, s.rules, s.clocks = false, nil, nil, nil, nil
	}
}

// settle records verdicts, all of one customer at once, and waits until they are
// known: or they would be reached again.
func (s *Segmenter) settle(ctx context.Context, due []verdicts) error {
	at := map[uuid.UUID]int{}
	var customers []app.Resegmented
	for _, v := range due {
		for i := range v.of {
			id := v.of[i].ID
			n, ok := at[id]
			if !ok {
				n = len(customers)
				at[id], customers = n, append(customers, app.Resegmented{ID: id})
			}
			customers[n].Changes = append(customers[n].Changes, membership.Change{
				Segment: v.id, Key: v.live.key, Version: v.live.version, Member: v.of[i].In, By: membership.ByRule})
		}
	}
	if len(customers) == 0 {
		return nil
	}
	for some := range slices.Chunk(customers, slice) {
		if mine, err := s.Mine(ctx); err != nil || !mine { // it may take longer than a lease
			return errors.Join(err, errNotMine)
		}
		if err := s.Record.Resegment(ctx, some); err != nil {
			return err
		}
	}
	return s.known(ctx)
}

var errNotMine = errors.New("reactor: another instance keeps the segments now")

// known waits until this instance knows what it recorded, however long that takes.
func (s *Segmenter) known(ctx context.Context) error {
	for {
		if err := s.CaughtUp(ctx); !errors.Is(err, fault.ErrBehind) || ctx.Err() != nil {
			return err
		}
		if mine, err := s.Mine(ctx); err != nil || !mine {
			return errors.Join(err, errNotMine)
		}
	}
}
