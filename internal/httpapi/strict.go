package httpapi

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"unicode/utf8"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/acme/customers/internal/fault"
)

// decoder reads JSON bodies of one type, strictly (RFC 8259 with the demands
// of RFC 7493): names in their exact case, no name twice, no unknown name, no
// null where the type has none, valid UTF-8 and no lone surrogate, nothing
// after the value, and within the limits. encoding/json accepts all of these
// silently, and two programs that read one body differently are a way in.
//
// It checks form, not rules: that an e-mail is one is the domain's to say.
// Its errors name the place and never the value, nor a name that is not ours.
type decoder[T any] struct {
	limits  Limits
	shape   place
	options jsonv2.Options
}

func newDecoder[T any](l Limits) *decoder[T] {
	return &decoder[T]{
		limits:  l,
		shape:   shapes{}.placeOf(reflect.TypeFor[T]()),
		options: jsonv2.RejectUnknownMembers(true),
	}
}

// decode reads the whole body. The value shares no memory with it.
func (d *decoder[T]) decode(body []byte) (*T, error) {
	if !utf8.Valid(body) {
		return nil, malformed("", "invalid_utf8", "the body is not valid UTF-8")
	}
	nulls, broken := scan(body, d.limits)
	if broken.code != "" {
		return nil, d.overLimit(body, broken)
	}
	if nulls {
		if err := d.refuseNulls(body); err != nil {
			return nil, err
		}
	}
	v := new(T)
	if err := jsonv2.Unmarshal(body, v, d.options); err != nil {
		return nil, d.explain(body, err)
	}
	return v, nil
}

func malformed(pointer, code, msg string) error {
	return fault.ErrMalformed.At(fault.Field{Pointer: pointer, Code: code, Msg: msg})
}

func invalid(pointer, code, msg string) error {
	return fault.ErrInvalid.At(fault.Field{Pointer: pointer, Code: code, Msg: msg})
}

func (d *decoder[T]) overLimit(body []byte, b breach) error {
	known, _, _ := d.shape.find(pointerAt(body, b.offset))
	switch b.code {
	case "too_long":
		return invalid(known, b.code, fmt.Sprintf("a string may have %d bytes", d.limits.String))
	case "number_too_long":
		return malformed(known, b.code, fmt.Sprintf("a number may have %d characters", d.limits.Number))
	case "too_deep":
		return malformed(known, b.code, fmt.Sprintf("objects and arrays may be nested %d deep", d.limits.Depth))
	}
	return malformed(known, b.code, fmt.Sprintf("a body may have %d values", d.limits.Values))
}

// pointerAt is the pointer of the value at or around an offset of the body.
func pointerAt(body []byte, offset int) jsontext.Pointer {
	dec := jsontext.NewDecoder(bytes.NewReader(body[:offset]))
	for {
		if _, err := dec.ReadToken(); err != nil {
			return dec.StackPointer() // the cut: what was open there
		}
	}
}

// refuseNulls walks a body that has a null, and refuses it where the type has
// none: to a plain member null is neither absent nor a value.
func (d *decoder[T]) refuseNulls(body []byte) error {
	dec := jsontext.NewDecoder(bytes.NewReader(body))
	for {
		token, err := dec.ReadToken()
		if err != nil {
			return nil // the end, or not JSON, which the decoder says better
		}
		if token.Kind() != 'n' {
			continue
		}
		known, at, rest := d.shape.find(dec.StackPointer())
		if rest == "" && !at.nullable {
			return invalid(known, "null", "null is not allowed here")
		}
	}
}

// explain words a decoder's error anew: its own text quotes the input.
func (d *decoder[T]) explain(body []byte, err error) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return malformed("", "empty", "the body is empty")
	}
	if s, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		known, _, _ := d.shape.find(s.JSONPointer)
		return d.explainSyntax(body, s, known)
	}
	if s, ok := errors.AsType[*jsonv2.SemanticError](err); ok {
		return d.explainMeaning(s)
	}
	return fault.ErrMalformed
}

func (d *decoder[T]) explainSyntax(body []byte, s *jsontext.SyntacticError, known string) error {
	switch {
	case errors.Is(s.Err, jsontext.ErrDuplicateName):
		return malformed(known, "duplicate_member", fmt.Sprintf("a member occurs twice; the second is at byte %d", s.ByteOffset))
	case s.ByteOffset <= int64(len(body)) && jsontext.Value(body[:s.ByteOffset]).IsValid():
		return malformed("", "trailing_data", fmt.Sprintf("there is more after the value, at byte %d", s.ByteOffset))
	}
	return malformed(known, "syntax", fmt.Sprintf("this is not JSON at byte %d", s.ByteOffset))
}

// presentable names are ones that a caller mistyped; anything else, a number of
// many digits too, may be a person's data in the wrong place.
var presentable = regexp.MustCompile(`^[A-Za-z_]{1,38}[0-9]{0,3}$`)

func (d *decoder[T]) explainMeaning(s *jsonv2.SemanticError) error {
	known, at, rest := d.shape.find(s.JSONPointer)
	if errors.Is(s.Err, jsonv2.ErrUnknownName) {
		if presentable.MatchString(rest) {
			known += "/" + rest
		}
		return invalid(known, "unknown_member", fmt.Sprintf("there is no such member; it is at byte %d", s.ByteOffset))
	}
	if f, ok := errors.AsType[*fault.Error](s.Err); ok { // a type of ours that knows better
		return invalid(known, f.Code, f.Msg)
	}
	if s.JSONKind == '"' && at.want == "string" {
		return invalid(known, "invalid_format", "the string has not the form that is expected here")
	}
	return invalid(known, "wrong_type", "expected: "+at.want)
}
