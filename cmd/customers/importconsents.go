package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/remote"
)

type consentsImportCmd struct {
	serviceFlags
	File    string `arg:"" help:"CSV with a header, or JSON Lines; - is the standard input. Columns: id, or email, userId, or externalSource and externalId; purpose, act (request, grant, deny, revoke), at, and noticeVersion, source, method, surface, expiresAt."`
	Rejects string `help:"Write rows that were not taken to this CSV file: row, code and reason, no values." type:"path"`
	Batch   int    `help:"Rows of a request, at most 10000." default:"1000"`
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
	*remote.Client
	ctx        context.Context
	rejects    *csv.Writer // nil: none are kept
	tally      map[string]int
	row, taken int
	pending    []act
	rows       []int // of pending
	known      map[string]string
}

// Run sends every row; one that was taken before is taken again and changes
// nothing, so that a run that broke off is simply run again.
func (i consentsImportCmd) Run(ctx context.Context, c console) error {
	if i.Batch < 1 || i.Batch > remote.MaxLines {
		return coded{exitUsage, fmt.Errorf("--batch is 1 to %d", remote.MaxLines)}
	}
	in := c.in
	if i.File != "-" {
		f, err := os.Open(i.File)
		if err != nil {
			return coded{exitUsage, err}
		}
		defer f.Close()
		in = f
	}
	run := &consentImport{Client: i.client(authz.RoleService, "consents:write", "customers:lookup"), ctx: ctx, tally: map[string]int{}, known: map[string]string{}}
	if i.Rejects != "" {
		f, err := os.OpenFile(i.Rejects, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
		if err != nil {
			return coded{exitUsage, err}
		}
		defer f.Close()
		run.rejects = csv.NewWriter(f)
		defer run.rejects.Flush()
		_ = run.rejects.Write([]string{"row", "code", "reason"}) // Flush tells
	}
	err := acts(in, func(a act) error { return run.add(a, i.Batch) })
	err = cmp.Or(err, run.send())
	fmt.Fprintf(c.out, "%d rows: %d taken, %d rejected\n", run.row, run.taken, run.rejected())
	for _, code := range slices.Sorted(maps.Keys(run.tally)) {
		fmt.Fprintf(c.err, "%8d  %s\n", run.tally[code], code)
	}
	switch {
	case err != nil:
		return fmt.Errorf("stopped after row %d; the same command may be run again: %w", run.row, err)
	case run.rejected() > 0:
		return coded{exitPartial, errors.New("some rows were rejected; --rejects FILE tells which")}
	}
	return nil
}

func (r *consentImport) rejected() (n int) {
	for _, k := range r.tally {
		n += k
	}
	return n
}

func (r *consentImport) reject(row int, code, reason string) {
	r.tally[code]++
	if r.rejects != nil {
		_ = r.rejects.Write([]string{strconv.Itoa(row), code, reason}) // Flush tells
	}
}

// add finds whom a row is about, and sends when there are enough.
func (r *consentImport) add(a act, batch int) error {
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
	if r.pending, r.rows = append(r.pending, a), append(r.rows, r.row); len(r.pending) < batch {
		return nil
	}
	return r.send()
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

func (r *consentImport) send() error {
	if len(r.pending) == 0 {
		return nil
	}
	var body bytes.Buffer
	out := json.NewEncoder(&body)
	for i := range r.pending {
		if err := out.Encode(&r.pending[i]); err != nil {
			return err
		}
	}
	resp, err := r.Do(r.ctx, http.MethodPost, "/v1/consents/batch", http.Header{"Content-Type": {"application/x-ndjson"}}, body.Bytes())
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	in := json.NewDecoder(resp.Body)
	for i := range r.pending {
		var line struct {
			Status  int             `json:"status"`
			Problem *remote.Problem `json:"problem"`
		}
		if err := in.Decode(&line); err != nil {
			return errors.New("the answer broke off")
		}
		if line.Problem != nil {
			code, reason := line.Problem.Code, line.Problem.Detail
			if len(line.Problem.Errors) > 0 {
				code, reason = line.Problem.Errors[0].Code, line.Problem.Errors[0].Detail
			}
			r.reject(r.rows[i], code, reason)
			continue
		}
		r.taken++
	}
	r.pending, r.rows = r.pending[:0], r.rows[:0]
	return nil
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
