package rule

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the table of docs/rules.md")

const (
	page       = "../../docs/rules.md"
	tableBegin = "<!-- fields: made from the code by go test ./internal/rule -update -->\n"
	tableEnd   = "<!-- end of fields -->\n"
)

var kindNames = map[Kind]string{Text: "text", Texts: "list of text", Number: "whole number", Truth: "true or false", Time: "time", Years: "whole number",
	Attribute: "by key: text, number, true or false", Consent: "by purpose: text", Amount: "by currency: number"}

func table() string {
	var out strings.Builder
	out.WriteString("| field | type | what it is | permission group | stream |\n|---|---|---|---|---|\n")
	for _, f := range Vocabulary() {
		doc := f.Doc
		if f.Values != nil {
			doc += ": `" + strings.Join(f.Values, "`, `") + "`"
		}
		fmt.Fprintf(&out, "| `%s` | %s | %s | %s | %s |\n", f.Path, kindNames[f.Kind], doc, f.Group, f.Stream)
	}
	return out.String()
}

func readPage(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestThePageListsTheVocabulary(t *testing.T) {
	text := readPage(t)
	before, rest, ok := strings.Cut(text, tableBegin)
	found, after, closed := strings.Cut(rest, tableEnd)
	if !ok || !closed {
		t.Fatal("docs/rules.md has no place for the table")
	}
	if *update {
		if err := os.WriteFile(page, []byte(before+tableBegin+table()+tableEnd+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(found, table()); diff != "" {
		t.Errorf("docs/rules.md is not what the code says; run go test ./internal/rule -update (-page +code):\n%s", diff)
	}
}

func TestThePageListsEveryCode(t *testing.T) {
	text := readPage(t)
	for _, code := range Codes() {
		if !strings.Contains(text, "| `"+code+"` |") {
			t.Errorf("docs/rules.md lacks %s", code)
		}
	}
	if listed := strings.Count(text, "| `rule_"); listed != len(Codes()) {
		t.Errorf("docs/rules.md lists %d codes, there are %d", listed, len(Codes()))
	}
}

func TestTheExamplesOfThePageCompile(t *testing.T) {
	_, examples, _ := strings.Cut(readPage(t), "```cel\n")
	examples, _, _ = strings.Cut(examples, "```")
	for source := range strings.Lines(examples) {
		compile(t, strings.TrimSpace(source))
	}
	if strings.Count(examples, "\n") < 5 {
		t.Error("the examples were not found")
	}
}
