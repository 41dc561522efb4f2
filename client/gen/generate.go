package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"go/format"
	"maps"
	"slices"
	"strings"
	"text/template"
)

// suffix ends the names of generated files.
const suffix = ".gen.go"

// shared is the file of the types that several topics use.
const shared = "shared"

//go:embed file.tmpl
var fileTemplate string

var page = template.Must(template.New("file").Funcs(template.FuncMap{"comment": comment, "exported": exported}).Parse(fileTemplate))

// file is a topic: the operations of a tag and what only they use.
type file struct {
	Enums      []*enum
	Structures []structure
	Methods    []method
}

// generate makes the files of package client, by name.
func generate(text []byte) (map[string][]byte, error) {
	d, err := parse(text)
	if err != nil {
		return nil, err
	}
	t := &typing{schemas: d.Components.Schemas, enums: enums{}}
	files, homes := map[string]*file{shared: {}}, map[string]string{}
	if err := t.methods(d, files, homes); err != nil {
		return nil, err
	}
	if err := t.structures(files, homes); err != nil {
		return nil, err
	}
	t.place(files, homes)
	describe(files)
	if err := distinct(files); err != nil {
		return nil, err
	}
	return render(files)
}

// methods adds every operation to its tag's file, and finds the home of every
// schema: the tag that alone uses it.
func (t *typing) methods(d *document, files map[string]*file, homes map[string]string) error {
	for _, path := range slices.Sorted(maps.Keys(d.Paths)) {
		for _, verb := range slices.Sorted(maps.Keys(d.Paths[path])) {
			o := d.Paths[path][verb]
			if o.ID == "" || o.Summary == "" || len(o.Tags) == 0 {
				return fmt.Errorf("%s %s has no id, summary or tag", verb, path)
			}
			m, err := t.method(path, verb, o)
			if err != nil {
				return err
			}
			topic := strings.ToLower(strings.ReplaceAll(o.Tags[0], " ", ""))
			if files[topic] == nil {
				files[topic] = &file{}
			}
			files[topic].Methods = append(files[topic].Methods, m)
			used := map[string]bool{}
			t.reachOperation(o, used)
			settle(homes, topic, slices.Collect(maps.Keys(used)))
		}
	}
	return nil
}

func (t *typing) reachOperation(o operation, used map[string]bool) {
	for _, c := range o.RequestBody.Content {
		t.reach(c.Schema, used)
	}
	for _, r := range o.Responses {
		for _, c := range r.Content {
			t.reach(c.Schema, used)
		}
	}
}

// settle gives names a home, the shared one where they had another.
func settle(homes map[string]string, topic string, names []string) {
	for _, name := range names {
		if had, ok := homes[name]; ok && had != topic {
			homes[name] = shared
		} else {
			homes[name] = topic
		}
	}
}

func (t *typing) structures(files map[string]*file, homes map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(t.schemas)) {
		if slices.Contains(byHand, name) {
			continue
		}
		home, used := homes[name]
		if !used {
			return fmt.Errorf("nothing uses %s", name)
		}
		s, err := t.structure(name)
		if err != nil {
			return err
		}
		files[home].Structures = append(files[home].Structures, s)
	}
	return nil
}

// place puts each enumeration beside its only user.
func (t *typing) place(files map[string]*file, homes map[string]string) {
	for topic, f := range files {
		for _, m := range f.Methods {
			settle(homes, topic, []string{m.ID})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(t.enums)) {
		e, home := t.enums[key], map[string]string{}
		for _, user := range e.users {
			settle(home, homes[user], []string{e.Name})
		}
		f := files[home[e.Name]]
		f.Enums = append(f.Enums, e)
	}
}

// distinct refuses two things of one name.
func distinct(files map[string]*file) error {
	names := slices.Clone(byHand)
	for _, f := range files {
		for _, e := range f.Enums {
			names = append(names, e.Name)
		}
		for _, s := range f.Structures {
			names = append(names, s.Name)
		}
		for _, m := range f.Methods {
			if names = append(names, m.Name); m.All != "" {
				names = append(names, m.All)
			}
		}
	}
	return check(names)
}

func render(files map[string]*file) (map[string][]byte, error) {
	out := map[string][]byte{}
	for topic, f := range files {
		var src bytes.Buffer
		if err := page.Execute(&src, f); err != nil {
			return nil, err
		}
		text, err := format.Source(withImports(src.Bytes()))
		if err != nil {
			return nil, fmt.Errorf("%s: %w\n%s", topic, err, src.Bytes())
		}
		out[topic+suffix] = text
	}
	return out, nil
}

// withImports puts the imports in that the file needs.
func withImports(src []byte) []byte {
	var imports bytes.Buffer
	for _, pkg := range []string{"context", "iter", "time"} {
		if bytes.Contains(src, []byte(pkg+".")) {
			fmt.Fprintf(&imports, "\t%q\n", pkg)
		}
	}
	return bytes.Replace(src, []byte("//imports"), append(append([]byte("import (\n"), imports.Bytes()...), ')'), 1)
}

// comment wraps text to lines of a comment.
func comment(indent, text string) string {
	var out strings.Builder
	line := indent + "//"
	for word := range strings.FieldsSeq(text) {
		if len(line)+1+len(word) > 140 && len(line) > len(indent)+2 {
			out.WriteString(line + "\n")
			line = indent + "//"
		}
		line += " " + word
	}
	return out.String() + line
}
