package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/app"
)

// TimelineEntry is one thing that happened to a customer, or around it.
type TimelineEntry struct {
	Kind        string         `json:"kind" enum:"customer,consent,message,note,activity"`
	Type        string         `json:"type" doc:"The event's name in the catalogue"`
	Summary     string         `json:"summary" doc:"A sentence for people"`
	Significant bool           `json:"significant"`
	OccurredAt  time.Time      `json:"occurredAt"`
	RecordedAt  time.Time      `json:"recordedAt"`
	Source      string         `json:"source,omitempty"`
	Actor       Actor          `json:"actor"`
	Reason      string         `json:"reason,omitempty"`
	Details     map[string]any `json:"details,omitempty" doc:"The event's fields, as far as the caller may see them"`
}

type timelineInput struct {
	OnCustomer
	Fresh
	Cursor      string    `query:"cursor" maxLength:"256" doc:"next or previous of another page"`
	Limit       int       `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Kind        string    `query:"kind" maxLength:"100" doc:"customer, consent, message, note, activity; several with commas"`
	Type        string    `query:"type" maxLength:"500" doc:"Names of events, several with commas"`
	Source      string    `query:"source" maxLength:"200" doc:"Several with commas"`
	Significant string    `query:"significant" enum:"true" doc:"Only what is significant"`
	From        time.Time `query:"from"`
	To          time.Time `query:"to" doc:"Exclusive"`
}

type timelineShown struct {
	Body struct {
		Items    []TimelineEntry `json:"items" doc:"The newest first. A page may have fewer than asked for and still not be the last"`
		Next     string          `json:"next,omitempty" doc:"The cursor to what is older; absent at the end"`
		Previous string          `json:"previous,omitempty" doc:"The cursor to what is newer, also to what is yet to come"`
	} `nameHint:"Timeline"`
}

func (s *service) timelineRoutes(a *api) {
	plain(a, huma.Operation{OperationID: "getTimeline", Method: http.MethodGet, Path: "/v1/customers/{id}/timeline", Tags: []string{"History"},
		Summary: "Get what happened to a customer and around it, newest first"}, s.timeline)
}

func (s *service) timeline(ctx context.Context, in *timelineInput) (*timelineShown, error) {
	id, err := in.customerID()
	if err != nil {
		return nil, err
	}
	page := app.TimelinePage{Limit: in.Limit}
	if in.Cursor != "" {
		marks, err := s.cursors.decode(timelineScope(id), in.Cursor, 3)
		if err != nil {
			return nil, err
		}
		page.Mark, page.Newer = app.TimelineMark{At: time.UnixMicro(int64(marks[0])).UTC(), Position: int64(marks[1])}, marks[2] == 1
	}
	f := app.TimelineFilter{Kinds: listed(in.Kind), Types: listed(in.Type), Sources: listed(in.Source), Notable: in.Significant == "true", From: in.From, To: in.To}
	t, err := s.app.Timeline(ctx, s.called(ctx, in.freshness()), id, f, page)
	if err != nil {
		return nil, err
	}
	out := new(timelineShown)
	out.Body.Items = make([]TimelineEntry, len(t.Entries))
	for i := range t.Entries {
		out.Body.Items[i] = timelineEntry(&t.Entries[i])
	}
	out.Body.Next, out.Body.Previous = s.timelineCursor(id, t.Older, 0), s.timelineCursor(id, t.Newer, 1)
	return out, nil
}

func timelineScope(id uuid.UUID) string { return "timeline/" + id.String() }

func (s *service) timelineCursor(id uuid.UUID, m app.TimelineMark, direction uint64) string {
	if m.Position == 0 {
		return ""
	}
	return s.cursors.encode(timelineScope(id), uint64(m.At.UnixMicro()), uint64(m.Position), direction)
}

func listed(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

func timelineEntry(e *app.TimelineEntry) TimelineEntry {
	out := TimelineEntry{Kind: e.Kind, Type: e.Type, Summary: e.Summary, Significant: e.Notable, OccurredAt: e.Mark.At.UTC(), RecordedAt: e.RecordedAt.UTC(),
		Source: e.Source, Actor: Actor{e.ActorKind, e.ActorID}, Reason: e.Reason}
	for _, d := range e.Details {
		if out.Details == nil {
			out.Details = map[string]any{}
		}
		out.Details[d.Field] = plainly(d.Value)
	}
	return out
}

// plainly gives a value of the domain as JSON has it, by its own tags.
func plainly(v any) any {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	return json.RawMessage(raw)
}
