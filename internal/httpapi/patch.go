package httpapi

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/fault"
)

// CustomerPatch changes what it names (RFC 7396): null removes.
type CustomerPatch struct {
	Name        Optional[NamePatch]         `json:"name,omitzero"`
	Type        string                      `json:"type,omitzero" enum:"individual,business"`
	ExternalIDs map[string]Optional[string] `json:"externalIds,omitzero" doc:"null removes a system's id"`
	Tags        Optional[[]string]          `json:"tags,omitzero" doc:"Replaces all tags"`
}

// NamePatch changes parts of a name; null removes a part.
type NamePatch struct {
	Given     Optional[string] `json:"given,omitzero" maxLength:"100"`
	Middle    Optional[string] `json:"middle,omitzero" maxLength:"100"`
	Family    Optional[string] `json:"family,omitzero" maxLength:"100"`
	Prefix    Optional[string] `json:"prefix,omitzero" maxLength:"100"`
	Suffix    Optional[string] `json:"suffix,omitzero" maxLength:"100"`
	Preferred Optional[string] `json:"preferred,omitzero" maxLength:"100"`
}

// ProfilePatch changes what it names; null removes.
type ProfilePatch struct {
	DateOfBirth Optional[string] `json:"dateOfBirth,omitzero" format:"date"`
	Gender      Optional[string] `json:"gender,omitzero" maxLength:"50"`
	Locale      Optional[string] `json:"locale,omitzero" doc:"BCP 47"`
	Timezone    Optional[string] `json:"timezone,omitzero" doc:"IANA name"`
	Currency    Optional[string] `json:"currency,omitzero" doc:"ISO 4217"`
	Attributes  map[string]any   `json:"attributes,omitzero" doc:"Strings, numbers or booleans; null removes one"`
}

// ContactPatch changes e-mail and phone; null removes. A new one is unverified.
type ContactPatch struct {
	Email Optional[string] `json:"email,omitzero" maxLength:"254"`
	Phone Optional[string] `json:"phone,omitzero" doc:"With its country code"`
}

type patchInput struct {
	OnCustomer
	Matching
	Once
}

func (s *service) patchRoutes(a *api) {
	customers := []string{"Customers"}
	withBody(a, huma.Operation{OperationID: "patchCustomer", Method: http.MethodPatch, Path: "/v1/customers/{id}", Tags: customers,
		Summary: "Change name, type, external ids and tags", Description: "All but the name need the permission classifyCustomer, which customers do not have."}, s.patch)
	withBody(a, huma.Operation{OperationID: "patchProfile", Method: http.MethodPatch, Path: "/v1/customers/{id}/profile", Tags: customers,
		Summary: "Change the profile"}, s.patchProfile)
	withBody(a, huma.Operation{OperationID: "patchContact", Method: http.MethodPatch, Path: "/v1/customers/{id}/contact", Tags: customers,
		Summary: "Change e-mail and phone", Description: "The customer is found by the old address until the new one is confirmed."}, s.patchContact)
}

func (s *service) patch(ctx context.Context, in *patchInput, body *CustomerPatch) (*moved, error) {
	d := app.Details{Name: body.Name.Value.domain(body.Name), Tags: body.Tags.patch()}
	if body.Type != "" {
		d.Type = new(customer.Type(body.Type))
	}
	for source, id := range body.ExternalIDs {
		if d.ExternalIDs == nil {
			d.ExternalIDs = make(map[string]string, len(body.ExternalIDs))
		}
		d.ExternalIDs[source] = id.Value // empty where it was null: removed
	}
	return s.change(ctx, in.OnCustomer, "", func(c app.Call, id uuid.UUID) (app.View, error) { return s.app.Patch(ctx, c, id, d) })
}

func (s *service) patchProfile(ctx context.Context, in *patchInput, body *ProfilePatch) (*moved, error) {
	p := customer.UpdateProfile{DateOfBirth: body.DateOfBirth.patch(), Gender: body.Gender.patch(), Locale: body.Locale.patch(),
		Timezone: body.Timezone.patch(), Currency: body.Currency.patch(), Attributes: body.Attributes}
	out, err := s.change(ctx, in.OnCustomer, "", func(c app.Call, id uuid.UUID) (app.View, error) { return s.app.PatchProfile(ctx, c, id, p) })
	return out, within("/profile", err)
}

func (s *service) patchContact(ctx context.Context, in *patchInput, body *ContactPatch) (*moved, error) {
	p := customer.ChangeContact{Email: body.Email.patch(), Phone: body.Phone.patch()}
	return s.change(ctx, in.OnCustomer, "", func(c app.Call, id uuid.UUID) (app.View, error) { return s.app.PatchContact(ctx, c, id, p) })
}

// domain is the patch of a name: removing the whole removes every part.
func (p NamePatch) domain(given Optional[NamePatch]) *customer.NamePatch {
	switch {
	case !given.Set:
		return nil
	case given.Null:
		none := new("")
		return &customer.NamePatch{Given: none, Middle: none, Family: none, Prefix: none, Suffix: none, Preferred: none}
	}
	return &customer.NamePatch{Given: p.Given.patch(), Middle: p.Middle.patch(), Family: p.Family.patch(),
		Prefix: p.Prefix.patch(), Suffix: p.Suffix.patch(), Preferred: p.Preferred.patch()}
}

// within makes pointers into the resource pointers into the part of it that
// was sent.
func within(part string, err error) error {
	f := fault.From(err)
	if err == nil || len(f.Fields) == 0 {
		return err
	}
	own := *f
	own.Fields = slices.Clone(f.Fields)
	for i := range own.Fields {
		own.Fields[i].Pointer = strings.TrimPrefix(own.Fields[i].Pointer, part)
	}
	return &own
}
