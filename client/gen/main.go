// Command gen writes the generated part of package client from openapi.yaml:
//
//	go generate ./client   # or, in client/gen: go run .
//
// It is our own because of what the ready-made generators make of the same
// document. oapi-codegen v2.8.2 gives 29,958 lines in one file, whose methods
// read a live answer to its end before they return (so that server-sent events
// and NDJSON never arrive), whose optional members cannot tell null from
// absent (so that a merge patch cannot clear anything), and which need two
// more modules at run time. This one gives a struct a schema and a method an
// operation, a few thousand lines with the documentation, and the client needs
// the standard library alone. What it does not understand stops it.
//
// The module is apart from the client so that the YAML reader is nobody's
// dependency.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	spec := flag.String("spec", "../../openapi.yaml", "the description of the API")
	out := flag.String("out", "..", "the folder of package client")
	flag.Parse()
	if err := run(*spec, *out); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(spec, out string) error {
	text, err := os.ReadFile(spec)
	if err != nil {
		return err
	}
	files, err := generate(text)
	if err != nil {
		return err
	}
	stale, err := filepath.Glob(filepath.Join(out, "*"+suffix))
	if err != nil {
		return err
	}
	for _, name := range stale {
		if files[filepath.Base(name)] == nil {
			if err := os.Remove(name); err != nil {
				return err
			}
		}
	}
	for name, src := range files {
		if err := os.WriteFile(filepath.Join(out, name), src, 0o644); err != nil {
			return err
		}
	}
	return nil
}
