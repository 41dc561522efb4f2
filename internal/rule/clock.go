package rule

import (
	"cmp"
	"time"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
)

// maxAge bounds the ages that a rule may name.
const maxAge = 200

// Clock is one comparison with now in a rule: for a customer it changes its
// answer once, at an instant that follows from the value of one field. With the
// customers ordered by that field, those whose answer changes next are those of
// the smallest value that the cutoff has not passed.
type Clock struct {
	id        ID
	inclusive bool // a value is passed when the cutoff reaches it, not when it exceeds it
	period    period
	shift     int64 // microseconds
	years     int   // of an age
}

// Field is the field whose values are compared: a time, in microseconds since
// 1970, or customer.age, whose values are dates of birth, in days since 1970.
func (c Clock) Field() Field { return vocabulary[c.id] }

// Inclusive reports whether the value that is equal to the cutoff is passed.
func (c Clock) Inclusive() bool { return c.inclusive }

// Cutoff divides the values at an instant: what is below it, and it itself if
// inclusive, is passed. It never goes back as time goes on.
func (c Clock) Cutoff(now time.Time) int64 {
	if c.id == Age {
		return bornBy(now, c.years)
	}
	return c.period.start(now).UnixMicro() + c.shift
}

// Passed reports on which side of the cutoff a value is. The comparison in the
// rule says that, or its opposite.
func (c Clock) Passed(value int64, now time.Time) bool {
	return value < c.Cutoff(now) || c.inclusive && value == c.Cutoff(now)
}

// When is the first instant at which a value is passed: the only one at which
// the comparison changes its answer. It may be long ago.
func (c Clock) When(value int64) time.Time {
	if c.id == Age {
		return completes(value, c.years)
	}
	if !c.inclusive {
		value++
	}
	return c.period.first(time.UnixMicro(value - c.shift).UTC())
}

// clock gives the clock of a moment, and whether the moment says that a value
// is passed (rather than that it is not).
func (m moment) clock() (c Clock, passed bool) {
	c = Clock{id: m.ref.ID, period: m.period, shift: m.shift}
	c.inclusive = m.op == operators.LessEquals || m.op == operators.Greater
	return c, m.op == operators.LessEquals || m.op == operators.Less
}

// birthday is the clock of an age that is completed.
func birthday(years int64) Clock { return Clock{id: Age, inclusive: true, years: int(years)} }

// ages is a comparison of the age with a number: at least from, and less than
// to; not tells the opposite of it. An open end is nil.
type ages struct {
	from, to *Clock
	not      bool
}

// agesOf recognises one.
func agesOf(e ast.Expr) (ages, bool) {
	r, op, literal, ok := againstLiteral(e)
	if !ok || r.ID != Age {
		return ages{}, false
	}
	n, ok := ageIn(literal)
	if !ok {
		return ages{}, false
	}
	this, next := birthday(n), birthday(n+1)
	switch op {
	case operators.GreaterEquals:
		return ages{from: &this}, true
	case operators.Greater:
		return ages{from: &next}, true
	case operators.Less:
		return ages{to: &this}, true
	case operators.LessEquals:
		return ages{to: &next}, true
	}
	return ages{from: &this, to: &next, not: op == operators.NotEquals}, true
}

// amongAges recognises customer.age in [18, 21].
func amongAges(e ast.Expr) ([]ages, bool) {
	r, literals, ok := amongLiterals(e)
	if !ok || r.ID != Age {
		return nil, false
	}
	out := make([]ages, 0, len(literals))
	for _, l := range literals {
		n, ok := ageIn(l)
		if !ok {
			return nil, false
		}
		this, next := birthday(n), birthday(n+1)
		out = append(out, ages{from: &this, to: &next})
	}
	return out, true
}

func ageIn(literal ast.Expr) (int64, bool) {
	n, ok := literal.AsLiteral().(types.Int)
	return int64(n), ok && n >= 0 && n <= maxAge
}

// clocks are those of a comparison.
func (a ages) clocks() []Clock {
	var out []Clock
	for _, c := range []*Clock{a.from, a.to} {
		if c != nil {
			out = append(out, *c)
		}
	}
	return out
}

func compareClocks(a, b Clock) int {
	return cmp.Or(cmp.Compare(a.id, b.id), cmp.Compare(a.period, b.period), cmp.Compare(a.shift, b.shift), cmp.Compare(a.years, b.years),
		cmp.Compare(edge(a.inclusive), edge(b.inclusive)))
}

func edge(inclusive bool) int {
	if inclusive {
		return 1
	}
	return 0
}
