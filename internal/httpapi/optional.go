package httpapi

import (
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Optional is a member of a merge patch (RFC 7396), where absent means leave
// alone and null means remove. Tag it with omitzero, which also tells the
// OpenAPI document that it may be absent.
type Optional[T any] struct {
	Set   bool // the member was there
	Null  bool // and was null; Value is then zero
	Value T
}

// optional lets a shape look through an Optional of any type.
type optional interface{ inner() reflect.Type }

func (Optional[T]) inner() reflect.Type { return reflect.TypeFor[T]() }

// IsZero says that the member was absent.
func (o Optional[T]) IsZero() bool { return !o.Set }

// patch is how commands take a change: nil keeps, zero removes.
func (o Optional[T]) patch() *T {
	if !o.Set {
		return nil
	}
	return &o.Value
}

// UnmarshalJSONFrom reads from the running decoder, so that strictness holds
// inside the value too.
func (o *Optional[T]) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	*o = Optional[T]{Set: true}
	if d.PeekKind() == 'n' {
		o.Null = true
		_, err := d.ReadToken()
		return err
	}
	return jsonv2.UnmarshalDecode(d, &o.Value)
}

// MarshalJSONTo writes the value, or null.
func (o Optional[T]) MarshalJSONTo(e *jsontext.Encoder) error {
	if !o.Set || o.Null {
		return e.WriteToken(jsontext.Null)
	}
	return jsonv2.MarshalEncode(e, o.Value)
}

// Schema is T's schema, or null.
func (Optional[T]) Schema(r huma.Registry) *huma.Schema {
	inner := r.Schema(reflect.TypeFor[T](), true, "")
	if inner.Ref != "" {
		return &huma.Schema{OneOf: []*huma.Schema{inner, {Type: "null"}}}
	}
	s := *inner
	s.Nullable = true
	return &s
}
