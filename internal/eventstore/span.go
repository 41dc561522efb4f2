package eventstore

import "math"

// Span is a Range in the microseconds that drivers store.
type Span struct {
	From, To int64 // occurredAt; To is exclusive
	Time     int64 // the cursor: records come after (Time, Position), or before it when descending
	Position int64
}

// Span opens what is zero, and narrows the times by the cursor, so that a
// driver's index starts where the last page ended.
func (r Range) Span() Span {
	s := Span{From: math.MinInt64, To: math.MaxInt64, Time: math.MinInt64}
	if !r.From.IsZero() {
		s.From = r.From.UnixMicro()
	}
	if !r.To.IsZero() {
		s.To = r.To.UnixMicro()
	}
	switch {
	case r.AfterPosition == 0 && r.Descending:
		s.Time = math.MaxInt64
	case r.AfterPosition == 0:
	case r.Descending:
		s.Time, s.Position = r.AfterTime.UnixMicro(), r.AfterPosition
		s.To = min(s.To, s.Time+1)
	default:
		s.Time, s.Position = r.AfterTime.UnixMicro(), r.AfterPosition
		s.From = max(s.From, s.Time)
	}
	return s
}
