package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/note"
)

// noteTypes are the built-in ones, or those of a file.
func noteTypes(path string) (note.Types, error) {
	if path == "" {
		return note.DefaultTypes(), nil
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var types note.Types
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields() // a rule that is misspelt would not hold
	if err := d.Decode(&types); err != nil || d.More() {
		return nil, fmt.Errorf("%s is no list of types of notes", path)
	}
	// Customers and marketing never read notes: no file gives them to them.
	roles := []string{string(authz.RoleSupport), string(authz.RoleCompliance), string(authz.RoleAdmin), string(authz.RoleService)}
	if err := types.Check(roles); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return types, nil
}
