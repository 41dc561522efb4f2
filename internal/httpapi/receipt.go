package httpapi

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/acme/customers/internal/receipt"
)

const keysPath = "/.well-known/jwks.json"

// Receipt is a signed receipt.
type Receipt struct {
	Receipt string `json:"receipt" doc:"A compact JWS (RFC 7515), checked with the keys of /.well-known/jwks.json"`
}

type receiptShown struct{ Body *Receipt }

func (s *service) receiptRoutes(a *api) {
	plain(a, huma.Operation{OperationID: "getConsentReceipt", Method: http.MethodGet, Path: consentsPath + "/{purpose}/receipt", Tags: []string{"Consents"},
		Summary: "Get a signed receipt of what a customer did about a purpose", Description: "With the fields of ISO/IEC TS 27560 as JSON-LD. Anybody can check it without this service."}, s.consentReceipt)
}

func (s *service) consentReceipt(ctx context.Context, in *onPurpose) (*receiptShown, error) {
	id, err := in.customerID()
	if err != nil {
		return nil, err
	}
	signed, err := s.app.ConsentReceipt(ctx, s.called(ctx, in.freshness()), id, in.Purpose)
	if err != nil {
		return nil, err
	}
	return &receiptShown{&Receipt{signed}}, nil
}

// receiptKeys serves the keys that receipts are checked with.
func receiptKeys(s *receipt.Signer) (http.Handler, error) {
	raw, err := json.Marshal(s.Keys())
	if err != nil {
		return nil, err
	}
	return document(raw, "application/jwk-set+json", ""), nil
}
