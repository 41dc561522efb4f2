package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/activity"
	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/fault"
)

const activitiesPath = "/v1/activities"

// Activity is something that a customer did elsewhere.
type Activity struct {
	ID     string         `json:"id" maxLength:"200" doc:"The source's: it is recorded once, however often it is told"`
	Source string         `json:"source" maxLength:"50" doc:"orders, support, identity or another that is configured"`
	Type   string         `json:"type" maxLength:"50" doc:"OrderCompleted, SupportTicketCreated, SupportTicketResolved, UserAuthenticated or another that the source is configured with"`
	Time   time.Time      `json:"time,omitzero" doc:"When that was; now if left out"`
	Data   map[string]any `json:"data,omitempty" doc:"By the schema of the type; of an order total.amount, a decimal number as text, and total.currency; of a ticket subject or resolution"`
}

// ActivityLine is one of many, about a customer who is named by id, user id or
// external id.
type ActivityLine struct {
	CustomerID string      `json:"customerId,omitempty" format:"uuid"`
	UserID     string      `json:"userId,omitempty"`
	ExternalID *ExternalID `json:"externalId,omitempty"`
	Activity
}

// ActivityOutcome is what became of a line (NDJSON).
type ActivityOutcome struct {
	Line    int      `json:"line" doc:"From 1; blank lines are not counted"`
	Status  int      `json:"status" doc:"The HTTP status that a request of its own would have had"`
	Problem *Problem `json:"problem,omitempty" doc:"Why it was not recorded"`
}

// ActivitySummary is the figures of a customer's relationship.
type ActivitySummary struct {
	LastActivityAt  time.Time `json:"lastActivityAt,omitzero"`
	Activities      int64     `json:"activities"`
	Orders          int64     `json:"orders"`
	FirstPurchaseAt time.Time `json:"firstPurchaseAt,omitzero"`
	LastPurchaseAt  time.Time `json:"lastPurchaseAt,omitzero"`
	Spent           []Spent   `json:"spent"`
	OpenTickets     int       `json:"openTickets"`
}

// Spent is what was paid in one currency.
type Spent struct {
	Currency string `json:"currency"`
	Orders   int64  `json:"orders"`
	Total    string `json:"total"`
	Average  string `json:"average"`
}

type activityShown struct{ Body *ActivitySummary }

type activityInput struct {
	OnCustomer
	Fresh
}

func (s *service) activityRoutes(a *api) {
	const one = "/v1/customers/{id}"
	withBody(a, huma.Operation{OperationID: "recordActivity", Method: http.MethodPost, Path: one + "/activities", Tags: []string{"Activity"},
		Summary: "Record something that a customer did elsewhere"}, s.recordActivity)
	withLines(a, lineAnswers[ActivityOutcome](a, huma.Operation{OperationID: "batchRecordActivities", Method: http.MethodPost, Path: activitiesPath, Tags: []string{"Activity"},
		Summary:     "Record much that customers did elsewhere",
		Description: fmt.Sprintf("One activity a line, up to %d; one outcome a line, in the same order. Those of one customer are recorded in their order.", maxBatchLines)}), maxBatch, s.recordActivities)
	plain(a, huma.Operation{OperationID: "getActivity", Method: http.MethodGet, Path: one + "/activity", Tags: []string{"Activity"},
		Summary: "Get the figures of a customer's relationship"}, s.activity)
}

func (d *Activity) did() app.Did {
	out := app.Did{Source: d.Source, Record: activity.Record{ID: d.ID, Type: d.Type, At: d.Time}}
	raw, err := json.Marshal(d.Data)
	if d.Data == nil {
		raw = []byte("{}")
	}
	if err != nil {
		return app.Did{Err: fault.ErrMalformed}
	}
	app.Tell(&out, raw)
	return out
}

func (s *service) recordActivity(ctx context.Context, in *OnCustomer, body *Activity) (*struct{}, error) {
	id, err := in.customerID()
	if err != nil {
		return nil, err
	}
	d := body.did()
	d.Customer = id
	if d.Err != nil {
		return nil, d.Err
	}
	return nil, s.app.RecordActivity(ctx, s.called(ctx, Fresh{}.freshness()), d)
}

func (s *service) recordActivities(ctx context.Context, _ *struct{}, body lines[ActivityLine]) (*stream, error) {
	call := s.called(ctx, Fresh{}.freshness())
	if err := s.app.ActivitiesAllowed(call); err != nil { // before anything is read
		return nil, err
	}
	return eachLine(ctx, body, (*ActivityLine).told,
		func(all []app.Did) ([]error, error) { return s.app.RecordActivities(ctx, call, all) },
		func(x *exchange, n int, err *error) any {
			if *err != nil {
				p := x.failed(ctx, *err)
				return ActivityOutcome{Line: n, Status: p.Status, Problem: p}
			}
			return ActivityOutcome{Line: n, Status: http.StatusNoContent}
		})
}

// told is what a line says, or what is wrong with it.
func (l *ActivityLine) told(err error) app.Did {
	if err != nil {
		return app.Did{Err: err}
	}
	d := l.did()
	d.UserID = l.UserID
	if l.ExternalID != nil {
		d.ExternalSource, d.ExternalID = l.ExternalID.Source, l.ExternalID.ID
	}
	if l.CustomerID != "" && d.Err == nil {
		d.Customer, d.Err = lineID(l.CustomerID)
	}
	if d.Customer == uuid.Nil && d.UserID == "" && d.ExternalID == "" && d.Err == nil {
		d.Err = invalid("", "no_customer", "name the customer by customerId, userId or externalId")
	}
	return d
}

func (s *service) activity(ctx context.Context, in *activityInput) (*activityShown, error) {
	id, err := in.customerID()
	if err != nil {
		return nil, err
	}
	a, err := s.app.ActivitySummary(ctx, s.called(ctx, in.freshness()), id)
	if err != nil {
		return nil, err
	}
	return &activityShown{renderActivity(&a)}, nil
}

func renderActivity(a *activity.State) *ActivitySummary {
	out := &ActivitySummary{LastActivityAt: a.LastActivityAt, Activities: a.Activities, Orders: a.Orders, FirstPurchaseAt: a.FirstPurchaseAt, LastPurchaseAt: a.LastPurchaseAt,
		Spent: []Spent{}, OpenTickets: len(a.Tickets)}
	for _, code := range slices.Sorted(maps.Keys(a.Spent)) {
		one := a.Spent[code]
		out.Spent = append(out.Spent, Spent{code, one.Orders, one.Total.In(code), (one.Total / activity.Amount(max(1, one.Orders))).In(code)})
	}
	return out
}
