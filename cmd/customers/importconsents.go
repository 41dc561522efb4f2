package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"unicode"

	"github.com/acme/customers/internal/authz"
)

type consentsImportCmd struct {
	serviceFlags
	File string `arg:"" help:"CSV with a header, or JSON Lines; - is the standard input. Columns: id, or email, userId, or externalSource and externalId; purpose, act (request, grant, deny, revoke), at, and noticeVersion, source, method, surface, expiresAt."`
	lineFlags
}

// act is a row. Whom it is about is looked up where it has no id.
type act struct {
	ID             string            `json:"id"`
	Email          string            `json:"email,omitempty"`
	UserID         string            `json:"userId,omitempty"`
	ExternalSource string            `json:"externalSource,omitempty"`
	ExternalID     string            `json:"externalId,omitempty"`
	Purpose        string            `json:"purpose"`
	Act            string            `json:"act"`
	At             string            `json:"at,omitempty"`
	NoticeVersion  string            `json:"noticeVersion,omitempty"`
	Source         string            `json:"source,omitempty"`
	Method         string            `json:"method,omitempty"`
	Surface        string            `json:"surface,omitempty"`
	ExpiresAt      string            `json:"expiresAt,omitempty"`
	Details        map[string]string `json:"details,omitempty"` // JSON Lines only
}

// consentImport is one run.
type consentImport struct {
	*lineImport
	known map[string]string // ids, by what they were found by
}

// Run sends every row; one that was taken before is taken again and changes
// nothing.
func (i consentsImportCmd) Run(ctx context.Context, c console) error {
	in, closeInput, err := input(c, i.File)
	if err != nil {
		return err
	}
	defer closeInput()
	lines, done, err := i.open(ctx, i.client(authz.RoleService, "consents:write", "customers:lookup"), "/v1/consents/batch")
	if err != nil {
		return err
	}
	run := &consentImport{lines, map[string]string{}}
	err = acts(in, run.add)
	err = cmp.Or(err, run.send(), done())
	return run.conclude(c, err)
}

// input is a file, or the standard input.
func input(c console, path string) (in io.Reader, closeInput func(), err error) {
	if path == "-" {
		return c.in, func() {}, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, coded{exitUsage, err}
	}
	return f, func() { _ = f.Close() }, nil
}

// add finds whom a row is about.
func (r *consentImport) add(a act) error {
	r.row++
	a.Source = cmp.Or(a.Source, "import")
	if a.At == "" { // and a second run would not know it again
		r.reject(r.row, "missing", "an import says when the customer acted")
		return nil
	}
	if a.ID == "" {
		id, err := r.find(&a)
		if err != nil {
			return err
		}
		if a.ID = id; id == "" {
			r.reject(r.row, "not_found", "no customer has this identifier")
			return nil
		}
	}
	a.Email, a.UserID, a.ExternalSource, a.ExternalID = "", "", "", ""
	return r.lineImport.add(&a)
}

// find looks a customer up; those of the last rows are remembered.
func (r *consentImport) find(a *act) (string, error) {
	by := map[string]any{}
	switch {
	case a.Email != "":
		by["email"] = a.Email
	case a.UserID != "":
		by["userId"] = a.UserID
	case a.ExternalSource != "" && a.ExternalID != "":
		by["externalId"] = map[string]string{"source": a.ExternalSource, "id": a.ExternalID}
	default:
		return "", nil
	}
	key := fmt.Sprint(by)
	if id, ok := r.known[key]; ok {
		return id, nil
	}
	var found struct {
		Items []struct {
			ID string `json:"id"`
		} `json:"items"`
	}
	if err := r.Call(r.ctx, http.MethodPost, "/v1/customers/lookup", by, &found); err != nil {
		return "", err
	}
	id := ""
	if len(found.Items) == 1 {
		id = found.Items[0].ID
	}
	if len(r.known) >= 10_000 {
		clear(r.known)
	}
	r.known[key] = id
	return id, nil
}

// acts reads rows of either format: JSON Lines begin with a brace.
func acts(in io.Reader, each func(act) error) error {
	buffered := bufio.NewReader(in)
	for {
		r, _, err := buffered.ReadRune()
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		case r == '\ufeff' || unicode.IsSpace(r): // a byte order mark, and blank lines
			continue
		}
		if err := buffered.UnreadRune(); err != nil {
			return err
		}
		if r == '{' {
			return jsonActs(buffered, each)
		}
		return csvActs(buffered, each)
	}
}

func jsonActs(in io.Reader, each func(act) error) error {
	d := json.NewDecoder(in)
	d.DisallowUnknownFields()
	for row := 1; ; row++ {
		var a act
		err := d.Decode(&a)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return coded{exitUsage, fmt.Errorf("row %d is no act of a consent", row)} // not err: it may quote a value
		}
		if err := each(a); err != nil {
			return err
		}
	}
}

// csvActs goes by the names of the columns, as they are in JSON.
func csvActs(in io.Reader, each func(act) error) error {
	rows := csv.NewReader(in)
	header, err := rows.Read()
	if err != nil {
		return coded{exitUsage, errors.New("the file has no header")}
	}
	known := []string{"id", "email", "userId", "externalSource", "externalId", "purpose", "act", "at", "noticeVersion", "source", "method", "surface", "expiresAt"}
	for _, name := range header {
		if !slices.Contains(known, name) {
			return coded{exitUsage, fmt.Errorf("a column has a name that is none of %s", strings.Join(known, ", "))}
		}
	}
	for {
		cells, err := rows.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			var bad *csv.ParseError
			if errors.As(err, &bad) {
				return coded{exitUsage, fmt.Errorf("line %d is no CSV, or has not as many columns as the header", bad.Line)}
			}
			return err
		}
		values := map[string]string{}
		for i, name := range header {
			values[name] = strings.TrimSpace(cells[i])
		}
		raw, err := json.Marshal(values)
		if err != nil {
			return err
		}
		var a act
		if err := json.Unmarshal(raw, &a); err != nil {
			return err
		}
		if err := each(a); err != nil {
			return err
		}
	}
}
