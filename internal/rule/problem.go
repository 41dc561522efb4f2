package rule

import (
	"fmt"
	"regexp"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"

	"github.com/acme/customers/internal/fault"
)

// The codes of what can be wrong with a rule. They are stable.
const (
	CodeSyntax         = "rule_syntax"
	CodeType           = "rule_type"
	CodeUnknownField   = "rule_unknown_field"
	CodeUnknownValue   = "rule_unknown_value"
	CodeUnknownPurpose = "rule_unknown_purpose"
	CodeUnknownSegment = "rule_unknown_segment"
	CodeNowMisused     = "rule_now_misused"
	CodeNotBoolean     = "rule_not_boolean"
	CodeTooLong        = "rule_too_long"
	CodeTooCostly      = "rule_too_costly"
)

// Codes lists them, for the documentation.
func Codes() []string {
	return []string{CodeSyntax, CodeType, CodeUnknownField, CodeUnknownValue, CodeUnknownPurpose, CodeUnknownSegment,
		CodeNowMisused, CodeNotBoolean, CodeTooLong, CodeTooCostly}
}

// Pointer is where an error of Compile points; a caller whose body has the rule
// elsewhere points its fields there.
const Pointer = "/criteria"

// maxProblems is how many are told of at once.
const maxProblems = 5

// problems collects what is wrong with a rule. What they say is made of places,
// types and our own words: a constant or a name in a rule may be personal.
type problems struct {
	info   *ast.SourceInfo
	fields []fault.Field
}

func (p *problems) add(at common.Location, code, msg string) {
	if len(p.fields) == maxProblems {
		return
	}
	if at != nil && at.Line() > 0 {
		msg = fmt.Sprintf("line %d, column %d: %s", at.Line(), max(at.Column()+1, 1), msg)
	}
	p.fields = append(p.fields, fault.Field{Pointer: Pointer, Code: code, Msg: msg})
}

// at reports a problem of an expression, at its first character.
func (p *problems) at(e ast.Expr, code, msg string) { p.add(place(p.info, e), code, msg) }

// err gives what was found, nil for nothing.
func (p *problems) err() error {
	if len(p.fields) == 0 {
		return nil
	}
	return fault.ErrInvalid.At(p.fields...)
}

// place finds where an expression begins: CEL gives a comparison the place of
// its operator.
func place(info *ast.SourceInfo, e ast.Expr) common.Location {
	first := int32(-1)
	ast.PostOrderVisit(e, ast.NewExprVisitor(func(e ast.Expr) {
		if r, ok := info.GetOffsetRange(e.ID()); ok && (first < 0 || r.Start < first) {
			first = r.Start
		}
	}))
	if first < 0 {
		return common.NoLocation
	}
	return info.GetLocationByOffset(first)
}

// syntax translates what the parser reports. Its messages repeat the source.
func (p *problems) syntax(issues *cel.Issues) {
	for _, issue := range issues.Errors() {
		switch {
		case strings.Contains(issue.Message, "recursion") || strings.Contains(issue.Message, "limit"):
			p.add(issue.Location, CodeTooCostly, "the rule is nested too deeply or has too many parts")
		case strings.Contains(issue.Message, "macro") || strings.Contains(issue.Message, "argument must be"):
			p.add(issue.Location, CodeSyntax, "has, exists or all is given what it does not take")
		default:
			p.add(issue.Location, CodeSyntax, "this is not an expression")
		}
	}
}

// overload is how the checker reports operands of the wrong types. It names
// only functions and types that there are.
var overload = regexp.MustCompile(`^found no matching overload for '([^']+)' applied to '([^']*)'$`)

// types translates what the checker reports.
func (p *problems) types(issues *cel.Issues) {
	for _, issue := range issues.Errors() {
		match := overload.FindStringSubmatch(issue.Message)
		switch {
		case match != nil:
			name := match[1]
			if symbol, ok := operators.FindReverse(name); ok && symbol != "" {
				name = symbol
			}
			p.add(issue.Location, CodeType, name+" cannot be applied to "+match[2])
		case strings.HasPrefix(issue.Message, "undefined field"):
			p.add(issue.Location, CodeUnknownField, "there is no such field")
		case strings.HasPrefix(issue.Message, "undeclared reference"):
			p.add(issue.Location, CodeUnknownField, "there is no such field or function")
		default:
			p.add(issue.Location, CodeType, "the types do not go together here")
		}
	}
}
