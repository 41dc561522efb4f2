package customer

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/acme/customers/internal/event"
)

func now1() event.Envelope { return event.Envelope{OccurredAt: now.Add(time.Minute)} }

// An event that is in no list would be refused only when it is first recorded.
func TestEveryEventIsInTheList(t *testing.T) {
	listed := map[string]bool{}
	for _, d := range Events() {
		listed[d.Type.Name()] = true
	}
	for _, name := range evolving(t) {
		if !listed[name] {
			t.Errorf("%s has an evolve rule but is not in Events", name)
		}
		delete(listed, name)
	}
	for name := range listed {
		t.Errorf("%s is listed but was not found in the source: is the finder blind?", name)
	}
}

// evolving finds the receivers of all evolve methods in this package.
func evolving(t *testing.T) (names []string) {
	t.Helper()
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), f.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range parsed.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Recv == nil || fn.Name.Name != "evolve" {
				continue
			}
			if id, ok := fn.Recv.List[0].Type.(*ast.Ident); ok {
				names = append(names, id.Name)
			}
		}
	}
	return names
}

func TestTheAggregateBuilds(t *testing.T) {
	agg, err := New()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"CustomerRegistered", "CustomerActivated", "CustomerDeactivated", "CustomerArchived",
		"CustomerProfileUpdated", "ContactInfoChanged", "EmailVerified", "PhoneVerified"} {
		if agg.ByName(name) == nil {
			t.Errorf("%s is not published", name)
		}
	}
}
