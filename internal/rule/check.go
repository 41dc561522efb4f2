package rule

import (
	"regexp/syntax"
	"slices"
	"strconv"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"
)

// maxPattern bounds the program of a regular expression: RE2 takes time by it
// and by the length of the text.
const maxPattern = 250

// check walks a checked rule: what it depends on, and what CEL's types allow
// but the vocabulary does not.
type check struct {
	problems
	language *Language
	refs     map[Ref]bool
	clocks   []Clock
	usesNow  bool
	looped   int // in so many comprehensions
}

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

func (c *check) walk(e ast.Expr) {
	if id, text, ok := listedIn(e); ok {
		c.listed(e, id, text)
		return
	}
	if r, asked, ok := mentionOf(e); ok {
		c.mention(e, r, asked)
		return
	}
	if c.looped == 0 && c.timed(e) {
		return
	}
	switch e.Kind() {
	case ast.SelectKind:
		c.sel(e)
	case ast.IdentKind:
		c.ident(e)
	case ast.CallKind:
		c.call(e)
	case ast.ListKind:
		for _, item := range e.AsList().Elements() {
			c.walk(item)
		}
	case ast.ComprehensionKind:
		c.loop(e)
	case ast.MapKind, ast.StructKind:
		c.at(e, CodeType, "maps and objects are not made in a rule")
	}
}

func (c *check) listed(e ast.Expr, id ID, text string) {
	if id != Segments {
		c.refs[Ref{ID: id}] = true
		return
	}
	c.refs[Ref{id, text}] = true
	if c.language.segments == nil || !c.language.segments(text) {
		c.at(e, CodeUnknownSegment, "there is no such segment")
	}
}

func (c *check) mention(e ast.Expr, r Ref, asked bool) {
	c.refs[r] = true
	switch f := r.Field(); {
	case f.ID == Segments:
		c.at(e, CodeType, `segments are only asked for as "key" in customer.segments`)
	case f.ID == Consents && !slices.Contains(c.language.purposes, r.Key):
		c.at(e, CodeUnknownPurpose, "there is no such purpose")
	case asked && (f.Kind == Consent || f.Kind == Amount):
		c.at(e, CodeType, f.Path+" has a value for every key: compare it")
	case f.ID == Age && !asked:
		c.usesNow = true
		c.at(e, CodeNowMisused, "customer.age changes with time: compare it with a whole number from 0 to "+strconv.Itoa(maxAge)+", outside exists and all")
	}
}

// timed takes a comparison with now.
func (c *check) timed(e ast.Expr) bool {
	if m, ok := momentOf(e); ok {
		c.refs[m.ref] = true
		if m.now {
			clock, _ := m.clock()
			c.usesNow, c.clocks = true, append(c.clocks, clock)
		}
		return true
	}
	all, ok := amongAges(e)
	if one, is := agesOf(e); is {
		all, ok = []ages{one}, true
	}
	if !ok {
		return false
	}
	c.refs[Ref{ID: Age}], c.usesNow = true, true
	for _, a := range all {
		c.clocks = append(c.clocks, a.clocks()...)
	}
	return true
}

func (c *check) ident(e ast.Expr) {
	switch e.AsIdent() {
	case "now":
		c.usesNow = true
		c.at(e, CodeNowMisused, "now, or the start of a period of it, is only compared, by <, <=, > or >=, with a time of the customer plus or minus "+
			"durations of whole microseconds and at most 50 years, outside exists and all")
	case "customer":
		c.at(e, CodeType, "a rule compares fields, not the whole customer")
	}
}

func (c *check) sel(e ast.Expr) {
	if _, ok := valueOf(e.AsSelect().Operand()); ok {
		c.at(e, CodeType, "a value has no fields")
		return
	}
	if pathOf(e) == "" && !e.AsSelect().IsTestOnly() {
		c.walk(e.AsSelect().Operand())
		return
	}
	if id, ok := byPath[pathOf(e)]; ok {
		c.at(e, CodeType, vocabulary[id].Path+` is asked for by a key in quotes: ["key"]`)
		return
	}
	c.at(e, CodeType, "this is not a field but has fields")
}

func (c *check) call(e ast.Expr) {
	call := e.AsCall()
	if call.IsMemberFunction() {
		c.walk(call.Target())
	}
	for _, arg := range call.Args() {
		c.walk(arg)
	}
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

func (c *check) loop(e ast.Expr) {
	l := e.AsComprehension()
	if l.IterVar() == "customer" || l.IterVar() == "now" {
		c.at(e, CodeType, "customer and now are not names for anything else")
		return
	}
	if r, ok := valueOf(l.IterRange()); ok && r.Field().Kind != Texts {
		c.at(l.IterRange(), CodeType, "this is not a list")
		return
	}
	c.looped++
	for _, part := range []ast.Expr{l.IterRange(), l.AccuInit(), l.LoopCondition(), l.LoopStep(), l.Result()} {
		c.walk(part)
	}
	c.looped--
}
