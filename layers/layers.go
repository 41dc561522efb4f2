// Package layers holds the import table of docs/architecture.md: imports only
// point down. The test of this package walks the tree.
package layers

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

const module = "github.com/acme/customers/"

// levels gives every package its layer. A package may import lower layers
// only, and what uses lists for it.
var levels = map[string]int{
	"internal/fault": 0, "internal/event": 0, "internal/sqldb": 0, "internal/sqldb/pgtest": 0, "internal/batch": 0,
	"internal/authz": 1, "internal/customer": 1, "internal/customer/gen": 1,
	"internal/eventstore": 2, "internal/vault": 2,
	"internal/journal": 3, "internal/projection": 4,
	"internal/access": 5, "internal/bus": 5, "internal/index": 5,
	"internal/app": 6, "internal/remote": 6,
	"internal/httpapi": 7, "internal/reactor": 7, "internal/telemetry": 7,
	"internal/importer": 7, "internal/demo": 7,
	"cmd/customers": 8, "layers": 8,
}

// drivers sit one folder below the contract that they implement: they may
// import it and what it may import, never each other.
var drivers = map[string]string{
	"internal/eventstore/memory": "internal/eventstore", "internal/eventstore/sqlite": "internal/eventstore",
	"internal/eventstore/postgres": "internal/eventstore", "internal/eventstore/eventstoretest": "internal/eventstore",
}

// Check walks the Go files of a tree and lists what breaks the table. Test
// files may import anything: they wire.
func Check(tree fs.FS) (broken []string, err error) {
	err = fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return err
		}
		src, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, imp := range file.Imports {
			target, _ := strconv.Unquote(imp.Path.Value)
			if to, ours := strings.CutPrefix(target, module); ours {
				if why := allowed(path.Dir(name), to); why != "" {
					broken = append(broken, fmt.Sprintf("%s imports %s: %s", name, to, why))
				}
			}
		}
		if why := listed(path.Dir(name)); why != "" {
			broken = append(broken, name+": "+why)
		}
		return nil
	})
	return broken, err
}

func listed(pkg string) string {
	if _, ok := levels[pkg]; ok {
		return ""
	}
	if _, ok := drivers[pkg]; ok {
		return ""
	}
	return "the package is in no layer"
}

// allowed says why from must not import to, "" when it may.
func allowed(from, to string) string {
	contract, isDriver := drivers[from]
	if isDriver && to == contract {
		return ""
	}
	if parent, ok := drivers[to]; ok && levels[from] < levels["cmd/customers"] {
		return "drivers of " + parent + " are named only in the wiring"
	}
	top := levels[from]
	if isDriver {
		top = levels[contract]
		if to == "internal/customer" {
			return "a driver knows no domain"
		}
	}
	if levels[to] >= top && from != to {
		return "imports only point down"
	}
	return ""
}
