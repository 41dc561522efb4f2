package rule

import (
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
)

// byPath finds a field by what a rule writes.
var byPath = func() map[string]ID {
	out := make(map[string]ID, len(vocabulary))
	for _, f := range vocabulary {
		out[f.Path] = f.ID
	}
	return out
}()

// pathOf gives "customer.orders.count" for what is written so, "" for others.
func pathOf(e ast.Expr) string {
	switch e.Kind() {
	case ast.IdentKind:
		if e.AsIdent() == "customer" {
			return "customer"
		}
	case ast.SelectKind:
		if parent := pathOf(e.AsSelect().Operand()); parent != "" && !e.AsSelect().IsTestOnly() {
			return parent + "." + e.AsSelect().FieldName()
		}
	}
	return ""
}

// mentionOf recognises a field in an expression: its value, or whether it has
// one (asked).
func mentionOf(e ast.Expr) (r Ref, asked, ok bool) {
	switch e.Kind() {
	case ast.SelectKind:
		s := e.AsSelect()
		parent := pathOf(s.Operand())
		if id, found := byPath[parent]; found && vocabulary[id].Kind.Keyed() {
			return Ref{id, s.FieldName()}, s.IsTestOnly(), true
		}
		if id, found := byPath[parent+"."+s.FieldName()]; found && !vocabulary[id].Kind.Keyed() {
			return Ref{ID: id}, s.IsTestOnly(), true
		}
	case ast.CallKind:
		args := e.AsCall().Args()
		switch e.AsCall().FunctionName() {
		case operators.Index:
			return keyedRef(args[0], args[1], false)
		case operators.In:
			return keyedRef(args[1], args[0], true)
		}
	}
	return Ref{}, false, false
}

func keyedRef(field, key ast.Expr, asks bool) (r Ref, asked, ok bool) {
	id, found := byPath[pathOf(field)]
	name, literal := textOf(key)
	if !found || !literal || !vocabulary[id].Kind.Keyed() {
		return Ref{}, false, false
	}
	return Ref{id, name}, asks, true
}

// valueOf is mentionOf for a value.
func valueOf(e ast.Expr) (Ref, bool) {
	r, asked, ok := mentionOf(e)
	return r, ok && !asked
}

// textOf gives a text that is written in the rule.
func textOf(e ast.Expr) (string, bool) {
	if e.Kind() != ast.LiteralKind {
		return "", false
	}
	s, ok := e.AsLiteral().(types.String)
	return string(s), ok
}

// listedIn recognises "vip" in customer.tags.
func listedIn(e ast.Expr) (id ID, text string, ok bool) {
	if e.Kind() != ast.CallKind || e.AsCall().FunctionName() != operators.In {
		return 0, "", false
	}
	args := e.AsCall().Args()
	id, found := byPath[pathOf(args[1])]
	text, literal := textOf(args[0])
	return id, text, found && literal && vocabulary[id].Kind == Texts
}

// flipped is an operator with its sides exchanged, negated one with the
// opposite answer.
var (
	flipped = map[string]string{operators.Less: operators.Greater, operators.LessEquals: operators.GreaterEquals,
		operators.Greater: operators.Less, operators.GreaterEquals: operators.LessEquals,
		operators.Equals: operators.Equals, operators.NotEquals: operators.NotEquals}
	negated = map[string]string{operators.Less: operators.GreaterEquals, operators.LessEquals: operators.Greater,
		operators.Greater: operators.LessEquals, operators.GreaterEquals: operators.Less,
		operators.Equals: operators.NotEquals, operators.NotEquals: operators.Equals}
)

// comparison gives the parts of one.
func comparison(e ast.Expr) (left ast.Expr, op string, right ast.Expr, ok bool) {
	if e.Kind() != ast.CallKind {
		return nil, "", nil, false
	}
	c := e.AsCall()
	if _, ok = flipped[c.FunctionName()]; !ok {
		return nil, "", nil, false
	}
	return c.Args()[0], c.FunctionName(), c.Args()[1], true
}

// againstLiteral gives a comparison of a field with a constant, the field on
// the left.
func againstLiteral(e ast.Expr) (r Ref, op string, literal ast.Expr, ok bool) {
	left, op, right, ok := comparison(e)
	if !ok {
		return Ref{}, "", nil, false
	}
	if right.Kind() != ast.LiteralKind {
		left, right, op = right, left, flipped[op]
	}
	r, ok = valueOf(left)
	return r, op, right, ok && right.Kind() == ast.LiteralKind
}

// amongLiterals recognises field in [constants].
func amongLiterals(e ast.Expr) (r Ref, literals []ast.Expr, ok bool) {
	if e.Kind() != ast.CallKind || e.AsCall().FunctionName() != operators.In || e.AsCall().Args()[1].Kind() != ast.ListKind {
		return Ref{}, nil, false
	}
	literals = e.AsCall().Args()[1].AsList().Elements()
	for _, l := range literals {
		if l.Kind() != ast.LiteralKind {
			return Ref{}, nil, false
		}
	}
	r, ok = valueOf(e.AsCall().Args()[0])
	return r, literals, ok
}
