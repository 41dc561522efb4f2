package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strconv"

	"github.com/acme/customers/internal/remote"
)

// lineFlags are how the rows of a file are sent.
type lineFlags struct {
	Rejects string `help:"Write rows that were not taken to this CSV file: row, code and reason, no values." type:"path"`
	Batch   int    `help:"Rows of a request, at most 10000." default:"1000"`
}

// lineImport sends rows to an operation that takes one JSON value a line. What
// it takes twice changes nothing, so that a run that broke off is run again.
type lineImport struct {
	*remote.Client
	ctx        context.Context
	path       string // of the operation
	batch      int
	rejects    *csv.Writer // nil: none are kept
	tally      map[string]int
	row, taken int
	pending    bytes.Buffer
	rows       []int // of pending
}

// open checks the flags, and gives what has to be called at the end.
func (f lineFlags) open(ctx context.Context, client *remote.Client, path string) (_ *lineImport, done func() error, err error) {
	if f.Batch < 1 || f.Batch > remote.MaxLines {
		return nil, nil, coded{exitUsage, fmt.Errorf("--batch is 1 to %d", remote.MaxLines)}
	}
	l := &lineImport{Client: client, ctx: ctx, path: path, batch: f.Batch, tally: map[string]int{}}
	if f.Rejects == "" {
		return l, func() error { return nil }, nil
	}
	file, err := os.OpenFile(f.Rejects, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, nil, coded{exitUsage, err}
	}
	l.rejects = csv.NewWriter(file)
	_ = l.rejects.Write([]string{"row", "code", "reason"}) // Flush tells
	return l, func() error {
		l.rejects.Flush()
		return errors.Join(l.rejects.Error(), file.Close())
	}, nil
}

func (l *lineImport) reject(row int, code, reason string) {
	l.tally[code]++
	if l.rejects != nil {
		_ = l.rejects.Write([]string{strconv.Itoa(row), code, reason}) // Flush tells
	}
}

func (l *lineImport) rejected() (n int) {
	for _, k := range l.tally {
		n += k
	}
	return n
}

// add sends when there are enough.
func (l *lineImport) add(row any) error {
	if err := json.NewEncoder(&l.pending).Encode(row); err != nil {
		return errors.New("a row cannot be sent") // not err: it may quote a value
	}
	if l.rows = append(l.rows, l.row); len(l.rows) < l.batch && l.pending.Len() < remote.MaxBatch/2 {
		return nil
	}
	return l.send()
}

func (l *lineImport) send() error {
	if len(l.rows) == 0 {
		return nil
	}
	resp, err := l.Do(l.ctx, http.MethodPost, l.path, http.Header{"Content-Type": {"application/x-ndjson"}}, l.pending.Bytes())
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	in := json.NewDecoder(resp.Body)
	for _, row := range l.rows {
		var line struct {
			Problem *remote.Problem `json:"problem"`
		}
		if err := in.Decode(&line); err != nil {
			return errors.New("the answer broke off")
		}
		if line.Problem == nil {
			l.taken++
			continue
		}
		code, reason := line.Problem.Code, line.Problem.Detail
		if len(line.Problem.Errors) > 0 {
			code, reason = line.Problem.Errors[0].Code, line.Problem.Errors[0].Detail
		}
		l.reject(row, code, reason)
	}
	l.pending.Reset()
	l.rows = l.rows[:0]
	return nil
}

// conclude says how it went.
func (l *lineImport) conclude(c console, err error) error {
	fmt.Fprintf(c.out, "%d rows: %d taken, %d rejected\n", l.row, l.taken, l.rejected())
	for _, code := range slices.Sorted(maps.Keys(l.tally)) {
		fmt.Fprintf(c.err, "%8d  %s\n", l.tally[code], code)
	}
	switch {
	case err != nil:
		return fmt.Errorf("stopped after row %d; the same command may be run again: %w", l.row, err)
	case l.rejected() > 0:
		return coded{exitPartial, errors.New("some rows were rejected; --rejects FILE tells which")}
	}
	return nil
}
