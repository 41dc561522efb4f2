package event

import (
	"reflect"
	"slices"
)

// Change is one field that differs between two values of a codec's type. For a
// map there is one change for each key. Before and After are nil where the
// field was empty.
type Change struct {
	Field         Field
	Key           string // of a map's entry, else ""
	Before, After any
}

// Diff compares two values field by field, in declaration order. Both are
// structs of the codec's type or pointers to them.
func (c *Codec) Diff(before, after any) []Change {
	var out []Change
	a, b := reflect.Indirect(reflect.ValueOf(before)), reflect.Indirect(reflect.ValueOf(after))
	for i, f := range c.fields {
		x, y := a.FieldByIndex(c.index[i]), b.FieldByIndex(c.index[i])
		switch {
		case f.Type.Kind() == reflect.Map:
			out = append(out, diffMap(f, x, y)...)
		case !reflect.DeepEqual(x.Interface(), y.Interface()):
			out = append(out, Change{Field: f, Before: shown(x), After: shown(y)})
		}
	}
	return out
}

func diffMap(f Field, before, after reflect.Value) []Change {
	keys := map[string]bool{}
	for _, m := range []reflect.Value{before, after} {
		for _, k := range m.MapKeys() {
			keys[k.String()] = true
		}
	}
	var out []Change
	for key := range keys {
		k := reflect.ValueOf(key)
		x, y := entry(before, k), entry(after, k)
		switch {
		case reflect.DeepEqual(x, y):
		case x != nil && y != nil && reflect.TypeOf(x).Kind() == reflect.Struct:
			out = append(out, diffEntry(f, key, reflect.ValueOf(x), reflect.ValueOf(y))...)
		default:
			out = append(out, Change{Field: f, Key: key, Before: x, After: y})
		}
	}
	slices.SortFunc(out, func(x, y Change) int {
		if x.Key < y.Key {
			return -1
		}
		return 1
	})
	return out
}

// diffEntry compares two values of a map field by field, by their JSON names.
func diffEntry(f Field, key string, before, after reflect.Value) (out []Change) {
	for _, member := range reflect.VisibleFields(before.Type()) {
		name := jsonName(member)
		if name == "" || member.Anonymous {
			continue
		}
		x, y := before.FieldByIndex(member.Index), after.FieldByIndex(member.Index)
		if !reflect.DeepEqual(x.Interface(), y.Interface()) {
			out = append(out, Change{Field: f, Key: key + "." + name, Before: shown(x), After: shown(y)})
		}
	}
	return out
}

func entry(m, key reflect.Value) any {
	v := m.MapIndex(key)
	if !v.IsValid() {
		return nil
	}
	return v.Interface()
}

func shown(v reflect.Value) any {
	if v.IsZero() && v.Kind() != reflect.Bool {
		return nil
	}
	return v.Interface()
}
