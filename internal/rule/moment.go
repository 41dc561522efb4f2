package rule

import (
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"
)

// maxShift bounds the durations of a comparison, added up, to 50 years: with
// times between 1970 and 2200 nothing overflows, so that a moment is as exact
// as CEL is.
const maxShift = 50 * 365 * dayMicros

// linear is a sum: a field of time, now or the start of a period of it, and a
// constant, each at most once.
type linear struct {
	field    *Ref
	plus     int64 // the field's sign
	now      bool
	nowPlus  int64 // the sign of now
	period   period
	shift    int64 // microseconds: durations
	absolute bool  // a timestamp is among the constants
	at       int64 // it, in microseconds
	span     int64 // what the durations add up to without their signs
}

// linearOf reads a sum. ok is false for whatever is not one.
func linearOf(e ast.Expr) (l linear, ok bool) {
	if r, is := valueOf(e); is && r.Field().Kind == Time {
		return linear{field: &r, plus: 1}, true
	}
	if p, is := nowOf(e); is {
		return linear{now: true, nowPlus: 1, period: p}, true
	}
	if micros, isTime, is := constantOf(e); is {
		if isTime {
			return linear{absolute: true, at: micros}, true
		}
		return linear{shift: micros, span: max(micros, -micros)}, true
	}
	if e.Kind() != ast.CallKind {
		return l, false
	}
	args := e.AsCall().Args()
	switch e.AsCall().FunctionName() {
	case operators.Add:
		return sum(args[0], args[1], 1)
	case operators.Subtract:
		return sum(args[0], args[1], -1)
	}
	return l, false
}

func sum(left, right ast.Expr, sign int64) (linear, bool) {
	a, ok := linearOf(left)
	b, both := linearOf(right)
	if !ok || !both {
		return a, false
	}
	return a.add(b, sign)
}

func (l linear) add(o linear, sign int64) (linear, bool) {
	if l.field != nil && o.field != nil || l.now && o.now || l.absolute || o.absolute && sign < 0 {
		return l, false
	}
	if o.field != nil {
		l.field, l.plus = o.field, sign*o.plus
	}
	if o.now {
		l.now, l.nowPlus, l.period = true, sign*o.nowPlus, o.period
	}
	l.absolute, l.at = o.absolute, o.at
	l.shift += sign * o.shift
	l.span += o.span
	return l, l.span <= maxShift
}

// nowOf recognises now and startOfDay(now).
func nowOf(e ast.Expr) (period, bool) {
	switch e.Kind() {
	case ast.IdentKind:
		return instant, e.AsIdent() == "now"
	case ast.CallKind:
		if p, ok := periods[e.AsCall().FunctionName()]; ok {
			of := e.AsCall().Args()[0]
			return p, of.Kind() == ast.IdentKind && of.AsIdent() == "now"
		}
	}
	return 0, false
}

// constantOf gives duration("24h") and timestamp("2024-01-01T00:00:00Z") in
// microseconds. Those of parts of one, and times that no field can be near, are
// none: CEL alone judges them.
func constantOf(e ast.Expr) (micros int64, isTime, ok bool) {
	if e.Kind() != ast.CallKind || len(e.AsCall().Args()) != 1 {
		return 0, false, false
	}
	text, literal := textOf(e.AsCall().Args()[0])
	if !literal {
		return 0, false, false
	}
	switch e.AsCall().FunctionName() {
	case overloads.TypeConvertDuration:
		d, ok := types.String(text).ConvertToType(types.DurationType).(types.Duration)
		return d.Microseconds(), false, ok && d.Nanoseconds()%1000 == 0
	case overloads.TypeConvertTimestamp:
		t, ok := types.String(text).ConvertToType(types.TimestampType).(types.Timestamp)
		if !ok || t.Nanosecond()%1000 != 0 {
			return 0, true, false
		}
		return t.UnixMicro(), true, t.UnixMicro() >= 0 && t.UnixMicro() <= afterTimes
	}
	return 0, false, false
}

// moment is a comparison of a time of the customer with a constant, or with now
// or the start of a period of it plus a constant: field op cutoff.
type moment struct {
	ref    Ref
	op     string
	now    bool
	period period
	shift  int64 // microseconds: the constant
}

// momentOf recognises one, whatever stands on which side.
func momentOf(e ast.Expr) (moment, bool) {
	left, op, right, ok := comparison(e)
	if !ok {
		return moment{}, false
	}
	a, okA := linearOf(left)
	b, okB := linearOf(right)
	if !okA || !okB {
		return moment{}, false
	}
	if a.field == nil {
		a, b, op = b, a, flipped[op]
	}
	if a.field == nil || b.field != nil || a.now && b.now || a.absolute && b.absolute || a.span+b.span > maxShift {
		return moment{}, false
	}
	return solve(a, b, op)
}

// solve brings the field to the left and all else to the right. What CEL's
// types allow has the field against one time: now, a period's start, or a
// constant.
func solve(a, b linear, op string) (moment, bool) {
	m := moment{ref: *a.field, op: op, now: a.now || b.now, period: a.period + b.period, shift: b.shift - a.shift}
	nowSign := b.nowPlus - a.nowPlus // on the right
	at := b.at - a.at
	if a.plus < 0 {
		m.op, m.shift, nowSign, at = flipped[op], -m.shift, -nowSign, -at
	}
	if a.absolute || b.absolute {
		m.shift += at
	}
	fixed := a.absolute || b.absolute
	if m.now == fixed || m.now && nowSign != 1 {
		return moment{}, false
	}
	if m.now && (m.op == operators.Equals || m.op == operators.NotEquals) {
		return moment{}, false
	}
	return m, true
}
