package rule

import (
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
)

// node is a part of a rule that is asked of sets: for whom of those in within
// is it want? Who is in neither answer is one for whom it is unknown. That is
// CEL's logic of three values, and nothing else is needed for it.
type node interface {
	where(s *selection, want bool, within *roaring.Bitmap) *roaring.Bitmap
	slow() bool // asks customers one by one
}

// constant is true or false.
type constant bool

// every is a && b && …, or its mirror image: true if every part is `all`, and
// otherwise if any part is not.
type every struct {
	parts []node
	all   bool // true: &&. false: ||, which is false if every part is false
}

// not is !a.
type not struct{ of node }

// choice is a ? b : c.
type choice struct{ if_, then, else_ node }

// atom is what columns answer. Both may be shared: they are only read.
type atom struct {
	holds, fails func(*selection) *roaring.Bitmap
}

// rest is what is left: a part that is asked of customers one by one.
type rest struct{ program cel.Program }

// builder makes nodes of a checked rule.
type builder struct {
	env  *cel.Env
	tree *ast.AST
	err  error
}

func (b *builder) node(e ast.Expr) node {
	if e.Kind() == ast.LiteralKind && e.AsLiteral().Type() == types.BoolType {
		return constant(e.AsLiteral() == types.True)
	}
	if a, ok := atomOf(e); ok {
		return a
	}
	if e.Kind() == ast.CallKind {
		args := e.AsCall().Args()
		switch name := e.AsCall().FunctionName(); name {
		case operators.LogicalAnd, operators.LogicalOr:
			return b.every(name, args)
		case operators.LogicalNot:
			return not{b.node(args[0])}
		case operators.Conditional:
			return choice{b.node(args[0]), b.node(args[1]), b.node(args[2])}
		}
	}
	return b.rest(e)
}

// every flattens a chain, and puts what is slow last: it is then asked only
// about those whom the others leave undecided.
func (b *builder) every(name string, args []ast.Expr) node {
	n := every{all: name == operators.LogicalAnd}
	for _, arg := range args {
		part := b.node(arg)
		if same, ok := part.(every); ok && same.all == n.all {
			n.parts = append(n.parts, same.parts...)
		} else {
			n.parts = append(n.parts, part)
		}
	}
	slices.SortStableFunc(n.parts, func(a, b node) int { return speed(a) - speed(b) })
	return n
}

func speed(n node) int {
	if n.slow() {
		return 1
	}
	return 0
}

// rest makes a program of a part. The tree goes through its own encoding: that
// is the way from a tree to what programs are made of.
func (b *builder) rest(e ast.Expr) node {
	part := ast.NewCheckedAST(ast.NewAST(e, b.tree.SourceInfo()), b.tree.TypeMap(), b.tree.ReferenceMap())
	encoded, err := ast.ToProto(part)
	if err == nil {
		var program cel.Program
		if program, err = b.env.Program(cel.CheckedExprToAst(encoded), cel.EvalOptions(cel.OptOptimize)); err == nil {
			return rest{program}
		}
	}
	b.err = err
	return constant(false)
}
