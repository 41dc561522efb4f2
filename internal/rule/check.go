package rule

import (
	"slices"
	"strconv"

	"cel.dev/cel-go/common/ast"
)

// check walks a checked rule: what it depends on, and what CEL's types allow
// but the vocabulary does not.
type check struct {
	problems
	language *Language
	refs     map[Ref]bool
	clocks   []Clock
	looped   int // in so many comprehensions
}

// walk goes through the rule; what is recognised as a whole is not gone into.
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
		c.at(e, CodeNowMisused, "customer.age changes with time: compare it with a whole number from 0 to "+strconv.Itoa(maxAge)+", outside exists and all")
	}
}

// timed takes a comparison with now.
func (c *check) timed(e ast.Expr) bool {
	if m, ok := momentOf(e); ok {
		c.refs[m.ref] = true
		if m.now {
			clock, _ := m.clock()
			c.clocks = append(c.clocks, clock)
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
	c.refs[Ref{ID: Age}] = true
	for _, a := range all {
		c.clocks = append(c.clocks, a.clocks()...)
	}
	return true
}

func (c *check) ident(e ast.Expr) {
	switch e.AsIdent() {
	case "now":
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
