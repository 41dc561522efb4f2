package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/remote"
)

type segmentsLoadCmd struct {
	serviceFlags
	Segment string `arg:"" help:"Id or key of a static segment."`
	File    string `arg:"" help:"CSV whose first line names a column customerId, number, userId, externalId:SOURCE or email; - is standard input."`
	Remove  bool   `help:"Take them out."`
}

// Run sends the file as it is; it may be sent again.
func (s segmentsLoadCmd) Run(ctx context.Context, c console) error {
	file, err := s.read()
	if err != nil {
		return coded{exitUsage, err}
	}
	done, err := s.send(ctx, s.client(authz.RoleAdmin), file)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "%d customers by %s\n", done.Changed, done.Column)
	left := report(c, "name nobody", done.Unknown) + report(c, "are not understood", done.NotUnderstood)
	if left > 0 {
		return coded{exitPartial, errors.New("some lines are no customers")}
	}
	return nil
}

// report prints the first numbers of some lines.
func report(c console, what string, lines []int) int {
	const most = 20
	if len(lines) > 0 {
		fmt.Fprintf(c.out, "%d lines %s: %s\n", len(lines), what, strings.Trim(fmt.Sprint(lines[:min(len(lines), most)]), "[]"))
	}
	return len(lines)
}

// read gives the file, or a little more of it than the service takes: it says so.
func (s segmentsLoadCmd) read() ([]byte, error) {
	in := io.Reader(os.Stdin)
	if s.File != "-" {
		f, err := os.Open(s.File)
		if err != nil {
			return nil, errors.New("the file cannot be opened")
		}
		defer f.Close()
		in = f
	}
	file, err := io.ReadAll(io.LimitReader(in, remote.MaxBatch+1))
	if err != nil {
		return nil, errors.New("the file cannot be read")
	}
	return file, nil
}

type segmentsLoaded struct {
	Column                 string
	Changed                int
	Unknown, NotUnderstood []int
}

func (s segmentsLoadCmd) send(ctx context.Context, client *remote.Client, file []byte) (done segmentsLoaded, err error) {
	path := "/v1/segments/" + url.PathEscape(s.Segment) + "/members/load"
	if s.Remove {
		path += "?remove=true"
	}
	resp, err := client.Do(ctx, http.MethodPost, path, http.Header{"Content-Type": {"text/csv"}}, file)
	if err != nil {
		return done, err
	}
	defer resp.Body.Close()
	if json.NewDecoder(resp.Body).Decode(&done) != nil {
		err = fmt.Errorf("%w: the answer is not the JSON that was expected", remote.ErrContract)
	}
	return done, err
}
