package main

import (
	"bytes"
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"
)

// document is the part of OpenAPI 3.1 that our description uses. It is read
// strictly: a construct that is not listed here stops the generator instead of
// being left out of the client.
type document struct {
	OpenAPI    string
	Info       any
	Security   any
	Paths      map[string]map[string]operation
	Components struct {
		Schemas         map[string]*schema
		Parameters      any // of every operation: see ofAll
		SecuritySchemes any `yaml:"securitySchemes"`
	}
}

type operation struct {
	ID          string `yaml:"operationId"`
	Summary     string
	Description string
	Tags        []string
	Parameters  []parameter
	RequestBody body `yaml:"requestBody"`
	Responses   map[string]response
}

type parameter struct {
	Ref                   string `yaml:"$ref"`
	Name, In, Description string
	Required, Explode     bool
	Schema                *schema
}

type body struct {
	Content  map[string]media
	Required bool
}

type response struct {
	Description string
	Content     map[string]media
	Headers     map[string]struct{ Schema *schema }
}

type media struct{ Schema *schema }

// schema is a JSON Schema. What only limits values is the service's to check.
type schema struct {
	Ref         string `yaml:"$ref"`
	Type        types
	Format      string
	Description string
	Enum        []string
	Properties  map[string]*schema
	Required    []string
	Items       *schema
	Additional  additional `yaml:"additionalProperties"`
	OneOf       []*schema  `yaml:"oneOf"`

	Limits `yaml:",inline"`
}

// Limits are the keywords that change no type.
type Limits struct {
	MaxLen   any `yaml:"maxLength"`
	MinLen   any `yaml:"minLength"`
	MaxItems any `yaml:"maxItems"`
	MinItems any `yaml:"minItems"`
	Maximum  any
	Minimum  any
	Pattern  any
	Default  any
}

// types are those of a value; "null" among them makes it nullable.
type types []string

func (t *types) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		*t = types{n.Value}
		return nil
	}
	var list []string
	err := n.Decode(&list)
	*t = list
	return err
}

// additional is whether an object has members of other names, and of which type.
type additional struct {
	allowed bool
	of      *schema // nil: anything
}

func (a *additional) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		return n.Decode(&a.allowed)
	}
	a.allowed = true
	if len(n.Content) == 0 {
		return nil
	}
	return n.Decode(&a.of)
}

func parse(text []byte) (*document, error) {
	d := &document{}
	in := yaml.NewDecoder(bytes.NewReader(text))
	in.KnownFields(true)
	if err := in.Decode(d); err != nil {
		return nil, fmt.Errorf("the description: %w", err)
	}
	for path, operations := range d.Paths {
		for method, o := range operations {
			o.Parameters = slices.DeleteFunc(o.Parameters, func(p parameter) bool { return p.Ref == ofAll })
			if slices.ContainsFunc(o.Parameters, func(p parameter) bool { return p.Ref != "" }) {
				return nil, fmt.Errorf("the description: %s refers to a parameter that is not known", o.ID)
			}
			d.Paths[path][method] = o
		}
	}
	return d, nil
}

// ofAll is the parameter that the client sends with every operation by itself
// (For, WithPurpose).
const ofAll = "#/components/parameters/Purpose"

// plain is the schema without null, and whether there was one.
func (s *schema) plain() (*schema, bool) {
	if len(s.OneOf) == 2 && slices.Equal(s.OneOf[1].Type, types{"null"}) {
		return s.OneOf[0], true
	}
	i := slices.Index(s.Type, "null")
	if i < 0 {
		return s, false
	}
	out := *s
	out.Type = slices.Delete(slices.Clone(s.Type), i, i+1)
	return &out, true
}
