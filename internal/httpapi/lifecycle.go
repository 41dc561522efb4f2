package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/app"
)

// Transition says why a customer's status changes.
type Transition struct {
	Reason string `json:"reason,omitempty" maxLength:"500" doc:"For the history, in your own words"`
}

type transition func(context.Context, app.Call, uuid.UUID) (app.View, error)

func (s *service) lifecycleRoutes(a *api) {
	for _, t := range []struct {
		id, path, summary string
		use               func(*app.App) transition
	}{
		{"activateCustomer", "activate", "Make a customer active", func(a *app.App) transition { return a.Activate }},
		{"deactivateCustomer", "deactivate", "Make a customer inactive", func(a *app.App) transition { return a.Deactivate }},
		{"archiveCustomer", "archive", "Close a customer for good", func(a *app.App) transition { return a.Archive }},
	} {
		withOptionalBody(a, huma.Operation{OperationID: t.id, Method: http.MethodPost, Path: "/v1/customers/{id}/" + t.path,
			Tags: []string{"Lifecycle"}, Summary: t.summary, Description: "Asking again for the status that a customer has changes nothing."},
			func(ctx context.Context, in *patchInput, body *Transition) (*moved, error) {
				return s.change(ctx, in.OnCustomer, body.Reason, func(c app.Call, id uuid.UUID) (app.View, error) { return t.use(s.app)(ctx, c, id) })
			})
	}
}
