package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/app"
)

// HistoryEntry is one thing that happened to a customer.
type HistoryEntry struct {
	Version    int64         `json:"version"`
	Type       string        `json:"type"`
	OccurredAt time.Time     `json:"occurredAt"`
	RecordedAt time.Time     `json:"recordedAt"`
	Actor      Actor         `json:"actor"`
	Source     string        `json:"source,omitempty"`
	Reason     string        `json:"reason,omitempty"`
	Changes    []FieldChange `json:"changes"`
}

// Actor is who did something. The id of staff is withheld from customers.
type Actor struct {
	Kind string `json:"kind"`
	ID   string `json:"id,omitempty"`
}

// FieldChange is one field before and after. A side that is absent was empty.
type FieldChange struct {
	Field  string `json:"field" doc:"As in the customer, e.g. email.address"`
	Before any    `json:"before,omitempty"`
	After  any    `json:"after,omitempty"`
}

type pageInput struct {
	OnCustomer
	Fresh
	Cursor string `query:"cursor" maxLength:"256" doc:"next of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

type historyPage struct {
	Body struct {
		Items    []HistoryEntry `json:"items"`
		Next     string         `json:"next,omitempty" doc:"The cursor of the next page; absent at the end"`
		Withheld []string       `json:"withheld,omitempty" doc:"Members whose changes this caller may not see"`
	} `nameHint:"History"`
}

func (s *service) historyRoutes(a *api) {
	plain(a, huma.Operation{OperationID: "getHistory", Method: http.MethodGet, Path: "/v1/customers/{id}/history", Tags: []string{"History"},
		Summary: "Get what happened to a customer, oldest first"}, s.history)
	plain(a, huma.Operation{OperationID: "getAccessLog", Method: http.MethodGet, Path: "/v1/customers/{id}/access-log", Tags: []string{"History"},
		Summary: "Get who read a customer's data, newest first"}, s.accessLog)
	plain(a, huma.Operation{OperationID: "getReaders", Method: http.MethodGet, Path: "/v1/access-log/readers", Tags: []string{"History"},
		Summary: "Get who read how many customers, those who read most first", Description: "Over all instances, for at most 31 days; the last hour if nothing else is asked for. Customers who read themselves are left out."}, s.readers)
}

func (s *service) history(ctx context.Context, in *pageInput) (*historyPage, error) {
	id, err := in.customerID()
	if err != nil {
		return nil, err
	}
	after, err := s.historyCursor(id, in.Cursor)
	if err != nil {
		return nil, err
	}
	h, err := s.app.History(ctx, s.called(ctx, in.freshness()), id, after, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &historyPage{}
	out.Body.Withheld = h.Withheld
	for _, e := range h.Entries {
		out.Body.Items = append(out.Body.Items, historyEntry(e))
	}
	if h.Next > 0 {
		out.Body.Next = s.cursors.encode(historyScope(id), uint64(h.Next))
	}
	return out, nil
}

func historyScope(id uuid.UUID) string { return "history/" + id.String() }

func (s *service) historyCursor(id uuid.UUID, cursor string) (after int64, err error) {
	if cursor == "" {
		return 0, nil
	}
	marks, err := s.cursors.decode(historyScope(id), cursor, 1)
	if err != nil {
		return 0, err
	}
	return int64(marks[0]), nil
}

func historyEntry(e app.Entry) HistoryEntry {
	out := HistoryEntry{Version: e.Version, Type: e.Type, OccurredAt: e.OccurredAt.UTC(), RecordedAt: e.RecordedAt.UTC(),
		Actor: Actor{string(e.ActorKind), e.ActorID}, Source: e.Source, Reason: e.Reason}
	for _, c := range e.Changes {
		out.Changes = append(out.Changes, FieldChange(c))
	}
	return out
}
