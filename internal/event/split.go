package event

import (
	"fmt"
	"reflect"
	"slices"
)

// leaves lists the classified fields of typ and checks every tag.
func (c *Codec) leaves(typ reflect.Type, prefix string, at []int) error {
	for i := range typ.NumField() {
		f := typ.Field(i)
		name, tag, index := jsonName(f), f.Tag.Get("class"), append(slices.Clone(at), i)
		switch {
		case !f.IsExported():
			return fmt.Errorf("%s.%s is not exported", typ, f.Name)
		case name == "" || name == "-":
			return fmt.Errorf("%s.%s has no json name", typ, f.Name)
		case tag == within:
			if f.Type.Kind() != reflect.Struct {
				return fmt.Errorf("%s.%s: class %q needs a struct", typ, f.Name, within)
			}
			if err := c.leaves(f.Type, prefix+name+".", index); err != nil {
				return err
			}
		default:
			class, err := parseClass(tag)
			if err != nil {
				return fmt.Errorf("%s.%s: %w", typ, f.Name, err)
			}
			c.fields = append(c.fields, Field{prefix + name, class, f.Type, f.Tag.Get("doc")})
			c.index = append(c.index, index)
		}
	}
	return nil
}

// compile builds the part of one class, or nil when typ has none of it. The
// tags were checked by leaves.
func compile(typ reflect.Type, class Class) *part {
	p := &part{}
	var fields []reflect.StructField
	for i := range typ.NumField() {
		f := typ.Field(i)
		s := step{from: i, to: len(fields)}
		if tag := f.Tag.Get("class"); tag == within {
			if s.nested = compile(f.Type, class); s.nested == nil {
				continue
			}
			f.Type = s.nested.typ
		} else if c, _ := parseClass(tag); c != class {
			continue
		}
		fields = append(fields, reflect.StructField{Name: f.Name, Type: f.Type, Tag: f.Tag})
		p.steps = append(p.steps, s)
	}
	if len(fields) == 0 {
		return nil
	}
	p.typ = reflect.StructOf(fields)
	return p
}

// copyOut copies the part's fields out of the whole.
func (p *part) copyOut(whole, part reflect.Value) {
	for _, s := range p.steps {
		if s.nested != nil {
			s.nested.copyOut(whole.Field(s.from), part.Field(s.to))
			continue
		}
		part.Field(s.to).Set(whole.Field(s.from))
	}
}

// copyIn copies the part's fields back into the whole.
func (p *part) copyIn(part, whole reflect.Value) {
	for _, s := range p.steps {
		if s.nested != nil {
			s.nested.copyIn(part.Field(s.to), whole.Field(s.from))
			continue
		}
		whole.Field(s.from).Set(part.Field(s.to))
	}
}
