package rule

import (
	"slices"
	"strconv"
	"time"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/interpreter"
	"cel.dev/cel-go/parser"
)

// Outcome is what a part of a rule was for one customer.
type Outcome string

// The outcomes. Withheld is that of a part with a field that may not be seen:
// what it was would tell what the field holds.
const (
	True     Outcome = "true"
	False    Outcome = "false"
	Unknown  Outcome = "unknown"
	Withheld Outcome = "withheld"
)

// Explanation is why a rule matches a customer or not. Matches is never
// withheld: whoever shows an explanation shows it.
type Explanation struct {
	Matches bool
	Part
}

// Part is one part of a rule: a comparison with the values of its fields, or
// && || ! ?: with the parts that it is made of.
type Part struct {
	Source       string // as CEL writes it
	Line, Column int    // where it begins, from 1
	Outcome      Outcome
	Values       []Value
	Parts        []Part
}

// Value is what a field held.
type Value struct {
	Path     string // customer.attributes["plan"]
	Group    string
	Withheld bool
	Value    any // string, []string, int64, float64, bool or time.Time; nil is unknown or withheld
}

// explaining is one explanation on its way.
type explaining struct {
	rule  *Rule
	of    Customer
	now   time.Time
	state interpreter.EvalState
	show  func(group string) bool
}

// Explain evaluates every part of the rule for one customer, those too that do
// not matter. What is of a group that show refuses is withheld.
func (r *Rule) Explain(c Customer, now time.Time, show func(group string) bool) Explanation {
	s := newSubject(now)
	defer s.free()
	s.of = c
	out, details, err := r.traced.Eval(s)
	x := explaining{r, c, s.now, details.State(), show}
	return Explanation{err == nil && out == types.True, x.part(r.tree.Expr())}
}

func (x *explaining) part(e ast.Expr) Part {
	at := place(x.rule.tree.SourceInfo(), e)
	p := Part{Line: at.Line(), Column: at.Column() + 1, Outcome: Unknown}
	p.Source, _ = parser.Unparse(e, x.rule.tree.SourceInfo(), parser.WrapOnColumn(2*maxLength))
	if v, ok := x.state.Value(e.ID()); ok && v == types.True {
		p.Outcome = True
	} else if ok && v == types.False {
		p.Outcome = False
	}
	parts := partsOf(e)
	for _, part := range parts {
		p.Parts = append(p.Parts, x.part(part))
	}
	if parts == nil {
		p.Values = x.values(e)
	}
	if e.Kind() == ast.LiteralKind { // no observer is told of a constant
		p.Outcome = Outcome(strconv.FormatBool(e.AsLiteral() == types.True))
	}
	if p.withheld() {
		p.Outcome = Withheld
	}
	return p
}

func (p *Part) withheld() bool {
	return slices.ContainsFunc(p.Values, func(v Value) bool { return v.Withheld }) ||
		slices.ContainsFunc(p.Parts, func(part Part) bool { return part.Outcome == Withheld })
}

// partsOf gives the parts of a connective: all of a chain, as they were written
// side by side.
func partsOf(e ast.Expr) []ast.Expr {
	if e.Kind() != ast.CallKind {
		return nil
	}
	switch name := e.AsCall().FunctionName(); name {
	case operators.LogicalNot, operators.Conditional:
		return e.AsCall().Args()
	case operators.LogicalAnd, operators.LogicalOr:
		return chain(nil, e, name)
	}
	return nil
}

func chain(to []ast.Expr, e ast.Expr, name string) []ast.Expr {
	if e.Kind() != ast.CallKind || e.AsCall().FunctionName() != name {
		return append(to, e)
	}
	for _, arg := range e.AsCall().Args() {
		to = chain(to, arg, name)
	}
	return to
}

// values are those of the fields in a part, each once.
func (x *explaining) values(e ast.Expr) (out []Value) {
	seen := map[Ref]bool{}
	ast.PostOrderVisit(e, ast.NewExprVisitor(func(e ast.Expr) {
		r, _, ok := mentionOf(e)
		if id, text, listed := listedIn(e); listed && id == Segments {
			r, ok = Ref{id, text}, true
		} else if ok && r.ID == Segments {
			return
		}
		if ok && !seen[r] {
			seen[r] = true
			out = append(out, x.value(r))
		}
	}))
	return out
}

func (x *explaining) value(r Ref) Value {
	f := r.Field()
	v := Value{Path: f.Path, Group: f.Group, Withheld: !x.show(f.Group)}
	if r.Key != "" {
		v.Path += "[" + strconv.Quote(r.Key) + "]"
	}
	if v.Withheld || f.Kind != Consent && f.Kind != Amount && !known(x.of, r) {
		return v
	}
	v.Value = valueNow(x.of, r, x.now)
	return v
}

func valueNow(c Customer, r Ref, now time.Time) any {
	switch r.Field().Kind {
	case Text:
		return c.Text(r.ID)
	case Texts:
		if r.ID == Segments {
			return slices.Contains(c.Texts(r.ID), r.Key)
		}
		return slices.Clone(c.Texts(r.ID))
	case Number:
		return c.Number(r.ID)
	case Truth:
		return c.Truth(r.ID)
	case Time:
		return time.UnixMicro(c.Time(r.ID)).UTC()
	case Years:
		born, _ := bornOn(c)
		return age(born, now)
	case Attribute:
		return c.Attribute(r.Key)
	case Consent:
		return consentOf(c, r.Key)
	}
	return c.Total(r.Key)
}
