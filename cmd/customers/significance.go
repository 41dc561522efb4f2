package main

import (
	"fmt"
	"os"

	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/streams"
)

// significance is the catalogue's, or that of a file.
func significance(path string, kinds streams.Kinds) (app.Significance, error) {
	if path == "" {
		return nil, nil
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	rules, err := app.ParseSignificance(raw, kinds.All())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return rules, nil
}
