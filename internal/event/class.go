package event

import (
	"fmt"
	"reflect"
	"strings"
)

// Class says how a field is handled. Every field of an event and of a state
// carries one in its `class` tag, or starting the program fails.
type Class uint8

const (
	// Public fields are stored in clear and may be published on the bus.
	Public Class = iota
	// Personal fields are sealed under the subject's personal key: whatever
	// names a person or could: names, contacts, user and external ids, IP
	// addresses, free text, free tags, custom attributes with their keys.
	Personal
	// Sensitive fields are sealed under the subject's second key, which has
	// its own permission: the date of birth.
	Sensitive
	classes = 3
)

var classNames = [classes]string{"public", "personal", "sensitive"}

// String is the tag's spelling.
func (c Class) String() string { return classNames[c] }

// within marks a struct field whose own fields carry the tags.
const within = "within"

func parseClass(tag string) (Class, error) {
	for c, name := range classNames {
		if tag == name {
			return Class(c), nil
		}
	}
	return 0, fmt.Errorf("class tag %q is none of %s, %s", tag, strings.Join(classNames[:], ", "), within)
}

// Field is one leaf field of an event or a state.
type Field struct {
	Path  string // JSON names joined by dots, e.g. "name.given"
	Class Class
	Type  reflect.Type
	Doc   string // the `doc` tag
}

func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}
