package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/remote"
)

type segmentsCmd struct {
	Recompute segmentsRecomputeCmd `cmd:"" help:"Hold rules against every customer again, and record what differs."`
	Explain   segmentsExplainCmd   `cmd:"" help:"Explain whether and why a customer is in a segment. It is personal."`
	Load      segmentsLoadCmd      `cmd:"" help:"Put the customers of a CSV file into a static segment, or take them out."`
}

type segmentsRecomputeCmd struct {
	serviceFlags
	Segments []string `arg:"" optional:"" help:"Ids or keys; all dynamic ones if left out."`
}

// Run asks one after the other.
func (s segmentsRecomputeCmd) Run(ctx context.Context, c console) error {
	client := s.client(authz.RoleAdmin)
	if len(s.Segments) == 0 {
		var all struct{ Items []struct{ Key, Type string } }
		if err := client.Call(ctx, http.MethodGet, "/v1/segments", nil, &all); err != nil {
			return err
		}
		for _, one := range all.Items {
			if one.Type == "dynamic" {
				s.Segments = append(s.Segments, one.Key)
			}
		}
	}
	for _, ref := range s.Segments {
		var done struct{ Members, Entered, Left int64 }
		if err := client.Call(ctx, http.MethodPost, "/v1/segments/"+url.PathEscape(ref)+"/recompute", nil, &done); err != nil {
			return fmt.Errorf("%s: %w", ref, err)
		}
		fmt.Fprintf(c.out, "%s: %d members, %d came in, %d left\n", ref, done.Members, done.Entered, done.Left)
	}
	return nil
}

type segmentsExplainCmd struct {
	serviceFlags
	Segment  string `arg:"" help:"Id or key."`
	Customer string `arg:"" help:"The customer's id."`
}

// Run prints the rule and its parts, each with what it says of the customer.
func (s segmentsExplainCmd) Run(ctx context.Context, c console) error {
	var m struct {
		Member                       bool
		Since, By, Segment, Criteria string
		Explained                    []struct {
			Depth           int
			Source, Outcome string
			Values          []struct {
				Path     string
				Value    any
				Withheld bool
			}
		}
	}
	if err := s.client(authz.RoleAdmin).Call(ctx, http.MethodGet, "/v1/segments/"+url.PathEscape(s.Segment)+"/members/"+url.PathEscape(s.Customer), nil, &m); err != nil {
		return err
	}
	state := map[bool]string{true: "in", false: "not in"}[m.Member]
	if m.Since != "" {
		state += " since " + m.Since + ", by " + m.By
	}
	fmt.Fprintf(c.out, "%s %s\n", state, m.Segment)
	for _, p := range m.Explained {
		line := fmt.Sprintf("%s%-8s %s", strings.Repeat("  ", p.Depth), p.Outcome, p.Source)
		for _, v := range p.Values {
			switch {
			case v.Withheld:
				line += fmt.Sprintf("  [%s is withheld]", v.Path)
			case v.Value == nil:
				line += fmt.Sprintf("  [%s is not known]", v.Path)
			default:
				line += fmt.Sprintf("  [%s = %v]", v.Path, v.Value)
			}
		}
		fmt.Fprintln(c.out, line)
	}
	return nil
}

type segmentsLoadCmd struct {
	serviceFlags
	Segment string `arg:"" help:"Id or key of a static segment."`
	File    string `arg:"" help:"CSV with a column customerId; - is standard input."`
	Remove  bool   `help:"Take them out."`
}

const loadedAtOnce = 2000

// Run sends the file in parts; what was sent before may be sent again.
func (s segmentsLoadCmd) Run(ctx context.Context, c console) error {
	in := io.Reader(os.Stdin)
	if s.File != "-" {
		f, err := os.Open(s.File)
		if err != nil {
			return coded{exitUsage, errors.New("the file cannot be opened")}
		}
		defer f.Close()
		in = f
	}
	ids, err := columnOf(in, "customerId")
	if err != nil {
		return coded{exitUsage, err}
	}
	client, changed, unknown := s.client(authz.RoleAdmin), 0, 0
	for part := range slices.Chunk(ids, loadedAtOnce) {
		var done struct {
			Changed int
			Unknown []string
		}
		if err := s.send(ctx, client, part, &done); err != nil {
			return fmt.Errorf("after %d customers: %w", changed+unknown, err)
		}
		changed, unknown = changed+done.Changed, unknown+len(done.Unknown)
	}
	fmt.Fprintf(c.out, "%d customers, %d unknown\n", changed, unknown)
	if unknown > 0 {
		return coded{exitPartial, errors.New("some are no customers")}
	}
	return nil
}

func (s segmentsLoadCmd) send(ctx context.Context, client *remote.Client, ids []string, out any) error {
	name := "add"
	if s.Remove {
		name = "remove"
	}
	return client.Call(ctx, http.MethodPost, "/v1/segments/"+url.PathEscape(s.Segment)+"/members", map[string]any{name: ids}, out)
}

// columnOf reads one column of a CSV file that names its columns.
func columnOf(in io.Reader, name string) (values []string, err error) {
	r := csv.NewReader(in)
	head, err := r.Read()
	at := slices.Index(head, name)
	if err != nil || at < 0 {
		return nil, fmt.Errorf("the file has no column %s", name)
	}
	for {
		row, err := r.Read()
		switch {
		case err == io.EOF:
			return values, nil
		case err != nil:
			line, _ := r.FieldPos(0)
			return nil, fmt.Errorf("line %d is not CSV as the first line is", line)
		}
		values = append(values, strings.TrimSpace(row[at]))
	}
}
