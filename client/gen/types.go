package main

import (
	"fmt"
	"maps"
	"slices"
)

// byHand are the schemas that package client writes itself, because they are
// errors; TestTheProblemIsAsDescribed of gen_test.go compares them.
var byHand = []string{"Problem", "ProblemField"}

// structure is a struct of the client.
type structure struct {
	Name   string
	Doc    string
	Fields []field
}

type field struct{ Name, Type, Tag, Doc string }

// typing gives Go types to schemas.
type typing struct {
	schemas map[string]*schema
	enums   enums
}

func (t *typing) structure(name string) (structure, error) {
	s, out := t.schemas[name], structure{Name: exported(name)}
	if !slices.Equal(s.Type, types{"object"}) || s.Properties == nil {
		return out, fmt.Errorf("%s is no object with members", name)
	}
	for _, member := range slices.Sorted(maps.Keys(s.Properties)) {
		f, err := t.field(name, member, s)
		if err != nil {
			return out, err
		}
		out.Fields = append(out.Fields, f)
	}
	return out, nil
}

// field gives a member its type. What is optional is left out when it is zero,
// and is a pointer where zero is something to say: in what is sent (false, 0)
// and of objects. What may be null and left out is a Change.
func (t *typing) field(owner, member string, of *schema) (field, error) {
	s, null := of.Properties[member].plain()
	typ, err := t.of(owner, member, s)
	required := slices.Contains(of.Required, member)
	tag := member + ",omitzero"
	switch {
	case err != nil:
		return field{}, err
	case required && null:
		typ, tag = "*"+typ, member
	case required:
		tag = member
	case null:
		typ = "Change[" + typ + "]"
	case s.Ref != "", !of.Additional.allowed && slices.Contains([]string{"bool", "int64", "float64"}, typ):
		typ = "*" + typ
	}
	return field{exported(member), typ, "`json:\"" + tag + "\"`", of.Properties[member].Description}, nil
}

// of is the type of a value that is there and not null.
func (t *typing) of(owner, member string, s *schema) (string, error) {
	if s.Ref != "" {
		return exported(refName(s)), nil
	}
	if len(s.Type) == 0 && len(s.OneOf) == 0 {
		return "any", nil
	}
	if len(s.Type) != 1 || len(s.OneOf) > 0 {
		return "", fmt.Errorf("%s.%s is one of several types", owner, member)
	}
	switch s.Type[0] {
	case "string":
		return t.text(owner, member, s), nil
	case "integer":
		return "int64", nil
	case "number":
		return "float64", nil
	case "boolean":
		return "bool", nil
	case "array":
		inner, err := t.inner(owner, member, s.Items)
		return "[]" + inner, err
	case "object":
		if s.Properties != nil {
			return "", fmt.Errorf("%s.%s is an object without a name", owner, member)
		}
		inner, err := t.inner(owner, member, s.Additional.of)
		return "map[string]" + inner, err
	}
	return "", fmt.Errorf("%s.%s is of type %v", owner, member, s.Type)
}

// inner is the type of what is in a list or a map; nil is anything.
func (t *typing) inner(owner, member string, s *schema) (string, error) {
	if s == nil {
		return "any", nil
	}
	s, null := s.plain()
	typ, err := t.of(owner, member, s)
	if null {
		typ = "*" + typ
	}
	return typ, err
}

func (t *typing) text(owner, member string, s *schema) string {
	switch {
	case slices.Equal(s.Enum, []string{"true"}), slices.Equal(s.Enum, []string{"true", "false"}): // of a parameter
		return "*bool"
	case len(s.Enum) > 0:
		return t.enums.use(owner, member, s.Enum).Name
	case s.Format == "date-time":
		return "time.Time"
	}
	return "string" // uuid, uri and date too: what they hold is the service's to check
}

// reach adds a schema and all that it refers to.
func (t *typing) reach(s *schema, into map[string]bool) {
	if s == nil {
		return
	}
	if name := refName(s); s.Ref != "" && !into[name] {
		into[name] = true
		t.reach(t.schemas[name], into)
	}
	for _, p := range s.Properties {
		t.reach(p, into)
	}
	for _, o := range s.OneOf {
		t.reach(o, into)
	}
	t.reach(s.Items, into)
	t.reach(s.Additional.of, into)
}

func refName(s *schema) string {
	const prefix = "#/components/schemas/"
	if len(s.Ref) <= len(prefix) {
		return ""
	}
	return s.Ref[len(prefix):]
}
