package main

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func description(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile("../../openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// stale names the files of a folder that are not what a description gives.
func stale(t *testing.T, text []byte, dir string) (names []string) {
	t.Helper()
	want, err := generate(text)
	if err != nil {
		t.Fatal(err)
	}
	there, err := filepath.Glob(filepath.Join(dir, "*"+suffix))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range there {
		src, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if name := filepath.Base(path); !bytes.Equal(src, want[name]) {
			names = append(names, name)
		}
		delete(want, filepath.Base(path))
	}
	return append(names, slices.Sorted(maps.Keys(want))...)
}

// Go's cache of test results knows nothing of files outside the module: where
// only openapi.yaml changed it takes -count=1, as in make test.
func TestTheClientIsWhatTheDescriptionSays(t *testing.T) {
	text := description(t)
	if names := stale(t, text, ".."); len(names) > 0 {
		t.Errorf("stale: %v; run go generate in client", names)
	}
	// What it must notice.
	changed := bytes.Replace(text, []byte("operationId: addNote"), []byte("operationId: addRemark"), 1)
	if names := stale(t, changed, ".."); !slices.Contains(names, "notes.gen.go") {
		t.Errorf("of an operation with another name it notices %v", names)
	}
	if names := stale(t, text, t.TempDir()); len(names) < 10 {
		t.Errorf("of no files it misses %v", names)
	}
}

func TestGeneratedFilesAreSmallAndSaySo(t *testing.T) {
	files, err := generate(description(t))
	if err != nil {
		t.Fatal(err)
	}
	methods := 0
	for name, src := range files {
		if !bytes.HasPrefix(src, []byte("// Code generated ")) || !bytes.Contains(src[:200], []byte("DO NOT EDIT.\n")) {
			t.Errorf("%s does not say that it is generated", name)
		}
		if n := bytes.Count(src, []byte("\n")); n > 500 {
			t.Errorf("%s has %d lines", name, n)
		}
		methods += bytes.Count(src, []byte("opts ...CallOption)"))
	}
	if ids := bytes.Count(description(t), []byte("operationId:")); methods < ids || ids < 50 {
		t.Errorf("%d methods of %d operations", methods, ids)
	}
}

// What is written by hand has to have the members that are described.
func TestTheProblemIsAsDescribed(t *testing.T) {
	d, err := parse(description(t))
	if err != nil {
		t.Fatal(err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), "../problem.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range byHand {
		var tags []string
		for _, f := range file.Scope.Lookup(name).Decl.(*ast.TypeSpec).Type.(*ast.StructType).Fields.List {
			tag, _, _ := strings.Cut(reflect.StructTag(strings.Trim(f.Tag.Value, "`")).Get("json"), ",")
			if tag != "-" {
				tags = append(tags, tag)
			}
		}
		slices.Sort(tags)
		if want := slices.Sorted(maps.Keys(d.Components.Schemas[name].Properties)); !slices.Equal(tags, want) {
			t.Errorf("%s has %v, described are %v", name, tags, want)
		}
	}
}

// Every id in the lists of the generator is one of the description: one that
// was renamed must not lose what the list says of it.
func TestTheListsNameWhatThereIs(t *testing.T) {
	text := string(description(t))
	for _, id := range repeatable {
		if !strings.Contains(text, "operationId: "+id+"\n") {
			t.Errorf("there is no operation %s", id)
		}
	}
	files, err := generate([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	all := string(bytes.Join(slices.Collect(maps.Values(files)), nil))
	for long, short := range enumNames {
		if !strings.Contains(all, "\ntype "+short+" string\n") {
			t.Errorf("%s (%s) names no enumeration", short, long)
		}
	}
}

// What the generator does not understand stops it.
func TestWhatIsNotUnderstoodIsRefused(t *testing.T) {
	const good = `
openapi: 3.1.0
paths:
  /v1/x/{id}:
    get:
      operationId: getX
      summary: Get x
      tags: [X]
      parameters:
        - {name: id, in: path, required: true, schema: {type: string}}
        - {name: limit, in: query, schema: {type: integer}}
      responses:
        "200": {description: OK, content: {application/json: {schema: {$ref: "#/components/schemas/X"}}}}
components:
  schemas:
    X: {type: object, properties: {a: {type: string}, b: {type: [integer, "null"]}}}
`
	if files, err := generate([]byte(good)); err != nil || !strings.Contains(string(files["x.gen.go"]), "func (c *Client) GetX(ctx context.Context, id string, limit int64, opts ...CallOption) (X, error)") {
		t.Fatalf("%s: %v", files["x.gen.go"], err)
	}
	for name, change := range map[string][2]string{
		"an unknown keyword":       {"{type: string}, b:", "{type: string, not: {}}, b:"},
		"a union":                  {"{type: [integer, \"null\"]}", "{type: [integer, string]}"},
		"an object without a name": {"{type: string}, b:", "{type: object, properties: {c: {type: string}}}, b:"},
		"a cookie":                 {"in: query", "in: cookie"},
		"another shared parameter": {"{name: limit, in: query, schema: {type: integer}}", "{$ref: \"#/components/parameters/Limit\"}"},
		"no operation id":          {"operationId: getX", "operationId: \"\""},
		"a type that nobody uses":  {"    X: {", "    Y: {type: object, properties: {}}\n    X: {"},
		"two things of one name":   {"operationId: getX", "operationId: x"},
		"an unknown body":          {"      responses:", "      requestBody: {content: {text/plain: {schema: {type: string}}}}\n      responses:"},
	} {
		broken := strings.Replace(good, change[0], change[1], 1)
		if _, err := generate([]byte(broken)); err == nil || broken == good {
			t.Errorf("%s goes through", name)
		}
	}
}
