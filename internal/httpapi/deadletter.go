package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/acme/customers/internal/bus"
)

// DeadLetter is an inbound message that could not be handled.
type DeadLetter struct {
	ID       string    `json:"id"`
	Subject  string    `json:"subject" doc:"Of the bus"`
	Code     string    `json:"code" doc:"Why it could not be handled"`
	Attempts int       `json:"attempts"`
	At       time.Time `json:"at" doc:"When it was put aside"`
	Data     any       `json:"data,omitempty" doc:"The message as it came; in base64 if it is not JSON. Not in lists"`
}

type lettersInput struct {
	After string `query:"after" maxLength:"64" doc:"next of the page before"`
	Limit int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

type letterInput struct {
	ID string `path:"id" maxLength:"64"`
}

type lettersPage struct {
	Body struct {
		Items []DeadLetter `json:"items"`
		Next  string       `json:"next,omitempty" doc:"What after takes; absent at the end"`
	} `nameHint:"DeadLetters"`
}

type letterShown struct{ Body DeadLetter }

func (s *service) deadLetterRoutes(a *api) {
	tags := []string{"Dead letters"}
	plain(a, huma.Operation{OperationID: "listDeadLetters", Method: http.MethodGet, Path: "/v1/dead-letters", Tags: tags,
		Summary: "List messages that could not be handled, without their content"}, s.listLetters)
	plain(a, huma.Operation{OperationID: "showDeadLetter", Method: http.MethodGet, Path: "/v1/dead-letters/{id}", Tags: tags,
		Summary: "Show a message that could not be handled"}, s.showLetter)
	plain(a, huma.Operation{OperationID: "replayDeadLetter", Method: http.MethodPost, Path: "/v1/dead-letters/{id}/replay", Tags: tags,
		Summary: "Handle a message again"}, s.replayLetter)
}

func (s *service) listLetters(ctx context.Context, in *lettersInput) (*lettersPage, error) {
	letters, err := s.app.ListDeadLetters(ctx, s.called(ctx, Fresh{}.freshness()), in.After, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &lettersPage{}
	for _, l := range letters {
		out.Body.Items = append(out.Body.Items, deadLetter(l))
	}
	if len(letters) == in.Limit {
		out.Body.Next = letters[len(letters)-1].ID
	}
	return out, nil
}

func (s *service) showLetter(ctx context.Context, in *letterInput) (*letterShown, error) {
	l, err := s.app.ShowDeadLetter(ctx, s.called(ctx, Fresh{}.freshness()), in.ID)
	if err != nil {
		return nil, err
	}
	return &letterShown{deadLetter(l)}, nil
}

func (s *service) replayLetter(ctx context.Context, in *letterInput) (*struct{}, error) {
	return nil, s.app.ReplayDeadLetter(ctx, s.called(ctx, Fresh{}.freshness()), in.ID)
}

func deadLetter(l bus.Letter) DeadLetter {
	out := DeadLetter{ID: l.ID, Subject: l.Subject, Code: l.Code, Attempts: l.Attempts, At: l.At.UTC()}
	switch raw := jsontext.Value(l.Data); {
	case l.Data == nil:
	case raw.IsValid():
		out.Data = raw
	default:
		out.Data, _ = jsonv2.Marshal(l.Data) // bytes marshal as base64
		out.Data = jsontext.Value(out.Data.([]byte))
	}
	return out
}
