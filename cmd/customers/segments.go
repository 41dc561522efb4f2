package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/acme/customers/internal/authz"
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
		var done struct{ Members, Entered, Left *int64 }
		if err := client.Call(ctx, http.MethodPost, "/v1/segments/"+url.PathEscape(ref)+"/recompute", nil, &done); err != nil {
			return fmt.Errorf("%s: %w", ref, err)
		}
		if done.Members == nil {
			fmt.Fprintf(c.out, "%s: done; how many members it has is told with a token with %s\n", ref, authz.ScopeDateOfBirth)
			continue
		}
		fmt.Fprintf(c.out, "%s: %d members, %d came in, %d left\n", ref, *done.Members, *done.Entered, *done.Left)
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
