package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/importer"
)

type consentsCmd struct {
	Export consentsExportCmd `cmd:"" help:"Export every act about consents in a period, for an audit."`
	Import consentsImportCmd `cmd:"" help:"Import what another system knew of consents, with its times."`
}

type consentsExportCmd struct {
	serviceFlags
	Out     string `arg:"" help:"File to write; FILE.manifest.json beside it says what it is." type:"path"`
	Format  string `help:"${enum}; auto goes by the file's name." enum:"auto,jsonl,csv" default:"auto"`
	Purpose string `help:"One purpose (default: all)."`
	From    string `help:"Begin of the period: 2026-01-01, or with a time and a zone (RFC 3339)."`
	To      string `help:"End of the period, exclusive."`
	For     string `help:"What it is for, for the access log: a word that the service knows." default:"audit"`
	By      string `help:"What the period is about: when the customer acted (act), or when that was recorded (record)." enum:"act,record" default:"act"`
}

// audit is what is asked for.
type audit struct {
	Format  string     `json:"format"`
	Purpose string     `json:"purpose,omitempty"`
	From    *time.Time `json:"from,omitempty"`
	To      *time.Time `json:"to,omitempty"`
	By      string     `json:"by"`
}

// manifest says what a file is to somebody who has nothing but the two.
type manifest struct {
	File       string          `json:"file"`
	SHA256     string          `json:"sha256"`
	Rows       int64           `json:"rows"`
	Through    int64           `json:"through"` // position of the log
	ExportedAt time.Time       `json:"exportedAt"`
	Asked      audit           `json:"asked"`
	Fields     []field         `json:"fields"`
	Purposes   json.RawMessage `json:"purposes"` // with the versions of their notices
}

type field struct {
	Name    string `json:"name"`
	Meaning string `json:"meaning"`
}

// auditFields are the fields of a row, in the order of the columns.
var auditFields = []field{
	{"position", "place in the log; grows"}, {"customerId", "pseudonym of the customer, which stays after an erasure"}, {"purpose", "what data is processed for, see purposes"},
	{"act", "ConsentRequested, ConsentGranted, ConsentDenied, ConsentRevoked by the customer; ConsentExpired by time"},
	{"at", "when the customer acted (UTC)"}, {"recordedAt", "when that was recorded (UTC)"}, {"expiresAt", "end of a grant; empty: none"},
	{"noticeVersion", "version of the notice that was shown, see purposes"}, {"method", "how, such as checkbox or double_opt_in"}, {"surface", "where, such as checkout"},
	{"source", "channel through which the customer acted"}, {"actor", "kind of who acted: customer, support, admin, service, system"}, {"evidence", "version of the customer's consents that holds the act"},
}

// Run writes the file whole or not at all.
func (e consentsExportCmd) Run(ctx context.Context, c console) error {
	asked, err := e.asked()
	if err != nil {
		return coded{exitUsage, err}
	}
	client := e.client(authz.RoleCompliance)
	var purposes struct {
		Items json.RawMessage `json:"items"`
	}
	if err := client.Call(ctx, http.MethodGet, "/v1/purposes", nil, &purposes); err != nil {
		return err
	}
	body, err := json.Marshal(asked)
	if err != nil {
		return err
	}
	resp, err := client.Do(ctx, http.MethodPost, "/v1/consents/export", http.Header{"Content-Type": {"application/json"}, "X-Purpose": {e.For}}, body)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	part := e.Out + ".part"
	file, err := os.OpenFile(part, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer os.Remove(part) // nothing is left of it once it has its name
	m := manifest{File: filepath.Base(e.Out), ExportedAt: time.Now().UTC(), Asked: asked, Fields: auditFields, Purposes: purposes.Items}
	err = errors.Join(m.receive(c, resp, file), file.Sync(), file.Close())
	if err != nil {
		return err
	}
	return m.keep(c, part, e.Out)
}

// receive copies the answer, tells how far it is, and checks that it is whole.
func (m *manifest) receive(c console, resp *http.Response, to io.Writer) error {
	m.Through, _ = strconv.ParseInt(resp.Header.Get("Customers-Through"), 10, 64)
	progress := importer.NewProgress(c.err, m.Through, importer.Summary{})
	defer progress.Close()
	sum, lines := sha256.New(), int64(0)
	to = io.MultiWriter(to, sum)
	in := bufio.NewReader(resp.Body)
	for {
		line, err := in.ReadBytes('\n')
		if _, err := to.Write(line); err != nil {
			return err
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return errors.New("the export broke off; nothing was kept")
		}
		lines++
		progress.At(importer.Summary{Rows: lines}, position(line))
	}
	hash := sum.Sum(nil)
	m.SHA256, m.Rows = hex.EncodeToString(hash), lines
	if m.Asked.Format == "csv" {
		m.Rows-- // the names of the columns
	}
	if resp.Trailer.Get("Customers-Rows") != strconv.FormatInt(m.Rows, 10) || resp.Trailer.Get("Content-Digest") != "sha-256=:"+base64.StdEncoding.EncodeToString(hash)+":" {
		return errors.New("the export is not what the service sent; nothing was kept")
	}
	return nil
}

// position is the first number of a line: the first field in both formats.
func position(line []byte) (n int64) {
	for _, b := range line {
		switch {
		case b >= '0' && b <= '9':
			n = n*10 + int64(b-'0')
		case n > 0:
			return n
		}
	}
	return n
}

// keep gives the file its name, and its manifest.
func (m *manifest) keep(c console, part, path string) error {
	raw, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	if err := os.Rename(part, path); err != nil {
		return err
	}
	if err := os.WriteFile(path+".manifest.json", append(raw, '\n'), 0o600); err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.out, "%d acts, sha256 %s\n", m.Rows, m.SHA256)
	return err
}

func (e consentsExportCmd) asked() (a audit, err error) {
	a = audit{Format: e.Format, Purpose: e.Purpose, By: e.By}
	if e.Format == "auto" {
		a.Format = map[bool]string{true: "csv", false: "jsonl"}[len(e.Out) > 4 && e.Out[len(e.Out)-4:] == ".csv"]
	}
	var errs [2]error
	a.From, errs[0] = instant(e.From)
	a.To, errs[1] = instant(e.To)
	return a, errors.Join(errs[:]...)
}

// instant reads a day, in UTC, or a time with its zone.
func instant(s string) (*time.Time, error) {
	if s == "" {
		return nil, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339Nano} {
		if t, err := time.Parse(layout, s); err == nil {
			return &t, nil
		}
	}
	return nil, errors.New("a time is like 2026-01-31 or 2026-01-31T12:00:00+01:00")
}
