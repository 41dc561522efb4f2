package rule

import (
	"regexp/syntax"
	"slices"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"
)

// maxPattern bounds the program of a regular expression: RE2 takes time by it
// and by the length of the text.
const maxPattern = 250

// constants looks at what is written in the rule. It comes first: a duration
// that is none is not a misuse of now.
func (c *check) constants(e ast.Expr) {
	ast.PostOrderVisit(e, ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() != ast.CallKind {
			return
		}
		switch call := e.AsCall(); call.FunctionName() {
		case overloads.TypeConvertDuration, overloads.TypeConvertTimestamp:
			c.convertible(call)
		case overloads.Matches:
			c.pattern(call.Args()[len(call.Args())-1])
		case operators.Equals, operators.NotEquals:
			c.closed(e)
		case operators.In:
			c.closed(e)
			if list := call.Args()[1]; list.Kind() == ast.ListKind && list.AsList().Size() == 0 {
				c.at(list, CodeType, "nothing is in an empty list") // CEL itself is of two minds: false, or unknown if the value is
			}
		}
	}))
}

// convertible refuses a constant that can never become what it is made into.
func (c *check) convertible(call ast.CallExpr) {
	text, ok := textOf(call.Args()[0])
	to, example := types.DurationType, `a duration, such as "720h" or "90s"`
	if call.FunctionName() == overloads.TypeConvertTimestamp {
		to, example = types.TimestampType, `a time, such as "2024-01-31T00:00:00Z"`
	}
	if ok && types.IsError(types.String(text).ConvertToType(to)) {
		c.at(call.Args()[0], CodeType, "this is not "+example)
	}
}

func (c *check) pattern(e ast.Expr) {
	text, ok := textOf(e)
	if !ok {
		c.at(e, CodeType, "matches takes a constant")
		return
	}
	tree, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		c.at(e, CodeType, "this is not a regular expression of RE2")
		return
	}
	prog, err := syntax.Compile(tree.Simplify())
	if err != nil || len(prog.Inst) > maxPattern {
		c.at(e, CodeTooCostly, "the regular expression is too large")
	}
}

// closed refuses a constant that a field never is: it would match nobody, and
// nobody would notice.
func (c *check) closed(e ast.Expr) {
	r, literals, ok := amongLiterals(e)
	if one, _, literal, is := againstLiteral(e); is {
		r, literals, ok = one, []ast.Expr{literal}, true
	}
	if !ok || r.Field().Values == nil {
		return
	}
	for _, l := range literals {
		if text, _ := textOf(l); !slices.Contains(r.Field().Values, text) {
			c.at(l, CodeUnknownValue, r.Field().Path+" is never that")
		}
	}
}
