// Package layers holds the import table of docs/architecture.md: imports only
// point down. The test of this package walks the tree.
package layers

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

const module = "github.com/acme/customers/"

// levels gives every package its layer. A package imports lower layers only.
var levels = map[string]int{
	"internal/fault": 0, "internal/event": 0, "internal/batch": 0, "internal/settings": 0, "internal/npm": 0, "internal/packed": 0, "internal/outbound": 0, "internal/link": 0,
	"internal/address/gazetteer": 0, "internal/address/gazetteer/gen": 1,
	"internal/address": 1, "internal/address/gen": 2, "internal/outbound/outboundtest": 1,
	"internal/sqldb": 1, "internal/authz": 1, "internal/rule": 1, "internal/search": 1, "internal/customer": 2, "internal/consent": 2, "internal/message": 2, "internal/activity": 2, "internal/source": 2, "internal/note": 2, "internal/segment": 2, "internal/savedsearch": 2, "internal/membership": 2, "internal/customer/gen": 1,
	"internal/eventstore": 2, "internal/vault": 2,
	"internal/contact": 3, "internal/receipt": 3, "internal/roster": 3, "internal/noteindex": 3, "internal/journal": 3, "internal/projection": 4, "internal/streams": 4,
	"internal/access": 5, "internal/bus": 5, "internal/index": 5,
	"internal/app":     6,
	"internal/httpapi": 7, "internal/reactor": 7, "internal/telemetry": 7,
	"internal/remote":   7,
	"internal/importer": 8, "internal/demo": 8,
	"cmd/customers": 9, "cmd/bench": 9, "trust": 9, "layers": 9,
}

// apart are the folders that are modules of their own, for those who use the
// service: of ours they import what is listed and what is below themselves,
// their tests too. Go would let them import internal/, as it goes by the path.
var apart = map[string][]string{"client": nil, "examples": {"client"}}

// wiring is where drivers are named.
const wiring = 9

// contracts have drivers and a suite one folder below. Those may import the
// contract and what it may import, never each other and never the domain.
var contracts = []string{"internal/eventstore", "internal/vault", "internal/access", "internal/bus", "internal/sqldb", "internal/address"}

// Check walks the Go files of a tree and lists what breaks the table. Test
// files may import anything: they wire.
func Check(tree fs.FS) (broken []string, err error) {
	err = fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		_, alone := moduleOf(name)
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") && !alone {
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

// moduleOf gives the module of its own that a path is in.
func moduleOf(name string) (string, bool) {
	top, _, _ := strings.Cut(name, "/")
	_, alone := apart[top]
	return top, alone
}

func listed(pkg string) string {
	if _, alone := moduleOf(pkg); alone {
		return ""
	}
	if _, ok := level(pkg); !ok {
		return "the package is in no layer"
	}
	return ""
}

// level finds the layer of a package; a driver stands on its contract's, and
// what is below a wiring package belongs to it.
func level(pkg string) (int, bool) {
	if l, ok := levels[pkg]; ok {
		return l, true
	}
	if c := contractOf(pkg); c != "" {
		return levels[c], true
	}
	for parent := path.Dir(pkg); parent != "."; parent = path.Dir(parent) {
		if levels[parent] == wiring {
			return wiring, true
		}
	}
	return 0, false
}

// contractOf gives the contract that a driver implements, "" for others.
func contractOf(pkg string) string {
	if _, listed := levels[pkg]; !listed && slices.Contains(contracts, path.Dir(pkg)) {
		return path.Dir(pkg)
	}
	return ""
}

// allowed says why from must not import to, "" when it may.
func allowed(from, to string) string {
	if own, alone := moduleOf(from); alone {
		target, _ := moduleOf(to)
		if target == own || slices.Contains(apart[own], to) {
			return ""
		}
		return "the module " + own + " stands apart from the service"
	}
	if _, alone := moduleOf(to); alone {
		return "the service needs nothing of those who use it"
	}
	mine, _ := level(from)
	theirs, _ := level(to)
	contract := contractOf(from)
	switch {
	case mine == wiring, from == to, contract != "" && to == contract:
		return ""
	case strings.HasSuffix(from, "test"): // a suite wires what it needs
		return ""
	case slices.Contains(exceptions[from], to):
		return ""
	case contractOf(to) != "":
		return "drivers of " + contractOf(to) + " are named only in the wiring"
	case contract != "" && to == "internal/customer":
		return "a driver knows no domain"
	case theirs >= mine:
		return "imports only point down"
	}
	return ""
}

// exceptions are parts of a contract that sit below it without being drivers.
var exceptions = map[string][]string{
	"internal/vault":         {"internal/vault/keyring", "internal/vault/kms"},
	"internal/vault/keyring": {"internal/vault/kms"},
}
