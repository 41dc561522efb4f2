package httpapi

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// A shape is what we know of a type of body: the names that it may hold. It
// turns the pointer of a refusal into one that names nothing but our members.
type shape struct {
	want     string           // the JSON type, in words for the caller
	members  map[string]place // of an object whose members we name
	elem     *place           // of an array, or of an object with free keys
	freeKeys bool             // the keys are the caller's: personal
	anything bool             // takes any JSON value
}

// A place is where a shape is used.
type place struct {
	*shape
	nullable bool
}

var (
	timeType        = reflect.TypeFor[time.Time]()
	textType        = reflect.TypeFor[encoding.TextUnmarshaler]()
	decodesOneself  = reflect.TypeFor[jsonv2.UnmarshalerFrom]()
	decodesReparsed = reflect.TypeFor[jsonv2.Unmarshaler]()
	rawTypes        = []reflect.Type{reflect.TypeFor[jsontext.Value](), reflect.TypeFor[json.RawMessage]()}
)

// shapes is what was described so far: types may refer to themselves.
type shapes map[reflect.Type]*shape

// placeOf describes t. It panics at start-up on a type whose UnmarshalJSON
// would parse its bytes anew, for that loses every strictness: such a type
// must have UnmarshalJSONFrom.
func (all shapes) placeOf(t reflect.Type) place {
	nullable := false
	for {
		if o, ok := reflect.Zero(t).Interface().(optional); ok {
			t, nullable = o.inner(), true
		} else if t.Kind() == reflect.Pointer {
			t, nullable = t.Elem(), true
		} else {
			break
		}
	}
	s := all[t]
	if s == nil {
		s = &shape{}
		all[t] = s
		all.describe(s, t)
	}
	return place{s, nullable || s.anything}
}

func (all shapes) describe(s *shape, t reflect.Type) {
	p := reflect.PointerTo(t)
	switch {
	case t == timeType:
		s.want = "RFC 3339 date-time"
	case t == rawTypes[0], t == rawTypes[1], t.Kind() == reflect.Interface, p.Implements(decodesOneself):
		s.want, s.anything = "value", true
	case p.Implements(decodesReparsed):
		panic(fmt.Sprintf("httpapi: %v has UnmarshalJSON; give it UnmarshalJSONFrom", t))
	case p.Implements(textType):
		s.want = "string"
	case t.Kind() == reflect.Struct:
		s.want, s.members = "object", map[string]place{}
		all.addMembers(s.members, t)
	case t.Kind() == reflect.Map:
		elem := all.placeOf(t.Elem())
		s.want, s.freeKeys, s.elem = "object", true, &elem
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8:
		s.want = "base64 string"
	case t.Kind() == reflect.Slice, t.Kind() == reflect.Array:
		elem := all.placeOf(t.Elem())
		s.want, s.elem = "array", &elem
	default:
		s.want = scalar(t.Kind())
	}
}

func (all shapes) addMembers(members map[string]place, t reflect.Type) {
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-":
		case f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct:
			all.addMembers(members, f.Type)
		case !f.IsExported():
		case name == "":
			members[f.Name] = all.placeOf(f.Type)
		default:
			members[name] = all.placeOf(f.Type)
		}
	}
}

func scalar(k reflect.Kind) string {
	switch k {
	case reflect.Bool:
		return "boolean"
	case reflect.Float32, reflect.Float64:
		return "number"
	case reflect.String:
		return "string"
	}
	return "integer"
}

// find follows a pointer as far as the shape goes. known is the part of it
// that holds only our names, with * for the caller's keys; at is the place
// there; rest is the first token that is not known there, if any.
func (at place) find(p jsontext.Pointer) (known string, _ place, rest string) {
	var b strings.Builder
	for token := range p.Tokens() {
		next, shown := at.step(token)
		if next.shape == nil {
			return b.String(), at, token
		}
		b.WriteString("/")
		b.WriteString(shown)
		at = next
	}
	return b.String(), at, ""
}

func (at place) step(token string) (next place, shown string) {
	switch {
	case at.members != nil:
		return at.members[token], token
	case at.elem == nil:
		return place{}, ""
	case at.freeKeys:
		return *at.elem, "*"
	default: // an index, which the decoder counted
		return *at.elem, token
	}
}
