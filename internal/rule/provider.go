package rule

import (
	"errors"
	"strings"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// root is the type of customer. customer.orders has the type "Customer.orders",
// and so on: they exist so that CEL checks every path.
const root = "Customer"

// errUnknown makes a comparison with what is not known neither true nor false.
var errUnknown = errors.New("not known")

// provider answers CEL's questions about our types from the vocabulary. A value
// of any of them is the *subject, so that a path costs nothing to walk.
type provider struct {
	*types.Registry
	structs map[string]map[string]*types.FieldType
}

func newProvider() (*provider, error) {
	registry, err := types.NewRegistry()
	if err != nil {
		return nil, err
	}
	p := &provider{registry, map[string]map[string]*types.FieldType{}}
	for i := range vocabulary {
		f := &vocabulary[i]
		steps := strings.Split(f.Path, ".")
		parent := root
		for _, step := range steps[1 : len(steps)-1] {
			child := parent + "." + step
			p.add(parent, step, &types.FieldType{Type: types.NewObjectType(child), IsSet: isThere, GetFrom: itself})
			parent = child
		}
		p.add(parent, steps[len(steps)-1], fieldType(f))
	}
	return p, nil
}

func (p *provider) add(parent, name string, t *types.FieldType) {
	if p.structs[parent] == nil {
		p.structs[parent] = map[string]*types.FieldType{}
	}
	p.structs[parent][name] = t
}

func isThere(any) bool               { return true }
func itself(target any) (any, error) { return target, nil }

// FindStructType is part of types.Provider, as are those below.
func (p *provider) FindStructType(name string) (*types.Type, bool) {
	if _, ours := p.structs[name]; ours {
		return types.NewTypeTypeWithParam(types.NewObjectType(name)), true
	}
	return nil, false
}

// FindStructFieldNames lists nothing: suggestions are made from the vocabulary.
func (p *provider) FindStructFieldNames(string) ([]string, bool) { return nil, false }

// FindStructFieldType gives the type of a step of a path.
func (p *provider) FindStructFieldType(parent, name string) (*types.FieldType, bool) {
	t, ok := p.structs[parent][name]
	return t, ok
}

// NewValue is refused: a rule makes no customers.
func (p *provider) NewValue(string, map[string]ref.Val) ref.Val { return types.NewErr("no such type") }

// celTypes are the kinds in CEL.
var celTypes = map[Kind]*types.Type{
	Text: types.StringType, Texts: types.NewListType(types.StringType), Number: types.IntType, Truth: types.BoolType,
	Time: types.TimestampType, Years: types.IntType, Attribute: types.NewMapType(types.StringType, types.DynType),
	Consent: types.NewMapType(types.StringType, types.StringType), Amount: types.NewMapType(types.StringType, types.DoubleType),
}

func fieldType(f *Field) *types.FieldType {
	return &types.FieldType{
		Type:    celTypes[f.Kind],
		IsSet:   func(target any) bool { return known(target.(*subject).of, Ref{ID: f.ID}) },
		GetFrom: func(target any) (any, error) { return target.(*subject).get(f) },
	}
}

// get gives the value of a field as CEL holds it.
func (s *subject) get(f *Field) (any, error) {
	switch f.Kind {
	case Text:
		return types.String(s.of.Text(f.ID)), nil
	case Texts:
		return types.NewStringList(types.DefaultTypeAdapter, s.of.Texts(f.ID)), nil
	case Number:
		return types.Int(s.of.Number(f.ID)), nil
	case Truth:
		return types.Bool(s.of.Truth(f.ID)), nil
	case Time:
		if at, ok := timeOf(s.of, f.ID); ok {
			return types.Timestamp{Time: time.UnixMicro(at).UTC()}, nil
		}
	case Years:
		if born, ok := bornOn(s.of); ok {
			return types.Int(age(born, s.now)), nil
		}
	default:
		return &s.keyed[f.Kind-Attribute], nil
	}
	return nil, errUnknown
}

// environment is what a rule may use of CEL: operators, has, exists, all, and
// functions whose cost is bounded by the length of what they are given.
func environment(p *provider) (*cel.Env, error) {
	return cel.NewCustomEnv(
		cel.CustomTypeProvider(p), cel.CustomTypeAdapter(p.Registry),
		cel.StdLib(cel.StdLibSubset(subset())),
		cel.CrossTypeNumericComparisons(true), cel.EnableMacroCallTracking(),
		cel.ParserRecursionLimit(maxNesting), cel.ParserExpressionSizeLimit(maxLength), cel.ParserErrorRecoveryLimit(maxProblems),
		cel.ExpressionNodeLimit(maxNodes),
		cel.Variable("customer", types.NewObjectType(root)),
		cel.Variable("now", types.TimestampType),
		startFunction("startOfDay"), startFunction("startOfWeek"), startFunction("startOfMonth"), startFunction("startOfYear"),
	)
}

func startFunction(name string) cel.EnvOption {
	p := periods[name]
	return cel.Function(name, cel.Overload(strings.ToLower(name)+"_timestamp", []*types.Type{types.TimestampType}, types.TimestampType,
		cel.UnaryBinding(func(v ref.Val) ref.Val {
			t, ok := v.(types.Timestamp)
			if !ok {
				return types.MaybeNoSuchOverloadErr(v)
			}
			return types.Timestamp{Time: p.start(t.Time)}
		})))
}
