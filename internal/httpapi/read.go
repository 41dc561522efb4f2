package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/authz"
)

type getInput struct {
	OnCustomer
	Fresh
	AsOf        time.Time `query:"asOf" doc:"The customer as it was recorded at this instant"`
	IfNoneMatch string    `header:"If-None-Match" doc:"The ETag that the caller has; 304 if it is still good"`
}

type meInput struct {
	Fresh
	IfNoneMatch string `header:"If-None-Match" doc:"The ETag that the caller has; 304 if it is still good"`
}

type shown struct {
	Status int
	ETag   string `header:"ETag" doc:"The customer's version, for If-Match and If-None-Match"`
	Body   *Customer
}

type completenessInput struct {
	OnCustomer
	Fresh
}

type completenessShown struct{ Body *CustomerCompleteness }

func (s *service) readRoutes(a *api) {
	get := huma.Operation{OperationID: "getCustomer", Method: http.MethodGet, Path: "/v1/customers/{id}", Tags: []string{"Customers"},
		Summary: "Get a customer", Description: "With asOf, as the customer was recorded at that instant (permission getCustomerAsOf)."}
	me := huma.Operation{OperationID: "getMe", Method: http.MethodGet, Path: "/v1/me", Tags: []string{"Customers"},
		Summary: "Get the customer that the caller is"}
	plain(a, get, s.get)
	plain(a, me, s.me)
	a.also(get, "304", "The caller has this version")
	a.also(me, "304", "The caller has this version")
	plain(a, huma.Operation{OperationID: "getCompleteness", Method: http.MethodGet, Path: "/v1/customers/{id}/completeness", Tags: []string{"Customers"},
		Summary: "Get how complete a customer's profile is"}, s.completeness)
}

func (s *service) get(ctx context.Context, in *getInput) (*shown, error) {
	id, err := in.customerID()
	if err != nil {
		return nil, err
	}
	call := s.called(ctx, in.freshness())
	// The parameter's presence counts, not its value: the year 1 is an instant, too.
	if given := exchangeOf(ctx).request.URL.Query(); given.Has("asOf") {
		if given.Get("asOf") == "" {
			return nil, invalid(parameter+"asOf", "invalid_parameter", "expected an instant such as 2026-01-31T12:00:00Z")
		}
		return show(ctx)(s.app.AsOf(ctx, call, id, in.AsOf))
	}
	return show(ctx)(s.app.Get(ctx, call, id))
}

func (s *service) me(ctx context.Context, in *meInput) (*shown, error) {
	return show(ctx)(s.app.Me(ctx, s.called(ctx, in.freshness())))
}

// show answers with the customer, or with 304 where the caller has it. The
// read is on record in both cases.
func show(ctx context.Context) func(app.View, error) (*shown, error) {
	return func(v app.View, err error) (*shown, error) {
		if err != nil {
			return nil, err
		}
		out := &shown{Status: http.StatusOK}
		if v.Mask.Has(authz.FieldIdentity) {
			out.ETag = viewTag(&v)
			if notModified(exchangeOf(ctx).request.Header, out.ETag) {
				out.Status = http.StatusNotModified
				return out, nil
			}
		}
		out.Body = render(v)
		return out, nil
	}
}

func (s *service) completeness(ctx context.Context, in *completenessInput) (*completenessShown, error) {
	id, err := in.customerID()
	if err != nil {
		return nil, err
	}
	v, err := s.app.Completeness(ctx, s.called(ctx, in.freshness()), id)
	if err != nil {
		return nil, err
	}
	return &completenessShown{completeness(v)}, nil
}
