package main

import (
	"context"
	"fmt"
	"os"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/note"
	"github.com/acme/customers/internal/settings"
	"github.com/acme/customers/internal/telemetry"
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

// noteGauges tell how much room there is before notes cannot be searched.
func (s *service) noteGauges() []telemetry.Gauge {
	notes := s.model.NoteIndex // the one that is there when it is asked
	return []telemetry.Gauge{
		{Name: "customers.notes.text", Unit: "By", Doc: "Text of all notes.", Read: func(context.Context) (float64, error) {
			need, _ := notes().Need()
			return float64(need), nil
		}},
		{Name: "customers.notes.text.limit", Unit: "By", Doc: "Text of notes that may be kept to be searched.", Read: func(context.Context) (float64, error) {
			_, limit := notes().Need()
			return float64(limit), nil
		}},
		{Name: "customers.notes.memory", Unit: "By", Doc: "Memory that is taken by what notes are searched in, the text included.", Read: func(context.Context) (float64, error) {
			size := notes().Size()
			return float64(size.Bytes()), nil
		}},
	}
}
