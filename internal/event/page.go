package event

import (
	"fmt"
	"io"
	"reflect"
)

// Page writes the catalogue as Markdown: every event with its fields and their
// classes. Definitions come from an Aggregate. It is also the golden file of the wire: a line that changes is a
// change that old records and other services see.
func Page(w io.Writer, defs []Definition) error {
	for _, d := range defs {
		significance := "routine"
		if d.Notable {
			significance = "notable"
		}
		if _, err := fmt.Fprintf(w, "\n## %s\n\n%s Schema %d, %s.\n", d.Name, d.Doc, d.Schema, significance); err != nil {
			return err
		}
		if len(d.Codec.Fields()) == 0 {
			continue
		}
		fmt.Fprint(w, "\n| field | class | type |\n|---|---|---|\n")
		for _, f := range d.Codec.Fields() {
			fmt.Fprintf(w, "| `%s` | %s | %s |\n", f.Path, f.Class, typeName(f.Type))
		}
	}
	return nil
}

// typeName says a type in the catalogue's own words.
func typeName(t reflect.Type) string {
	switch {
	case t.Kind() == reflect.Pointer:
		return typeName(t.Elem()) + ", absent when unchanged"
	case t.String() == "time.Time":
		return "RFC 3339 time"
	case t.Kind() == reflect.Slice:
		return "list of " + typeName(t.Elem())
	case t.Kind() == reflect.Map:
		return "map of " + typeName(t.Elem())
	case t.Kind() == reflect.Interface:
		return "string, number or boolean"
	case t.Kind() == reflect.Struct:
		return "object"
	}
	return t.Kind().String()
}
