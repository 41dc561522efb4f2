package main

import (
	"path/filepath"
	"testing"

	"github.com/acme/customers/internal/streams"
)

func TestTypesOfNotesThatCannotBeMeantAreRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "types.json")
	for content, good := range map[string]bool{
		`[{"name":"vip","read":["support"],"write":["support"]}]`: true, `[]`: true,
		`[{"name":"vip","read":["support"],"write":["admin"]}]`:                 false,
		`[{"name":"vip","read":["marketing"],"write":[]}]`:                      false,
		`[{"name":"vip","read":["customer"],"write":[]}]`:                       false,
		`[{"name":"","read":[],"write":[]}]`:                                    false,
		`[{"name":"a b","read":[],"write":[]}]`:                                 false,
		`[{"name":"a","read":[],"write":[]},{"name":"a","read":[],"write":[]}]`: false,
		`[{"name":"a","reads":[]}]`:                                             false, `{}`: false, `[] []`: false, ``: false,
	} {
		write(t, path, content)
		if _, err := noteTypes(path); (err == nil) != good {
			t.Errorf("%s: %v", content, err)
		}
	}
	if _, err := noteTypes(path + ".none"); err == nil {
		t.Error("a file that is not there")
	}
}

func TestRulesOfSignificanceThatCannotBeMeantAreRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rules.json")
	kinds, err := streams.New()
	if err != nil {
		t.Fatal(err)
	}
	for content, good := range map[string]bool{`[{"type":"NoteAdded","significant":true}]`: true, `[{"type":"NoteWritten","significant":true}]`: false, ``: false} {
		write(t, path, content)
		if _, err := significance(path, kinds); (err == nil) != good {
			t.Errorf("%s: %v", content, err)
		}
	}
	if _, err := significance(path+".none", kinds); err == nil {
		t.Error("a file that is not there")
	}
}
