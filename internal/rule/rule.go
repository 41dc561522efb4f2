// Package rule is the language of segments and of search filters: CEL
// (https://cel.dev) over the vocabulary of a customer.
//
// A rule is compiled once, for what it depends on and what it may cost, and then
// answers in three ways that agree: Match asks it of one customer, and is what
// the others are measured by; Select asks it of all at once; and Clocks tells
// when the answer changes though nobody changes anything.
//
// What is not known makes a comparison neither true nor false, as an error does
// in CEL: true || unknown is true, false && unknown is false, !unknown is
// unknown, and a rule whose answer is unknown does not match. Text that is not
// known is "".
//
// The package is pure: it has no clock and asks nobody but its Customer and
// its Columns.
package rule

import (
	"slices"
	"time"
	"unicode/utf8"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
)

// Config is what the language takes from elsewhere.
type Config struct {
	Purposes []string          // the purposes that consents are given to
	Segments func(string) bool // is there a segment of this key? nil: there are none
}

// Language compiles rules. It may be used by many at a time, if Segments may.
type Language struct {
	env      *cel.Env
	purposes []string
	segments func(string) bool
}

// New makes the language.
func New(c Config) (*Language, error) {
	p, err := newProvider()
	if err != nil {
		return nil, err
	}
	env, err := environment(p)
	if err != nil {
		return nil, err
	}
	return &Language{env, slices.Clone(c.Purposes), c.Segments}, nil
}

// Rule is a compiled rule. It may be used by many at a time.
type Rule struct {
	source   string
	refs     []Ref
	clocks   []Clock
	program  cel.Program
	traced   cel.Program // evaluates every part and keeps what each was
	tree     *ast.AST
	skeleton node
}

// Compile checks a rule. What is wrong with it is a fault.ErrInvalid whose
// fields point at Pointer and say where in the rule; they repeat nothing of it.
func (l *Language) Compile(source string) (*Rule, error) {
	var p problems
	if utf8.RuneCountInString(source) > maxLength {
		p.add(nil, CodeTooLong, "a rule has at most 4000 characters")
		return nil, p.err()
	}
	parsed, issues := l.env.Parse(source)
	if issues.Err() != nil {
		p.syntax(issues)
		return nil, p.err()
	}
	checked, issues := l.env.Check(parsed)
	if issues.Err() != nil {
		p.types(issues)
		return nil, p.err()
	}
	c := check{problems: problems{info: checked.NativeRep().SourceInfo()}, language: l, refs: map[Ref]bool{}}
	if c.constants(checked.NativeRep().Expr()); len(c.fields) == 0 {
		c.walk(checked.NativeRep().Expr())
	}
	if checked.OutputType() != cel.BoolType {
		c.at(checked.NativeRep().Expr(), CodeNotBoolean, "a rule is true or false, this is "+checked.OutputType().String())
	}
	if len(c.fields) == 0 {
		l.afford(checked, &c.problems)
	}
	if err := c.err(); err != nil {
		return nil, err
	}
	return l.build(source, checked, &c)
}

func (l *Language) afford(checked *cel.Ast, p *problems) {
	cost, err := l.env.EstimateCost(checked, sizes{})
	if err != nil || cost.Max > maxCost {
		p.add(nil, CodeTooCostly, "the rule would take too long for a customer with much in it")
	}
}

func (l *Language) build(source string, checked *cel.Ast, c *check) (*Rule, error) {
	r := &Rule{source: source, tree: checked.NativeRep()}
	for ref := range c.refs {
		r.refs = append(r.refs, ref)
	}
	slices.SortFunc(r.refs, compareRefs)
	slices.SortFunc(c.clocks, compareClocks)
	r.clocks = slices.Compact(c.clocks)
	var err error
	if r.program, err = l.env.Program(checked, cel.EvalOptions(cel.OptOptimize)); err != nil {
		return nil, err
	}
	if r.traced, err = l.env.Program(checked, cel.EvalOptions(cel.OptExhaustiveEval, cel.OptTrackState)); err != nil {
		return nil, err
	}
	b := builder{env: l.env, tree: r.tree}
	r.skeleton = b.node(r.tree.Expr())
	return r, b.err
}

// Match asks the rule of one customer, at an instant.
func (r *Rule) Match(c Customer, now time.Time) bool {
	s := newSubject(now)
	s.of = c
	out, _, err := r.program.Eval(s)
	s.free()
	return err == nil && out == types.True
}
