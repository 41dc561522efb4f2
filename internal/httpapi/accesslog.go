package httpapi

import (
	"context"
	"time"

	"github.com/acme/customers/internal/access"
	"github.com/acme/customers/internal/authz"
)

// AccessEntry is one read of a customer's data.
type AccessEntry struct {
	At         time.Time `json:"at"`
	Actor      Actor     `json:"actor"`
	Operation  string    `json:"operation"`
	Channel    string    `json:"channel,omitempty" doc:"Through what: api, import or link"`
	Purpose    string    `json:"purpose,omitempty" doc:"What for, as the caller declared it"`
	From       string    `json:"from,omitempty" doc:"The caller's network: an IPv4 address or an IPv6 /64. For those who may see who it was"`
	Fields     []string  `json:"fields" doc:"The groups of fields that were shown"`
	TraceID    string    `json:"traceId,omitempty"`
	Unreadable bool      `json:"unreadable,omitzero" doc:"There was a read, and its record does not open"`
}

type accessPage struct {
	Body struct {
		Items []AccessEntry `json:"items"`
		Next  string        `json:"next,omitempty" doc:"The cursor of the next page; absent at the end"`
	} `nameHint:"AccessLog"`
}

// Reader is what one caller read within a time.
type Reader struct {
	Actor     Actor     `json:"actor"`
	Customers int64     `json:"customers" doc:"Different ones"`
	Entries   int64     `json:"entries" doc:"Of the access log; one of a batch is about many"`
	Busiest   time.Time `json:"busiest" doc:"The hour in which it read most"`
	InBusiest int64     `json:"inBusiest" doc:"Different customers in that hour"`
	Unusual   bool      `json:"unusual" doc:"That is more than callers of its role may without being told of"`
	Purposes  []string  `json:"purposes,omitempty" doc:"What it said that it read for"`
	From      []string  `json:"from,omitempty" doc:"Networks that it called from, at most 20"`
}

type readersInput struct {
	From  time.Time `query:"from" doc:"An hour before to if left out"`
	To    time.Time `query:"to" doc:"Now if left out; exclusive"`
	Limit int       `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}

const maxReaders = 31 * 24 * time.Hour // that one request adds up

type readersShown struct {
	Body struct {
		From  time.Time `json:"from"`
		To    time.Time `json:"to"`
		Items []Reader  `json:"items"`
		Total int       `json:"total" doc:"How many read anything; items may have fewer"`
	} `nameHint:"Readers"`
}

func (s *service) accessLog(ctx context.Context, in *pageInput) (*accessPage, error) {
	id, err := in.customerID()
	if err != nil {
		return nil, err
	}
	p, err := s.app.AccessLog(ctx, s.called(ctx, in.freshness()), id, in.Cursor, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &accessPage{}
	out.Body.Next = p.Next
	for _, e := range p.Entries {
		out.Body.Items = append(out.Body.Items, accessEntry(e))
	}
	return out, nil
}

func accessEntry(e access.Entry) AccessEntry {
	out := AccessEntry{At: e.At.UTC(), Actor: Actor{e.Actor, e.ActorID}, Operation: e.Action, Channel: e.Channel, Purpose: e.Purpose, From: e.From, TraceID: e.Trace, Unreadable: e.Unreadable}
	for _, f := range authz.FieldMask(e.Fields).Fields() {
		out.Fields = append(out.Fields, f.String())
	}
	return out
}

func (s *service) readers(ctx context.Context, in *readersInput) (*readersShown, error) {
	if in.To.IsZero() {
		in.To = s.app.Clock()
	}
	if in.From.IsZero() {
		in.From = in.To.Add(-time.Hour)
	}
	if !in.From.Before(in.To) || in.To.Sub(in.From) > maxReaders {
		return nil, invalid(parameter+"from", "bad_period", "from is before to, by 31 days at most")
	}
	found, err := s.app.Readers(ctx, s.called(ctx, Fresh{}.freshness()), in.From, in.To)
	if err != nil {
		return nil, err
	}
	out := &readersShown{}
	out.Body.From, out.Body.To, out.Body.Total, out.Body.Items = in.From.UTC(), in.To.UTC(), len(found), []Reader{}
	for _, r := range found[:min(in.Limit, len(found))] {
		out.Body.Items = append(out.Body.Items, Reader{Actor{r.Actor, r.ActorID}, r.Customers, r.Entries, r.Busiest, r.InBusiest, r.Unusual, r.Purposes, r.From})
	}
	return out, nil
}
