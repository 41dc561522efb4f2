package event

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"reflect"

	"github.com/fxamacker/cbor/v2"
)

// Codec turns one struct type into bytes and back, one part for each class,
// so that each part can be sealed under its own key. The encoding is
// deterministic CBOR (RFC 8949 4.2.1) keyed by the JSON names: adding an
// optional field keeps old bytes readable.
type Codec struct {
	typ         reflect.Type
	parts       [classes]*part // nil where no field has the class
	fields      []Field
	index       [][]int // of each field, for reflect's FieldByIndex
	top         []topField
	fingerprint uint64
}

// Parts are the encoded fields of one value by class; nil where it has none.
type Parts [classes][]byte

// part holds the fields of one class: a struct type of just these fields, and
// where each of them sits in the whole.
type part struct {
	typ   reflect.Type
	steps []step
}

type step struct {
	from, to int
	nested   *part // non-nil where the field's own fields carry the classes
}

type topField struct {
	index int
	name  string
}

var (
	encoder = must(cbor.EncOptions{Sort: cbor.SortCoreDeterministic, ShortestFloat: cbor.ShortestFloat16,
		Time: cbor.TimeRFC3339Nano, IndefLength: cbor.IndefLengthForbidden}.EncMode())
	decoder = must(cbor.DecOptions{DupMapKey: cbor.DupMapKeyEnforcedAPF, IndefLength: cbor.IndefLengthForbidden,
		IntDec: cbor.IntDecConvertSigned}.DecMode())
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// NewCodec compiles the codec of a struct type. It fails when a field has no
// class or no JSON name: a value without a class has no place to be stored.
func NewCodec(typ reflect.Type) (*Codec, error) {
	c := &Codec{typ: typ}
	if typ.Kind() != reflect.Struct {
		return nil, fmt.Errorf("%s is not a struct", typ)
	}
	if err := c.leaves(typ, "", nil); err != nil {
		return nil, err
	}
	for class := range Class(classes) {
		c.parts[class] = compile(typ, class)
	}
	for i := range typ.NumField() {
		c.top = append(c.top, topField{i, jsonName(typ.Field(i))})
	}
	h := sha256.New()
	for _, f := range c.fields {
		fmt.Fprintf(h, "%s %s %s\n", f.Path, f.Class, f.Type)
	}
	c.fingerprint = binary.BigEndian.Uint64(h.Sum(nil))
	return c, nil
}

// Fields lists the leaf fields in declaration order.
func (c *Codec) Fields() []Field { return c.fields }

// Fingerprint changes whenever a field's name, class or type does.
func (c *Codec) Fingerprint() uint64 { return c.fingerprint }

// Each gives the leaf fields that v sets, in declaration order. v is a struct of
// the codec's type or a pointer to one.
func (c *Codec) Each(v any, do func(f Field, value any)) {
	src := reflect.Indirect(reflect.ValueOf(v))
	for i, f := range c.fields {
		value, err := src.FieldByIndexErr(c.index[i])
		if err != nil || value.IsZero() {
			continue
		}
		do(f, reflect.Indirect(value).Interface())
	}
}

// Split encodes v, a struct of the codec's type or a pointer to one.
func (c *Codec) Split(v any) (Parts, error) {
	src := reflect.Indirect(reflect.ValueOf(v))
	var out Parts
	for class, p := range c.parts {
		if p == nil {
			continue
		}
		dst := reflect.New(p.typ)
		p.copyOut(src, dst.Elem())
		if dst.Elem().IsZero() {
			continue
		}
		raw, err := encoder.Marshal(dst.Interface())
		if err != nil {
			return out, fmt.Errorf("encode the %s part of %s: %w", Class(class), c.typ, err)
		}
		out[class] = raw
	}
	return out, nil
}

// Join decodes parts into v, a pointer to a struct of the codec's type. Parts
// that are nil leave their fields zero.
func (c *Codec) Join(parts Parts, v any) error {
	dst := reflect.ValueOf(v).Elem()
	for class, raw := range parts {
		if len(raw) == 0 {
			continue
		}
		p := c.parts[class]
		if p == nil {
			return fmt.Errorf("%s has no %s part", c.typ, Class(class))
		}
		src := reflect.New(p.typ)
		if err := decoder.Unmarshal(raw, src.Interface()); err != nil {
			return fmt.Errorf("decode the %s part of %s: %w", Class(class), c.typ, redact(err))
		}
		p.copyIn(src.Elem(), dst)
	}
	return nil
}

// redact keeps a decoder's message, which may quote a value, out of errors.
func redact(err error) error { return fmt.Errorf("%T", err) }

// Public decodes the public part alone, as the struct that may be shown to
// anyone: it has no other fields. Nil when the type has no public field.
func (c *Codec) Public(raw []byte) (any, error) {
	p := c.parts[Public]
	if p == nil {
		return nil, nil
	}
	v := reflect.New(p.typ)
	if len(raw) > 0 {
		if err := decoder.Unmarshal(raw, v.Interface()); err != nil {
			return nil, fmt.Errorf("decode the public part of %s: %w", c.typ, redact(err))
		}
	}
	return v.Interface(), nil
}

// PublicType is the struct type of the public fields, nil when there is none.
func (c *Codec) PublicType() reflect.Type {
	if c.parts[Public] == nil {
		return nil
	}
	return c.parts[Public].typ
}

// Changed names the top-level fields that v sets, in declaration order. Names
// only, never map keys: the keys of custom attributes are personal.
func (c *Codec) Changed(v any) []string {
	src := reflect.Indirect(reflect.ValueOf(v))
	var names []string
	for _, f := range c.top {
		if !src.Field(f.index).IsZero() {
			names = append(names, f.name)
		}
	}
	return names
}
