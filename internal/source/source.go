// Package source is the register of who tells of what customers did: its
// types, and what each has to look like (JSON Schema). Orders, support and
// identity are built in; others are configured.
package source

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/settings"
)

// Source tells of activities.
type Source struct {
	Name  string `json:"name"`
	Types []Type `json:"types"`
}

// Type is one kind of activity.
type Type struct {
	Name   string          `json:"name"`
	Schema json.RawMessage `json:"schema,omitempty"` // of the data; none: any object
	check  *jsonschema.Schema
}

// Register is all sources.
type Register []Source

const orderSchema = `{"type":"object","required":["total"],"properties":{"total":{"type":"object","required":["amount","currency"],
"properties":{"amount":{"type":"string"},"currency":{"type":"string"}}}}}`

// Builtin are the sources of the platform.
func Builtin() Register {
	r, err := Parse([]byte(`[{"name":"orders","types":[{"name":"OrderCompleted","schema":` + orderSchema + `}]},
		{"name":"support","types":[{"name":"SupportTicketCreated"},{"name":"SupportTicketResolved"}]},
		{"name":"identity","types":[{"name":"UserAuthenticated"}]}]`))
	if err != nil {
		panic(err) // a test parses it
	}
	return r
}

// Parse reads sources as JSON. Unknown members are refused.
func Parse(raw []byte) (Register, error) {
	var r Register
	if err := settings.Parse(raw, &r); err != nil {
		return nil, err
	}
	for i := range r {
		if err := r[i].compile(); err != nil {
			return nil, err
		}
		if r.find(r[i].Name) != &r[i] {
			return nil, fmt.Errorf("source %q is there twice", r[i].Name)
		}
	}
	return r, nil
}

// With adds sources; those of the same name replace.
func (r Register) With(more Register) Register {
	out := slices.Clone(more)
	for _, s := range r {
		if more.find(s.Name) == nil {
			out = append(out, s)
		}
	}
	return out
}

func (s *Source) compile() error {
	if !isName(s.Name) || len(s.Types) == 0 {
		return fmt.Errorf("source %q has no types, or no name of letters, digits, ., - and _", s.Name)
	}
	for i := range s.Types {
		t := &s.Types[i]
		if !isName(t.Name) {
			return fmt.Errorf("type %d of source %q has no name", i+1, s.Name)
		}
		if t.Schema == nil {
			continue
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(t.Schema))
		c := jsonschema.NewCompiler()
		c.UseLoader(nowhere{})
		if err == nil {
			err = c.AddResource("schema.json", doc)
		}
		if err == nil {
			t.check, err = c.Compile("schema.json")
		}
		if err != nil {
			return fmt.Errorf("the schema of %s of source %q cannot be read: %w", t.Name, s.Name, err)
		}
	}
	return nil
}

// nowhere loads nothing: a schema is whole, and asks no network.
type nowhere struct{}

func (nowhere) Load(string) (any, error) {
	return nil, errors.New("a schema may not refer to another place")
}

func (r Register) find(name string) *Source {
	for i := range r {
		if r[i].Name == name {
			return &r[i]
		}
	}
	return nil
}

// TypeIn finds a type of a source among the parts of an event's type, like
// "acme.loyalty.PointsEarned.v1"; "" where there is none.
func (r Register) TypeIn(source, eventType string) string {
	s := r.find(source)
	if s == nil {
		return ""
	}
	for _, part := range strings.Split(eventType, ".") {
		if slices.ContainsFunc(s.Types, func(t Type) bool { return t.Name == part }) {
			return part
		}
	}
	return ""
}

// Check refuses what no source tells, or what does not look as it has to.
// Faults name the place in the data and never a value.
func (r Register) Check(source, typ string, data json.RawMessage) error {
	s := r.find(source)
	if s == nil {
		return fault.ErrInvalid.At(fault.Field{Pointer: "/source", Code: "unknown_source", Msg: "there is no such source"})
	}
	i := slices.IndexFunc(s.Types, func(t Type) bool { return t.Name == typ })
	if i < 0 {
		return fault.ErrInvalid.At(fault.Field{Pointer: "/type", Code: "unknown_type", Msg: "the source has no such type"})
	}
	if s.Types[i].check == nil {
		return nil
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err == nil {
		err = s.Types[i].check.Validate(doc)
	}
	if err == nil {
		return nil
	}
	place := "/data"
	var invalid *jsonschema.ValidationError
	for errors.As(err, &invalid) && len(invalid.Causes) > 0 {
		err = invalid.Causes[0]
	}
	if invalid != nil {
		for _, part := range invalid.InstanceLocation {
			if !isName(part) {
				part = "*" // the caller's own
			}
			place += "/" + part
		}
	}
	return fault.ErrInvalid.At(fault.Field{Pointer: place, Code: "schema", Msg: "this does not conform to the source's schema"})
}

func isName(s string) bool {
	return s != "" && len(s) <= 50 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == ""
}
