package httpapi

import (
	"bytes"
	"io"
	"reflect"
	"testing"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	"pgregory.net/rapid"
)

// filled sets every field of a struct, through reflection, so that a field
// that is added later is there, too.
func filled(t *rapid.T, v reflect.Value) {
	if rapid.IntRange(0, 3).Draw(t, "empty") == 0 {
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		filled(t, v.Elem())
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.UnixMicro(rapid.Int64Range(-1<<50, 1<<52).Draw(t, "at")).UTC()))
			return
		}
		for i := range v.NumField() {
			filled(t, v.Field(i))
		}
	case reflect.String:
		v.SetString(rapid.String().Draw(t, "text"))
	case reflect.Int, reflect.Int64:
		v.SetInt(rapid.Int64Range(-5, 1<<40).Draw(t, "number"))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Slice:
		v.Set(reflect.ValueOf(rapid.SliceOf(rapid.String()).Draw(t, "list")))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for key, value := range rapid.MapOf(rapid.String(), rapid.String()).Draw(t, "map") {
			v.SetMapIndex(reflect.ValueOf(key), reflect.ValueOf(value))
		}
	default:
		t.Fatalf("nothing fills a %s", v.Type())
	}
}

func TestACustomerIsWrittenAsReflectionWould(t *testing.T) {
	differs := func(t *rapid.T, write func(io.Writer, any) error) bool {
		var c Customer
		for i := range reflect.TypeFor[Customer]().NumField() {
			filled(t, reflect.ValueOf(&c).Elem().Field(i))
		}
		want, err := jsonv2.Marshal(&c, jsonv2.Deterministic(true))
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		return write(&got, &c) != nil || got.String() != string(want)
	}
	rapid.Check(t, func(t *rapid.T) {
		if differs(t, marshal) {
			t.Fatal("not the same bytes")
		}
	})
	noticed := false // control: a writer that forgets a member
	rapid.Check(t, func(t *rapid.T) {
		noticed = noticed || differs(t, func(w io.Writer, v any) error {
			c := *v.(*Customer)
			c.Tags = nil
			return marshal(w, &c)
		})
	})
	if !noticed {
		t.Error("a forgotten member is not noticed")
	}
}

func TestWhatIsNoTextIsAnError(t *testing.T) {
	if err := marshal(io.Discard, &Customer{ID: "\xff"}); err == nil {
		t.Error("invalid UTF-8 was written")
	}
}
