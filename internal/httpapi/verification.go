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
)

// VerificationRequested says that a code is on its way.
type VerificationRequested struct {
	DeliveryID string    `json:"deliveryId" doc:"What the notification service asks the code with"`
	ExpiresAt  time.Time `json:"expiresAt"`
}

// Confirmation brings a code back.
type Confirmation struct {
	Code string `json:"code" minLength:"1" maxLength:"16"`
}

// Delivery is what the notification service needs to send one code.
type Delivery struct {
	ID         string    `json:"id"`
	CustomerID string    `json:"customerId" format:"uuid"`
	Channel    string    `json:"channel" enum:"email,phone"`
	To         string    `json:"to"`
	Code       string    `json:"code"`
	Locale     string    `json:"locale,omitempty"`
	ExpiresAt  time.Time `json:"expiresAt"`
}

type requested struct {
	Status   int
	Position string `header:"Customers-Position" doc:"What minPosition takes to read this change elsewhere"`
	Body     *VerificationRequested
}

type deliveryInput struct {
	ID string `path:"id" maxLength:"64" doc:"The delivery id"`
}

type delivered struct{ Body Delivery }

func (s *service) verificationRoutes(a *api) {
	for _, c := range []struct {
		channel      customer.Channel
		name, action string
	}{{customer.ByEmail, "e-mail address", "Email"}, {customer.ByPhone, "phone number", "Phone"}} {
		path := "/v1/customers/{id}/" + string(c.channel) + "/verification"
		request := huma.Operation{OperationID: "request" + c.action + "Verification", Method: http.MethodPost, Path: path, DefaultStatus: http.StatusAccepted,
			Tags: []string{"Verification"}, Summary: "Send a code to the " + c.name, Description: "A new code voids the one before."}
		plain(a, request, func(ctx context.Context, in *patchInput) (*requested, error) {
			return s.requestVerification(ctx, in, c.channel)
		})
		a.also(request, "204", "It is verified already")
		withBody(a, huma.Operation{OperationID: "confirm" + c.action + "Verification", Method: http.MethodPost, Path: path + "/confirm",
			Tags: []string{"Verification"}, Summary: "Confirm the " + c.name + " with its code"},
			func(ctx context.Context, in *patchInput, body *Confirmation) (*moved, error) {
				return s.confirm(ctx, in, c.channel, body.Code)
			})
	}
	plain(a, huma.Operation{OperationID: "getVerificationDelivery", Method: http.MethodPost, Path: "/v1/verifications/{id}/delivery",
		Tags: []string{"Verification"}, Summary: "Get address and code of an open verification, for the notification service"}, s.delivery)
}

func (s *service) requestVerification(ctx context.Context, in *patchInput, channel customer.Channel) (*requested, error) {
	id, err := in.customerID()
	if err != nil {
		return nil, err
	}
	call, leave, err := s.changing(ctx, http.StatusAccepted)
	if err != nil {
		return nil, err
	}
	defer leave()
	v, err := s.app.RequestVerification(ctx, call, id, channel)
	if err != nil {
		return nil, err
	}
	out := &requested{Status: http.StatusAccepted, Position: strconv.FormatInt(v.Customer.Position, 10)}
	open := v.Customer.State.Code(channel)
	if open.DeliveryID == "" { // verified already
		out.Status = http.StatusNoContent
		return out, nil
	}
	out.Body = &VerificationRequested{open.DeliveryID, open.ExpiresAt.UTC()}
	return out, nil
}

func (s *service) confirm(ctx context.Context, in *patchInput, channel customer.Channel, code string) (*moved, error) {
	return s.change(ctx, in.OnCustomer, "", func(c app.Call, id uuid.UUID) (app.View, error) {
		return s.app.ConfirmVerification(ctx, c, id, channel, code)
	})
}

func (s *service) delivery(ctx context.Context, in *deliveryInput) (*delivered, error) {
	d, err := s.app.Delivery(ctx, s.called(ctx, Fresh{}.freshness()), in.ID)
	if err != nil {
		return nil, err
	}
	return &delivered{Delivery{ID: d.ID, CustomerID: d.Customer.String(), Channel: string(d.Channel), To: d.To, Code: d.Code,
		Locale: d.Locale, ExpiresAt: d.ExpiresAt.UTC()}}, nil
}
