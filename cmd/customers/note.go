package main

import (
	"fmt"
	"os"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/note"
	"github.com/acme/customers/internal/settings"
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
	if err := settings.Parse(raw, &types); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	// Customers and marketing never read notes: no file gives them to them.
	roles := []string{string(authz.RoleSupport), string(authz.RoleCompliance), string(authz.RoleAdmin), string(authz.RoleService)}
	if err := types.Check(roles); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return types, nil
}
