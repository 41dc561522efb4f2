package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/acme/customers/internal/authz"
)

type activitiesCmd struct {
	Import activitiesImportCmd `cmd:"" help:"Import what customers did elsewhere."`
}

type activitiesImportCmd struct {
	serviceFlags
	File string `arg:"" help:"JSON Lines; - is the standard input. Each has source, id, type, time, data, and the customer's customerId, userId or externalId."`
	lineFlags
}

// Run sends every line; one that was taken before is taken again and changes
// nothing.
func (i activitiesImportCmd) Run(ctx context.Context, c console) error {
	in, closeInput, err := input(c, i.File)
	if err != nil {
		return err
	}
	defer closeInput()
	lines, done, err := i.open(ctx, i.client(authz.RoleService, "activities:write"), "/v1/activities")
	if err != nil {
		return err
	}
	return lines.conclude(c, cmp.Or(lines.addAll(in), lines.send(), done()))
}

// addAll reads JSON values, each an object with a time: without one, a second
// run would tell of another day.
func (l *lineImport) addAll(in io.Reader) error {
	d := json.NewDecoder(in)
	for {
		var raw json.RawMessage
		err := d.Decode(&raw)
		if errors.Is(err, io.EOF) {
			return nil
		}
		l.row++
		var known struct {
			Time string `json:"time"`
		}
		if err != nil || json.Unmarshal(raw, &known) != nil {
			return coded{exitUsage, fmt.Errorf("row %d is no JSON object", l.row)} // not err: it may quote a value
		}
		if known.Time == "" {
			l.reject(l.row, "missing", "an import says when the customer did it")
			continue
		}
		if err := l.add(raw); err != nil {
			return err
		}
	}
}
