package rule

import (
	"reflect"
	"sync"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// subject is the customer that a program runs on, at an instant. It is the
// activation and the value of customer in one.
type subject struct {
	of    Customer
	now   time.Time
	clock any // now as CEL holds it
	keyed [3]keyed
}

var subjects = sync.Pool{New: func() any {
	s := &subject{}
	for i := range s.keyed {
		s.keyed[i] = keyed{s, Attribute + Kind(i)}
	}
	return s
}}

// newSubject takes one from the pool; give it back with free. Times below a
// microsecond are cut off: fields have none.
func newSubject(now time.Time) *subject {
	s := subjects.Get().(*subject)
	s.now = now.UTC().Truncate(time.Microsecond)
	s.clock = types.Timestamp{Time: s.now}
	return s
}

func (s *subject) free() {
	s.of, s.clock = nil, nil
	subjects.Put(s)
}

// ResolveName is part of cel.Activation.
func (s *subject) ResolveName(name string) (any, bool) {
	switch name {
	case "customer":
		return s, true
	case "now":
		return s.clock, true
	}
	return nil, false
}

// Parent is part of cel.Activation.
func (s *subject) Parent() cel.Activation { return nil }

// keyed are the values of a field that is kept by key. A rule names the key
// itself, so that there is nothing to count or to walk.
type keyed struct {
	*subject
	kind Kind
}

// Find gives the value of a key; it is part of traits.Mapper, as are those below.
func (k *keyed) Find(key ref.Val) (ref.Val, bool) {
	name, ok := key.(types.String)
	if !ok {
		return types.MaybeNoSuchOverloadErr(key), false
	}
	switch k.kind {
	case Attribute:
		return attributeValue(k.of.Attribute(string(name)))
	case Consent:
		return types.String(consentOf(k.of, string(name))), true
	}
	return types.Double(k.of.Total(string(name))), true
}

func attributeValue(v any) (ref.Val, bool) {
	switch v := v.(type) {
	case string:
		return types.String(v), true
	case float64:
		return types.Double(v), true
	case bool:
		return types.Bool(v), true
	}
	return nil, false
}

// Contains reports whether there is a value: "k" in customer.attributes.
func (k *keyed) Contains(key ref.Val) ref.Val {
	name, ok := key.(types.String)
	if !ok {
		return types.MaybeNoSuchOverloadErr(key)
	}
	return types.Bool(k.kind != Attribute || k.of.Attribute(string(name)) != nil)
}

// Get gives the value of a key or an error.
func (k *keyed) Get(key ref.Val) ref.Val {
	if v, ok := k.Find(key); ok {
		return v
	}
	return types.WrapErr(errUnknown)
}

// Iterator, Size and the rest are what no rule that compiles can ask for.
func (k *keyed) Iterator() traits.Iterator {
	return types.NewStringList(types.DefaultTypeAdapter, nil).Iterator()
}
func (k *keyed) Size() ref.Val                             { return types.WrapErr(errUnknown) }
func (k *keyed) ConvertToNative(reflect.Type) (any, error) { return nil, errUnknown }
func (k *keyed) ConvertToType(ref.Type) ref.Val            { return types.WrapErr(errUnknown) }
func (k *keyed) Equal(ref.Val) ref.Val                     { return types.WrapErr(errUnknown) }
func (k *keyed) Type() ref.Type                            { return types.MapType }
func (k *keyed) Value() any                                { return k }
