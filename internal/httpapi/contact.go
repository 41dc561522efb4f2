package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/acme/customers/internal/contact"
)

// ContactQuestion asks whether a customer may be contacted.
type ContactQuestion struct {
	Channel string    `json:"channel" enum:"email,sms,push,mail"`
	Purpose string    `json:"purpose,omitempty" maxLength:"50" doc:"What for; or"`
	Topic   string    `json:"topic,omitempty" maxLength:"50" doc:"what about, which has a purpose"`
	At      time.Time `json:"at,omitzero" doc:"When it would be sent; now if left out"`
}

// ContactDecision is the answer, with every rule that spoke.
type ContactDecision struct {
	Decision string          `json:"decision" enum:"allow,deny,defer"`
	Until    time.Time       `json:"until,omitzero" doc:"When to ask again, of a deferral"`
	Reasons  []ContactReason `json:"reasons"`
}

// ContactReason is one rule that spoke.
type ContactReason struct {
	Rule     string    `json:"rule"`
	Outcome  string    `json:"outcome" enum:"allow,deny,defer"`
	Code     string    `json:"code"`
	Evidence string    `json:"evidence,omitempty" doc:"What it rests on: a version of the customer or of its consents"`
	Until    time.Time `json:"until,omitzero"`
}

type decisionInput struct {
	OnCustomer
	Fresh
}

type decisionShown struct{ Body *ContactDecision }

func (s *service) contactRoutes(a *api) {
	withBody(a, huma.Operation{OperationID: "decideContact", Method: http.MethodPost, Path: "/v1/customers/{id}/contact-decision", Tags: []string{"Consents"},
		Summary: "Ask whether a customer may be contacted, now, for this, and why", Description: "What was revoked before the question is denied, on every instance."}, s.decideContact)
	s.contactsRoute(a)
}

func (s *service) decideContact(ctx context.Context, in *decisionInput, body *ContactQuestion) (*decisionShown, error) {
	id, err := in.customerID()
	if err != nil {
		return nil, err
	}
	d, err := s.app.DecideContact(ctx, s.called(ctx, in.freshness()), id, contact.Question(*body))
	if err != nil {
		return nil, err
	}
	return &decisionShown{renderDecision(&d)}, nil
}

func renderDecision(d *contact.Decision) *ContactDecision {
	out := &ContactDecision{Decision: string(d.Outcome), Until: d.Until, Reasons: make([]ContactReason, len(d.Reasons))}
	for i, r := range d.Reasons {
		out.Reasons[i] = ContactReason{r.Rule, string(r.Outcome), r.Code, r.Evidence, r.Until}
	}
	return out
}
