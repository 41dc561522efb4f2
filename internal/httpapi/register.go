package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/acme/customers/internal/customer"
)

// Registration is a new customer. At least one of email, phone, userId and
// externalIds is needed, so that the customer can be found again.
type Registration struct {
	Name        Name              `json:"name,omitzero"`
	Email       string            `json:"email,omitempty" maxLength:"254"`
	Phone       string            `json:"phone,omitempty" doc:"With its country code"`
	UserID      string            `json:"userId,omitempty" doc:"The identity provider's user"`
	ExternalIDs map[string]string `json:"externalIds,omitempty" doc:"Ids in other systems, by system"`
	Type        string            `json:"type,omitempty" enum:"individual,business" doc:"individual if left out"`
	Profile     Profile           `json:"profile,omitzero"`
	Tags        []string          `json:"tags,omitempty"`
	Addresses   []NewAddress      `json:"addresses,omitempty" maxItems:"10" doc:"Each is validated before it is stored; more can be added later"`
}

func (r *Registration) command() customer.Register {
	addresses := make([]customer.AddAddress, len(r.Addresses))
	for i := range r.Addresses {
		addresses[i] = customer.AddAddress{Address: r.Addresses[i].domain(), Default: r.Addresses[i].IsDefault}
	}
	return customer.Register{
		Type: customer.Type(r.Type), UserID: r.UserID, ExternalIDs: r.ExternalIDs, Name: customer.Name(r.Name),
		Email: r.Email, Phone: r.Phone, Profile: r.Profile.domain(), Tags: r.Tags, Addresses: addresses,
	}
}

func (p Profile) domain() customer.Profile {
	return customer.Profile{DateOfBirth: p.DateOfBirth, Gender: p.Gender, Locale: p.Locale, Timezone: p.Timezone,
		Currency: p.Currency, Attributes: p.Attributes}
}

type registerInput struct {
	Once
	Source string `header:"Customers-Source" enum:"api,import" doc:"import marks the customer's history, for services and admins"`
}

// made is the answer to a registration.
type made struct {
	Status   int
	Location string `header:"Location" doc:"Of the new customer"`
	ETag     string `header:"ETag" doc:"The customer's version, for If-Match"`
	Position string `header:"Customers-Position" doc:"What minPosition takes to read this change elsewhere"`
	Replayed string `header:"Idempotency-Replayed" doc:"true if this is the answer to an earlier request with the same key"`
	Body     *Customer
}

func (s *service) registerRoutes(a *api) {
	withBody(a, huma.Operation{
		OperationID: "registerCustomer", Method: http.MethodPost, Path: "/v1/customers", DefaultStatus: http.StatusCreated,
		Summary: "Register a customer", Tags: []string{"Customers"},
	}, s.register)
}

func (s *service) register(ctx context.Context, _ *registerInput, body *Registration) (*made, error) {
	call, leave, err := s.changing(ctx, http.StatusCreated)
	if err != nil {
		return nil, err
	}
	defer leave()
	v, err := s.app.Register(ctx, call, body.command())
	if err != nil {
		return nil, err
	}
	out := changed(v)
	return &made{http.StatusCreated, "/v1/customers/" + v.ID.String(), out.ETag, out.Position, out.Replayed, out.Body}, nil
}
