package httpapi

import (
	"context"
	"net/http"
	"reflect"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/acme/customers/internal/app"
)

const exportPath = "/v1/consents/export"

// ConsentAudit says which acts are asked for.
type ConsentAudit struct {
	Format  string    `json:"format,omitempty" enum:"jsonl,csv" doc:"jsonl if left out"`
	Purpose string    `json:"purpose,omitempty" maxLength:"50" doc:"All if left out"`
	From    time.Time `json:"from,omitzero"`
	To      time.Time `json:"to,omitzero" doc:"Exclusive"`
	By      string    `json:"by,omitempty" enum:"act,record" doc:"Whether the period is when the customer acted (act, if left out) or when that was recorded"`
	After   int64     `json:"after,omitzero" minimum:"0" doc:"Goes on after this position, where an earlier export broke off"`
}

// ExportedConsent is one act as an auditor reads it. Its fields are the columns
// of the CSV form, in their order; all of them are in clear, and none names
// anybody but by id.
type ExportedConsent struct {
	Position      int64     `json:"position" doc:"In the log; grows"`
	CustomerID    string    `json:"customerId" format:"uuid" doc:"Stays when the customer is erased"`
	Purpose       string    `json:"purpose"`
	Act           string    `json:"act" enum:"ConsentRequested,ConsentGranted,ConsentDenied,ConsentRevoked,ConsentExpired"`
	At            time.Time `json:"at" doc:"When the customer acted"`
	RecordedAt    time.Time `json:"recordedAt"`
	ExpiresAt     time.Time `json:"expiresAt,omitzero" doc:"Of a grant"`
	NoticeVersion string    `json:"noticeVersion,omitempty" doc:"What was shown: see /v1/purposes"`
	Method        string    `json:"method,omitempty"`
	Surface       string    `json:"surface,omitempty"`
	Source        string    `json:"source,omitempty"`
	Actor         string    `json:"actor" doc:"The kind of who acted"`
	Evidence      int64     `json:"evidence" doc:"The version of the customer's consents"`
}

func (s *service) exportConsentsRoute(a *api) {
	op := huma.Operation{OperationID: "exportConsents", Method: http.MethodPost, Path: exportPath, Tags: []string{"Consents"},
		Summary: "Export every act about consents in a period, for an audit",
		Description: "In the order in which they were recorded, those of erased customers included. What breaks off is cut, so that a whole answer is a whole export; " +
			"the trailers Customers-Rows and Content-Digest (RFC 9530, sha-256) tell it, too."}
	op.Responses = map[string]*huma.Response{"200": {Description: "One act a line", Content: map[string]*huma.MediaType{
		mediaLines: {Schema: a.schema(reflect.TypeFor[ExportedConsent](), "")}, mediaCSV: {Schema: &huma.Schema{Type: huma.TypeString}}}}}
	withBody(a, op, s.exportConsents)
}

func (s *service) exportConsents(ctx context.Context, _ *struct{}, body *ConsentAudit) (*exportStream, error) {
	switch {
	case body.By != "" && body.By != "act" && body.By != "record":
		return nil, invalid("/by", "invalid_by", "a period is by act or by record")
	case body.After < 0:
		return nil, invalid("/after", "invalid_position", "a position is not negative")
	}
	x := exchangeOf(ctx)
	out, err := newExport(x, "consents", body.Format, new(ExportedConsent))
	if err != nil {
		return nil, err
	}
	err = s.app.ExportConsents(ctx, s.called(ctx, Fresh{}.freshness()),
		app.ConsentAudit{Purpose: body.Purpose, From: body.From, To: body.To, Recorded: body.By == "record", After: body.After}, func(acts []app.ExportedAct, through int64) error {
			rows := make([]exported, len(acts))
			for i := range acts {
				rows[i] = exportedConsent(&acts[i])
			}
			return out.page(rows, through)
		})
	return out.end(ctx, err)
}

func exportedConsent(a *app.ExportedAct) *ExportedConsent {
	return &ExportedConsent{Position: a.Position, CustomerID: a.Stream.ID.String(), Purpose: a.Evidence.Purpose, Act: a.Type, At: a.OccurredAt.UTC(), RecordedAt: a.RecordedAt.UTC(),
		ExpiresAt: a.ExpiresAt, NoticeVersion: a.Evidence.Notice, Method: a.Evidence.Method, Surface: a.Evidence.Surface, Source: a.Source, Actor: string(a.Actor), Evidence: a.Version}
}

func (r *ExportedConsent) cells() []string {
	return []string{strconv.FormatInt(r.Position, 10), r.CustomerID, inert(r.Purpose), r.Act, rfc3339(r.At), rfc3339(r.RecordedAt), rfc3339(r.ExpiresAt),
		inert(r.NoticeVersion), inert(r.Method), inert(r.Surface), inert(r.Source), r.Actor, strconv.FormatInt(r.Evidence, 10)}
}
