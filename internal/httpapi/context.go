package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/fault"
)

const (
	contextsPath = "/v1/contexts"
	// maxContexts is how many may be asked for at once.
	maxContexts = 1000
)

// CustomerContext is all that is known of a customer, as of one moment. What
// the form or the caller has not is absent.
type CustomerContext struct {
	Customer       *Customer         `json:"customer"`
	Addresses      []Address         `json:"addresses,omitempty"`
	Preferences    *Preferences      `json:"preferences,omitempty"`
	ClosedChannels []string          `json:"closedChannels,omitempty" doc:"Whatever the customer prefers: bounces and complaints"`
	Consents       []Consent         `json:"consents,omitempty"`
	Notes          []Note            `json:"notes,omitempty" doc:"Pinned ones first, then the newest; at most 20"`
	Activity       *ActivitySummary  `json:"activity,omitempty"`
	Segments       []CustomerSegment `json:"segments,omitempty" doc:"That the customer is in; absent, too, while this instance is loading them"`
	Latest         []TimelineEntry   `json:"latest,omitempty" doc:"The top of the timeline, at most 10"`
	Flags          []string          `json:"flags,omitempty" doc:"What somebody should look at: email_unverified, phone_unverified, address_doubtful, channel_closed, consent_outdated, note_pinned, tickets_open"`
}

// ContextLine asks about one customer of many.
type ContextLine struct {
	ID string `json:"id" format:"uuid"`
}

// ContextOutcome is the context of a line, or why there is none (NDJSON).
type ContextOutcome struct {
	Line    int              `json:"line" doc:"From 1; blank lines are not counted"`
	Status  int              `json:"status" doc:"The HTTP status that a request of its own would have had"`
	Context *CustomerContext `json:"context,omitempty"`
	Problem *Problem         `json:"problem,omitempty"`
}

// ContextForm is the input that says who needs it.
type ContextForm struct {
	For string `query:"for" enum:"order,cart,notifications" doc:"A lean form, with a scope of its own; everything if left out"`
}

type contextInput struct {
	OnCustomer
	Fresh
	ContextForm
}

type contextsInput struct {
	Fresh
	ContextForm
}

type contextShown struct {
	Position string `header:"Customers-Position" doc:"The last change that is in it"`
	Body     *CustomerContext
}

func (s *service) contextRoutes(a *api) {
	plain(a, huma.Operation{OperationID: "getContext", Method: http.MethodGet, Path: "/v1/customers/{id}/context", Tags: []string{"Context"},
		Summary: "Get all that is known of a customer, as of one moment"}, s.context)
	withLines(a, lineAnswers[ContextOutcome](a, huma.Operation{OperationID: "batchGetContext", Method: http.MethodPost, Path: contextsPath, Tags: []string{"Context"},
		Summary:     "Get the contexts of many customers",
		Description: fmt.Sprintf("One id a line, up to %d; one context a line, in the same order.", maxContexts)}), maxBatch, s.contexts)
}

func (s *service) context(ctx context.Context, in *contextInput) (*contextShown, error) {
	id, err := in.customerID()
	if err != nil {
		return nil, err
	}
	c, err := s.app.Context(ctx, s.called(ctx, in.freshness()), id, app.ContextFor(in.For))
	if err != nil {
		return nil, err
	}
	return &contextShown{strconv.FormatInt(c.Position, 10), renderContext(&c)}, nil
}

// asked is the id of a line, or what is wrong with it.
type askedContext struct {
	id  uuid.UUID
	err error
}

func (s *service) contexts(ctx context.Context, in *contextsInput, body lines[ContextLine]) (*stream, error) {
	call := s.called(ctx, in.freshness())
	if _, err := s.app.Contexts(ctx, call, nil, nil, app.ContextFor(in.For)); err != nil { // before anything is read
		return nil, err
	}
	return eachLine(ctx, body, func(l *ContextLine, err error) (out askedContext) {
		if out.err = err; err == nil {
			out.id, out.err = lineID(l.ID)
		}
		return out
	}, func(all []askedContext) ([]app.ContextAnswer, error) {
		if len(all) > maxContexts {
			return nil, fault.ErrTooLarge
		}
		ids, wrong := make([]uuid.UUID, len(all)), make([]error, len(all))
		for i := range all {
			ids[i], wrong[i] = all[i].id, all[i].err
		}
		return s.app.Contexts(ctx, call, ids, wrong, app.ContextFor(in.For))
	}, func(x *exchange, n int, c *app.ContextAnswer) any {
		if c.Err != nil {
			p := x.failed(ctx, c.Err)
			return ContextOutcome{Line: n, Status: p.Status, Problem: p}
		}
		return ContextOutcome{Line: n, Status: http.StatusOK, Context: renderContext(&c.Context)}
	})
}

func renderContext(c *app.Context) *CustomerContext {
	out := &CustomerContext{Customer: render(c.View), ClosedChannels: c.Closed, Flags: c.Flags}
	for _, v := range c.Addresses {
		out.Addresses = append(out.Addresses, *renderAddress(v))
	}
	if c.Preferences != nil {
		out.Preferences = renderPreferences(*c.Preferences)
	}
	for i := range c.Segments {
		out.Segments = append(out.Segments, renderStanding(&c.Segments[i]))
	}
	for _, v := range c.Consents {
		out.Consents = append(out.Consents, *renderConsent(v))
	}
	for i := range c.Notes {
		out.Notes = append(out.Notes, renderNote(&c.Notes[i]))
	}
	if c.Activity != nil {
		out.Activity = renderActivity(c.Activity)
	}
	for i := range c.Latest {
		out.Latest = append(out.Latest, timelineEntry(&c.Latest[i]))
	}
	return out
}
