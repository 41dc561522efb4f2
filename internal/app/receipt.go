package app

import (
	"context"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/receipt"
)

// ConsentReceipt gives a signed receipt of what a customer did about a purpose
// up to now, fault.ErrNotFound when it did nothing.
func (a *App) ConsentReceipt(ctx context.Context, c Call, id uuid.UUID, purpose string) (string, error) {
	v, err := a.get(ctx, &c, authz.GetConsentReceipt, id)
	if err != nil {
		return "", err
	}
	if !v.Mask.Has(authz.FieldConsents) {
		return "", fault.ErrForbidden
	}
	l, err := a.Model.Consents(ctx, id)
	if err != nil {
		return "", gone(&c, err)
	}
	p := a.Purposes.Find(purpose)
	if p == nil || len(l.State.Acts[purpose]) == 0 {
		return "", fault.ErrNotFound
	}
	signed, err := a.Receipts.Sign(receipt.New(a.Issuer, id, p, l.State, a.Clock()))
	if err != nil {
		return "", fault.ErrInternal.With(err)
	}
	return signed, nil
}
