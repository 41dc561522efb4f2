package reactor

import (
	"context"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/segment"
)

// calculate asks rules that are new of everybody and records a slice of what
// differs, a rule after the other; more tells that something is left. When
// nothing differs any more, readers see the version.
func (s *Segmenter) calculate(ctx context.Context) (more bool, err error) {
	for _, id := range s.sorted() {
		l := s.rules[id]
		if l.whole {
			if err := s.whole(ctx, id, l); err != nil {
				return false, err
			}
			more = more || l.whole
		}
		if err := s.measure(ctx, id, l); err != nil {
			return false, err
		}
	}
	return more, nil
}

func (s *Segmenter) whole(ctx context.Context, id uuid.UUID, l *live) error {
	enter, leave := s.people.Difference(id, l.rule, s.now)
	entering, leaving := int64(enter.GetCardinality()), int64(leave.GetCardinality())
	if l.state.Calculating() && l.state.Planned == 0 && entering+leaving > slice {
		if err := s.Record.PlanSegment(ctx, id, segment.Plan{Version: l.version, Entering: entering, Leaving: leaving}); err != nil {
			return err
		}
	}
	some := append(s.people.Verdicts(enter, true, slice), s.people.Verdicts(leave, false, slice-min(slice, int(entering)))...)
	if err := s.settle(ctx, []verdicts{{id, l, some}}); err != nil {
		return err
	}
	if entering+leaving > slice {
		return nil
	}
	l.whole = false
	if l.rule == nil || !l.state.Calculating() {
		return nil
	}
	apply := segment.Apply{Version: l.version, Members: s.members(id, l)}
	apply.Entered, apply.Left = s.since(l, apply.Members)
	if err := s.Record.ApplySegment(ctx, id, apply); err != nil {
		return err
	}
	l.entered, l.left, l.measuredAt = 0, 0, s.now
	return nil
}

// measure notes the size of a segment that changed, once in a while.
func (s *Segmenter) measure(ctx context.Context, id uuid.UUID, l *live) error {
	if l.measuredAt.IsZero() { // the one before this instance may have just done it
		l.measuredAt = s.now
		if sizes := l.state.Sizes; len(sizes) > 0 {
			l.measuredAt = sizes[len(sizes)-1].At
		}
	}
	if l.whole || s.now.Sub(l.measuredAt) < measureEvery {
		return nil
	}
	m := segment.Measure{Members: s.members(id, l)}
	m.Entered, m.Left = s.since(l, m.Members)
	l.entered, l.left, l.measuredAt = 0, 0, s.now
	return s.Record.MeasureSegment(ctx, id, m)
}

// members is how many members there are, when everybody is counted who came and
// went up to then: or they would count once more for the next size.
func (s *Segmenter) members(id uuid.UUID, l *live) int64 {
	members, changed := s.people.TakeMembers(id)
	l.count(members, changed)
	if l.counted == nil {
		l.counted = changed
	} else {
		l.counted.Or(changed)
	}
	return int64(members.GetCardinality())
}

// since gives who came and went since the last size: at least as many as the
// sizes tell, of which an instance that led before may have counted some.
func (s *Segmenter) since(l *live, members int64) (entered, left int64) {
	var before int64
	if sizes := l.state.Sizes; len(sizes) > 0 {
		before = sizes[len(sizes)-1].Members
	}
	entered, left = l.entered, l.left
	if missing := members - before - (entered - left); missing > 0 {
		entered += missing
	} else {
		left -= missing
	}
	return entered, left
}
