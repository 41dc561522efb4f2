package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/contact"
)

const decisionsPath = "/v1/contact-decisions"

// ContactLine asks about one customer of many.
type ContactLine struct {
	ID      string    `json:"id" format:"uuid"`
	Channel string    `json:"channel" enum:"email,sms,push,mail"`
	Purpose string    `json:"purpose,omitempty" maxLength:"50"`
	Topic   string    `json:"topic,omitempty" maxLength:"50"`
	At      time.Time `json:"at,omitzero"`
}

// ContactOutcome is the answer to one line (NDJSON).
type ContactOutcome struct {
	Line     int              `json:"line" doc:"From 1; blank lines are not counted"`
	Status   int              `json:"status" doc:"The HTTP status that a request of its own would have had"`
	Decision string           `json:"decision,omitempty" enum:"allow,deny,defer"`
	Until    time.Time        `json:"until,omitzero" doc:"When to ask again, of a deferral"`
	Reasons  []*ContactReason `json:"reasons,omitempty" doc:"Those that stand in the way"`
	Problem  *Problem         `json:"problem,omitempty" doc:"Why there is no decision"`
}

type contactsInput struct{ Fresh }

func (s *service) contactsRoute(a *api) {
	withLines(a, lineAnswers[ContactOutcome](a, huma.Operation{OperationID: "batchDecideContact", Method: http.MethodPost, Path: decisionsPath, Tags: []string{"Consents"},
		Summary:     "Ask about many customers whether they may be contacted",
		Description: fmt.Sprintf("One question a line, up to %d; one answer a line, in the same order. What was revoked before the last line was sent is denied.", maxBatchLines)}), maxBatch, s.decideContacts)
}

// decideContacts reads all questions before it answers the first.
func (s *service) decideContacts(ctx context.Context, in *contactsInput, body lines[ContactLine]) (*stream, error) {
	call := s.called(ctx, in.freshness())
	if err := s.app.ContactsAllowed(call); err != nil { // before anything is read
		return nil, err
	}
	return eachLine(ctx, body, (*ContactLine).asked,
		func(asked []app.Asked) ([]app.Answered, error) { return s.app.DecideContacts(ctx, call, asked) },
		func(x *exchange, n int, a *app.Answered) any { return x.contactOutcome(ctx, n, a) })
}

// asked is the question of a line, or what is wrong with it.
func (l *ContactLine) asked(err error) app.Asked {
	if err != nil {
		return app.Asked{Err: err}
	}
	id, err := lineID(l.ID)
	return app.Asked{ID: id, Err: err, Question: contact.Question{Channel: l.Channel, Purpose: l.Purpose, Topic: l.Topic, At: l.At}}
}

func (x *exchange) contactOutcome(ctx context.Context, n int, a *app.Answered) ContactOutcome {
	if a.Err != nil {
		p := x.failed(ctx, a.Err)
		return ContactOutcome{Line: n, Status: p.Status, Problem: p}
	}
	out := ContactOutcome{Line: n, Status: http.StatusOK, Decision: string(a.Decision.Outcome), Until: a.Decision.Until}
	for _, r := range a.Decision.Reasons {
		if r.Outcome != contact.Allow {
			out.Reasons = append(out.Reasons, &ContactReason{r.Rule, string(r.Outcome), r.Code, r.Evidence, r.Until})
		}
	}
	return out
}
