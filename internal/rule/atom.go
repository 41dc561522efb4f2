package rule

import (
	"math"

	"github.com/RoaringBitmap/roaring/v2"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
)

// set is a set of customers that columns know.
type set func(*selection) *roaring.Bitmap

// maxExact bounds the whole numbers that a float64 holds exactly.
const maxExact = 1 << 53

var ops = map[string]Op{operators.Less: Less, operators.LessEquals: LessOrEqual, operators.Greater: Greater,
	operators.GreaterEquals: GreaterOrEqual, operators.Equals: EqualTo}

// atomOf recognises what columns can answer.
func atomOf(e ast.Expr) (atom, bool) {
	if id, text, ok := listedIn(e); ok {
		return always(func(s *selection) *roaring.Bitmap { return s.Listed(id, text) }), true
	}
	if r, asked, ok := mentionOf(e); ok {
		return mentioned(r, asked)
	}
	if m, ok := momentOf(e); ok {
		return m.atom(), true
	}
	if a, ok := agesOf(e); ok {
		return anyAge([]ages{a}), true
	}
	if all, ok := amongAges(e); ok {
		return anyAge(all), true
	}
	if r, literals, ok := amongLiterals(e); ok {
		return among(r, literals)
	}
	if r, op, literal, ok := againstLiteral(e); ok {
		return against(r, op, literal.AsLiteral())
	}
	return atom{}, false
}

// always is an atom of a field that everybody has.
func always(holds set) atom { return atom{holds, but(everybody, holds)} }

// ifKnown is an atom of a field that some have.
func ifKnown(r Ref, holds set) atom { return atom{holds, but(knownOf(r), holds)} }

func everybody(s *selection) *roaring.Bitmap { return s.all }

func knownOf(r Ref) set { return func(s *selection) *roaring.Bitmap { return s.Known(r) } }

func but(a, b set) set {
	return func(s *selection) *roaring.Bitmap { return roaring.AndNot(a(s), b(s)) }
}

func anyOf(sets []set) set {
	return func(s *selection) *roaring.Bitmap {
		out := roaring.New()
		for _, one := range sets {
			out.Or(one(s))
		}
		return out
	}
}

func (a atom) not() atom { return atom{a.fails, a.holds} }

// mentioned is a truth, or has().
func mentioned(r Ref, asked bool) (atom, bool) {
	is := func(truth bool) set { return func(s *selection) *roaring.Bitmap { return s.Is(r, truth) } }
	switch kind := r.Field().Kind; {
	case asked && (kind == Number || kind == Truth):
		return always(everybody), true
	case asked:
		return always(knownOf(r)), true
	case kind == Truth:
		return always(is(true)), true
	case kind == Attribute:
		return atom{is(true), is(false)}, true
	}
	return atom{}, false
}

// equal is the set of those whose value is a constant; ok is false where CEL
// has to judge.
func equal(r Ref, v any) (set, bool) {
	switch kind := r.Field().Kind; v := v.(type) {
	case types.String:
		switch {
		case kind == Text && v == "":
			return but(everybody, knownOf(r)), true
		case kind == Consent && v == notRequested:
			return but(everybody, knownOf(r)), true
		}
		return func(s *selection) *roaring.Bitmap { return s.Equal(r, string(v)) }, kind == Text || kind == Consent || kind == Attribute
	case types.Bool:
		if kind == Truth && !bool(v) {
			return but(everybody, func(s *selection) *roaring.Bitmap { return s.Is(r, true) }), true
		}
		return func(s *selection) *roaring.Bitmap { return s.Is(r, bool(v)) }, kind == Truth || kind == Attribute
	}
	return compared(r, EqualTo, v)
}

// compared is the set of those whose number compares with a constant.
func compared(r Ref, op Op, v any) (set, bool) {
	kind := r.Field().Kind
	number := func(n float64) set {
		return func(s *selection) *roaring.Bitmap { return s.CompareFloat(r, op, n) }
	}
	switch v := v.(type) {
	case types.Int:
		if kind == Number {
			return func(s *selection) *roaring.Bitmap { return s.Compare(r.ID, op, int64(v)) }, true
		}
		return number(float64(v)), (kind == Amount || kind == Attribute) && v > -maxExact && v < maxExact
	case types.Double:
		return number(float64(v)), (kind == Amount || kind == Attribute) && !math.IsInf(float64(v), 0)
	}
	return nil, false
}

// against is a comparison of a field with a constant.
func against(r Ref, op string, v any) (atom, bool) {
	switch op {
	case operators.Equals, operators.NotEquals:
		holds, ok := equal(r, v)
		a := fieldAtom(r, holds)
		if op == operators.NotEquals {
			a = a.not()
		}
		return a, ok
	}
	holds, ok := compared(r, ops[op], v)
	fails, _ := compared(r, ops[negated[op]], v)
	return atom{holds, fails}, ok
}

func fieldAtom(r Ref, holds set) atom {
	if r.Field().Kind == Attribute {
		return ifKnown(r, holds)
	}
	return always(holds)
}

// among is field in [constants].
func among(r Ref, literals []ast.Expr) (atom, bool) {
	var sets []set
	for _, l := range literals {
		one, ok := equal(r, l.AsLiteral())
		if !ok {
			return atom{}, false
		}
		sets = append(sets, one)
	}
	return fieldAtom(r, anyOf(sets)), r.Field().Kind != Time && r.Field().Kind != Years
}

// atom of a moment: who has no such time is in neither answer.
func (m moment) atom() atom {
	cutoff := func(s *selection) int64 {
		if !m.now {
			return m.shift
		}
		return m.period.start(s.now).UnixMicro() + m.shift
	}
	compare := func(op string) set {
		return func(s *selection) *roaring.Bitmap { return s.Compare(m.ref.ID, ops[op], cutoff(s)) }
	}
	if m.op == operators.NotEquals {
		return ifKnown(m.ref, compare(operators.Equals)).not()
	}
	if m.op == operators.Equals {
		return ifKnown(m.ref, compare(operators.Equals))
	}
	return atom{compare(m.op), compare(negated[m.op])}
}

// anyAge: older is born earlier.
func anyAge(all []ages) atom {
	var sets []set
	for _, a := range all {
		sets = append(sets, a.holds)
	}
	return ifKnown(Ref{ID: Age}, anyOf(sets))
}

func (a ages) holds(s *selection) *roaring.Bitmap {
	out := s.Known(Ref{ID: Age})
	if a.from != nil {
		out = roaring.And(out, s.Compare(Age, LessOrEqual, a.from.Cutoff(s.now)))
	}
	if a.to != nil {
		out = roaring.And(out, s.Compare(Age, Greater, a.to.Cutoff(s.now)))
	}
	if a.not {
		out = roaring.AndNot(s.Known(Ref{ID: Age}), out)
	}
	return out
}
