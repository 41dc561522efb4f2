package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/acme/customers/internal/app"
)

// Lookup names one identifier. It is a body and not a query, for personal data
// is never in a URL.
type Lookup struct {
	Email      string      `json:"email,omitempty"`
	Phone      string      `json:"phone,omitempty"`
	UserID     string      `json:"userId,omitempty"`
	Number     string      `json:"number,omitempty" doc:"Like C-00000001"`
	ExternalID *ExternalID `json:"externalId,omitempty"`
}

// ExternalID is an id in another system.
type ExternalID struct {
	Source string `json:"source"`
	ID     string `json:"id"`
}

type found struct {
	Body struct {
		Total int         `json:"total"`
		Items []*Customer `json:"items"`
	} `nameHint:"FoundCustomers"`
}

func (s *service) lookupRoutes(a *api) {
	withBody(a, huma.Operation{OperationID: "lookupCustomer", Method: http.MethodPost, Path: "/v1/customers/lookup", Tags: []string{"Customers"},
		Summary: "Find customers by one identifier", Description: "Only a phone number can belong to several."}, s.lookup)
}

func (s *service) lookup(ctx context.Context, in *Fresh, body *Lookup) (*found, error) {
	by := app.Lookup{Email: body.Email, Phone: body.Phone, UserID: body.UserID, Number: body.Number}
	if body.ExternalID != nil {
		by.ExternalSource, by.ExternalID = body.ExternalID.Source, body.ExternalID.ID
	}
	views, err := s.app.Lookup(ctx, s.called(ctx, in.freshness()), by)
	if err != nil {
		return nil, err
	}
	out := &found{}
	out.Body.Total = len(views)
	for _, v := range views {
		out.Body.Items = append(out.Body.Items, render(v))
	}
	return out, nil
}
