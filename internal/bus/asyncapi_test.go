package bus_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/acme/customers/internal/bus"
	"github.com/acme/customers/internal/bus/bustest"
)

var update = flag.Bool("update", false, "write the golden file")

type sampleInbound struct {
	UserID string `json:"userId" doc:"the user"`
	Email  string `json:"email,omitempty"`
}

func inbound() bus.InboundSpec {
	return bus.InboundSpec{Subject: registered, Doc: "A user signed up.", Data: reflect.TypeFor[sampleInbound]()}
}

func TestTheDocumentIsTheGoldenOne(t *testing.T) {
	got, err := bus.AsyncAPI(bustest.Catalogue(), inbound())
	if err != nil {
		t.Fatal(err)
	}
	again, _ := bus.AsyncAPI(bustest.Catalogue(), inbound())
	if string(again) != string(got) {
		t.Error("the same catalogue gave another document")
	}
	const golden = "testdata/asyncapi.yaml"
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Error(diff)
	}
}

func TestEveryReferenceOfTheDocumentResolves(t *testing.T) {
	doc, err := bus.Describe(bustest.Catalogue(), []bus.InboundSpec{inbound()})
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := json.Marshal(doc)
	var root any
	if err := json.Unmarshal(raw, &root); err != nil {
		t.Fatal(err)
	}
	if n := dangling(root, root); n != 0 {
		t.Errorf("%d references lead nowhere", n)
	}
	delete(root.(map[string]any)["components"].(map[string]any)["schemas"].(map[string]any), "CloudEvent")
	if dangling(root, root) != 2 {
		t.Error("control: missing schemas were not noticed")
	}
	if _, err := bus.AsyncAPI(append(bustest.Catalogue(), bustest.Catalogue()...)); err == nil {
		t.Error("an event was described twice")
	}
}

// dangling counts the $refs below v that do not resolve from root.
func dangling(root, v any) (n int) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			n += dangling(root, e)
		}
	case map[string]any:
		for k, e := range v {
			if ref, ok := e.(string); ok && k == "$ref" {
				at := root
				for _, name := range strings.Split(strings.TrimPrefix(ref, "#/"), "/") {
					m, _ := at.(map[string]any)
					at = m[name]
				}
				if at == nil {
					n++
				}
			}
			n += dangling(root, e)
		}
	}
	return n
}

// conforms checks a value against the part of JSON Schema that is generated,
// and, unlike it, refuses what the schema does not mention: the schema must not
// leave out what we publish.
func conforms(path string, schemas []map[string]any, v any) []string {
	var wrong []string
	known := map[string][]map[string]any{}
	for _, s := range schemas {
		if !hasType(s["type"], v) {
			wrong = append(wrong, fmt.Sprintf("%s is a %T", path, v))
		}
		if c, ok := s["const"]; ok && c != v {
			wrong = append(wrong, path+" is not the constant")
		}
		if e, ok := s["enum"].([]any); ok && !slices.Contains(e, v) {
			wrong = append(wrong, path+" is not in the enumeration")
		}
		for _, name := range list(s["required"]) {
			if _, there := v.(map[string]any)[name.(string)]; !there {
				wrong = append(wrong, path+"/"+name.(string)+" is missing")
			}
		}
		props, _ := s["properties"].(map[string]any)
		for name, p := range props {
			known[name] = append(known[name], p.(map[string]any))
		}
		if items, ok := s["items"].(map[string]any); ok {
			for i, e := range list(v) {
				wrong = append(wrong, conforms(fmt.Sprint(path, "/", i), []map[string]any{items}, e)...)
			}
		}
	}
	if object, ok := v.(map[string]any); ok {
		for name, e := range object {
			if known[name] == nil {
				wrong = append(wrong, path+"/"+name+" is not in the schema")
			}
			wrong = append(wrong, conforms(path+"/"+name, known[name], e)...)
		}
	}
	return wrong
}

func list(v any) []any { l, _ := v.([]any); return l }

func hasType(want, v any) bool {
	names := append(list(want), want)
	var is string
	switch v := v.(type) {
	case string:
		is = "string"
	case bool:
		is = "boolean"
	case []any:
		is = "array"
	case map[string]any:
		is = "object"
	case nil:
		is = "null"
	case float64:
		is = "number"
		if v == float64(int64(v)) && slices.Contains(names, any("integer")) {
			is = "integer"
		}
	}
	return want == nil || slices.Contains(names, any(is))
}

func TestWhatIsPublishedConformsToItsSchema(t *testing.T) {
	files, err := bus.Schemas(bustest.Catalogue())
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		AllOf []map[string]any `json:"allOf"`
	}
	if err := json.Unmarshal(files["CustomerRegistered.v1.json"], &schema); err != nil {
		t.Fatal(err)
	}
	check := func(change func(e map[string]any)) []string {
		var e map[string]any
		if err := json.Unmarshal(encode(t, sample()).Data, &e); err != nil {
			t.Fatal(err)
		}
		change(e)
		return conforms("", schema.AllOf, e)
	}
	if wrong := check(func(map[string]any) {}); wrong != nil {
		t.Error(wrong)
	}
	for name, change := range map[string]func(map[string]any){
		"an attribute is missing": func(e map[string]any) { delete(e, "lineage") },
		"a field is new":          func(e map[string]any) { e["data"].(map[string]any)["email"] = "x" },
		"another type":            func(e map[string]any) { e["type"] = "acme.customers.Other.v1" },
		"an unknown change":       func(e map[string]any) { e["data"].(map[string]any)["changed"] = []any{"shoeSize"} },
		"a number for a text":     func(e map[string]any) { e["data"].(map[string]any)["fields"].(map[string]any)["status"] = 1.0 },
		"a field is missing":      func(e map[string]any) { delete(e["data"].(map[string]any), "fields") },
	} {
		if check(change) == nil {
			t.Errorf("control: %s, and it was not noticed", name)
		}
	}
}
