package httpapi

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/fault"
)

// NewAddress is an address to be added.
type NewAddress struct {
	Type  string `json:"type" enum:"shipping,billing,business"`
	Label string `json:"label,omitempty" maxLength:"100" doc:"The customer's own name for it"`
	AddressLines
	Phone       string           `json:"phone,omitempty" doc:"Whom to call about a delivery, with its country code"`
	IsDefault   bool             `json:"isDefault,omitzero" doc:"Make it the default of its type; the first of a type always is"`
	Coordinates *AddressPosition `json:"coordinates,omitempty" doc:"Where the customer says that it is"`
}

func (n *NewAddress) domain() customer.Address {
	return customer.Address{Type: customer.AddressType(n.Type), Label: n.Label, Address: n.AddressLines.domain(), Phone: n.Phone,
		Coordinates: n.Coordinates.domain()}
}

// DefaultAddress names the type that an address becomes the default of.
type DefaultAddress struct {
	Type string `json:"type" enum:"shipping,billing,business" doc:"The address's own type"`
}

// OnAddress is the input of an operation on one address of a customer.
type OnAddress struct {
	OnCustomer
	AddressID string `path:"addressId" format:"uuid" doc:"The address's id"`
}

// addressID is in the form that ids are stored in.
func (in OnAddress) addressID() string {
	id, err := uuid.Parse(in.AddressID)
	if err != nil {
		return in.AddressID // finds nothing
	}
	return id.String()
}

// MatchingAddress is the input of a change of an address.
type MatchingAddress struct {
	IfMatch string `header:"If-Match" doc:"The address's ETag that the change is for; 412 if the address has moved on"`
}

type addressInput struct {
	OnAddress
	MatchingAddress
	Once
	Source string `header:"Customers-Source" enum:"api,import" doc:"import marks the history, for services and admins; what is refused of it is configured apart"`
}

type newAddressInput struct {
	OnCustomer
	Once
	Source string `header:"Customers-Source" enum:"api,import" doc:"import marks the history, for services and admins; what is refused of it is configured apart"`
}

type addressesInput struct {
	OnCustomer
	Fresh
	Type string    `query:"type" enum:"shipping,billing,business" doc:"Of this type alone"`
	AsOf time.Time `query:"asOf" doc:"As they were recorded at this instant"`
}

type addressesShown struct {
	Body struct {
		Items []Address `json:"items"`
	} `nameHint:"AddressList"`
}

type addressShown struct {
	Status   int
	Location string `header:"Location" doc:"Of a new address: its first version"`
	ETag     string `header:"ETag" doc:"The address's version, for If-Match"`
	Position string `header:"Customers-Position" doc:"What minPosition takes to read this change elsewhere"`
	Replayed string `header:"Idempotency-Replayed" doc:"true if this is the answer to an earlier request with the same key"`
	Body     *Address
}

type addressGone struct {
	Status   int
	Replayed string `header:"Idempotency-Replayed" doc:"true if this is the answer to an earlier request with the same key"`
	Position string `header:"Customers-Position" doc:"What minPosition takes to read this change elsewhere"`
}

type addressVersionInput struct {
	Fresh
	AddressID string `path:"addressId" format:"uuid" doc:"The address's id"`
	Version   int64  `path:"version" minimum:"1" doc:"From 1"`
}

const addressesPath = "/v1/customers/{id}/addresses"

func (s *service) addressRoutes(a *api) {
	tags := []string{"Addresses"}
	plain(a, huma.Operation{OperationID: "listAddresses", Method: http.MethodGet, Path: addressesPath, Tags: tags,
		Summary: "List a customer's addresses, oldest first"}, s.listAddresses)
	withBody(a, huma.Operation{OperationID: "addAddress", Method: http.MethodPost, Path: addressesPath, DefaultStatus: http.StatusCreated, Tags: tags,
		Summary: "Add an address", Description: "It is validated before it is stored; what is found is kept with it."}, s.addAddress)
	withBody(a, huma.Operation{OperationID: "patchAddress", Method: http.MethodPatch, Path: addressesPath + "/{addressId}", Tags: tags,
		Summary: "Change an address", Description: "It is validated again. If-Match is for the address's own ETag."}, s.patchAddress)
	plain(a, huma.Operation{OperationID: "removeAddress", Method: http.MethodDelete, Path: addressesPath + "/{addressId}", DefaultStatus: http.StatusNoContent, Tags: tags,
		Summary: "Remove an address", Description: "Its versions stay readable. Where it was a default, the oldest of its type becomes it."}, s.removeAddress)
	withBody(a, huma.Operation{OperationID: "setDefaultAddress", Method: http.MethodPut, Path: addressesPath + "/{addressId}/default", Tags: tags,
		Summary: "Make an address the default of its type"}, s.setDefaultAddress)
	plain(a, huma.Operation{OperationID: "getAddressVersion", Method: http.MethodGet, Path: "/v1/addresses/{addressId}/versions/{version}", Tags: tags,
		Summary: "Get a version of an address, also of one that was removed", Description: "For whoever holds a reference, such as an order, until the customer is erased."},
		s.addressVersion)
}

func (s *service) listAddresses(ctx context.Context, in *addressesInput) (*addressesShown, error) {
	id, err := in.customerID()
	if err != nil {
		return nil, err
	}
	var at *time.Time
	if exchangeOf(ctx).request.URL.Query().Has("asOf") {
		at = &in.AsOf
	}
	list, err := s.app.ListAddresses(ctx, s.called(ctx, in.freshness()), id, at)
	if err != nil {
		return nil, err
	}
	out := &addressesShown{}
	out.Body.Items = []Address{}
	for _, v := range list {
		if in.Type == "" || in.Type == string(v.Address.Type) {
			out.Body.Items = append(out.Body.Items, *renderAddress(v))
		}
	}
	return out, nil
}

func (s *service) addAddress(ctx context.Context, in *newAddressInput, body *NewAddress) (*addressShown, error) {
	one := app.NewAddress{Default: body.IsDefault, Address: body.domain()}
	out, err := s.changeAddress(ctx, in.OnCustomer, http.StatusCreated, func(c app.Call, id uuid.UUID) (app.AddressView, error) {
		return s.app.AddAddress(ctx, c, id, one)
	})
	if err == nil {
		out.Location = "/v1/addresses/" + out.Body.ID + "/versions/1"
	}
	return out, err
}

func (s *service) patchAddress(ctx context.Context, in *addressInput, body *AddressPatch) (*addressShown, error) {
	return s.changeAddress(ctx, in.OnCustomer, http.StatusOK, func(c app.Call, id uuid.UUID) (app.AddressView, error) {
		return s.app.PatchAddress(ctx, c, id, in.addressID(), body.apply)
	})
}

func (s *service) setDefaultAddress(ctx context.Context, in *addressInput, body *DefaultAddress) (*addressShown, error) {
	return s.changeAddress(ctx, in.OnCustomer, http.StatusOK, func(c app.Call, id uuid.UUID) (app.AddressView, error) {
		return s.app.SetDefaultAddress(ctx, c, id, in.addressID(), customer.AddressType(body.Type))
	})
}

func (s *service) removeAddress(ctx context.Context, in *addressInput) (*addressGone, error) {
	id, err := in.customerID()
	if err != nil {
		return nil, err
	}
	call, leave, err := s.changing(ctx, http.StatusNoContent)
	if err != nil {
		return nil, err
	}
	defer leave()
	v, err := s.app.RemoveAddress(ctx, call, id, in.addressID())
	if err != nil {
		return nil, err
	}
	out := &addressGone{Status: http.StatusNoContent, Position: strconv.FormatInt(v.Customer.Position, 10)}
	if v.Replayed {
		out.Replayed = "true"
	}
	return out, nil
}

// changeAddress runs one change of an address and renders it.
func (s *service) changeAddress(ctx context.Context, in OnCustomer, status int, do func(app.Call, uuid.UUID) (app.AddressView, error)) (*addressShown, error) {
	id, err := in.customerID()
	if err != nil {
		return nil, err
	}
	call, leave, err := s.changing(ctx, status)
	if err != nil {
		return nil, err
	}
	defer leave()
	v, err := do(call, id)
	if err != nil {
		return nil, err
	}
	if v.Address.ID == "" {
		return nil, fault.ErrNotFound // the answer to an earlier request, of an address that was removed since
	}
	out := &addressShown{Status: status, ETag: etag(v.Address.Version), Body: renderAddress(v),
		Position: strconv.FormatInt(v.View.Customer.Position, 10)}
	if v.View.Replayed {
		out.Replayed = "true"
	}
	return out, nil
}

func (s *service) addressVersion(ctx context.Context, in *addressVersionInput) (*addressShown, error) {
	id, err := uuid.Parse(in.AddressID)
	if err != nil || len(in.AddressID) != 36 {
		return nil, fault.ErrNotFound
	}
	v, err := s.app.AddressVersion(ctx, s.called(ctx, in.freshness()), id.String(), in.Version)
	if err != nil {
		return nil, err
	}
	body := renderAddress(v)
	body.IsDefault = nil // is no part of a version
	return &addressShown{Status: http.StatusOK, ETag: etag(v.Address.Version), Body: body}, nil
}
