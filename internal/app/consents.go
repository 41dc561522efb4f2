package app

import (
	"context"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/consent"
)

// BatchAct is one act of many, of a customer.
type BatchAct struct {
	ID     uuid.UUID
	Record consent.Record
	Err    error // what is wrong with it: it is the answer
}

// RecordedAct is what became of one of them.
type RecordedAct struct {
	Consent ConsentView
	Err     error
}

// consentActions are what may be recorded, and who must be allowed to.
var consentActions = map[consent.Status]authz.Action{consent.Pending: authz.RequestConsent, consent.Granted: authz.GrantConsent,
	consent.Denied: authz.DenyConsent, consent.Revoked: authz.RevokeConsent}

// ConsentsAllowed tells whether the caller may record many acts, before
// anything is read of them.
func (a *App) ConsentsAllowed(c Call) error {
	_, err := a.allowAny(&c, authz.BatchRecordConsents)
	return err
}

// RecordConsents records many acts, each as RecordConsent would. Those of one
// customer are recorded in their order.
func (a *App) RecordConsents(ctx context.Context, c Call, acts []BatchAct) []RecordedAct {
	out := make([]RecordedAct, len(acts))
	eachInOrder(len(acts), func(i int) uuid.UUID { return acts[i].ID }, func(i int) { out[i] = a.recordAct(ctx, c, &acts[i]) })
	return out
}

func (a *App) recordAct(ctx context.Context, c Call, act *BatchAct) (out RecordedAct) {
	defer rescue(&out.Err)
	if out.Err = act.Err; out.Err == nil {
		_, out.Consent, out.Err = a.recordConsent(ctx, c, consentActions[act.Record.Kind], act.ID, act.Record)
	}
	return out
}
