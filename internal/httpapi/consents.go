package httpapi

import (
	"context"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/consent"
	"github.com/acme/customers/internal/fault"
)

const consentBatchPath = "/v1/consents/batch"

// ConsentLine is one act of many.
type ConsentLine struct {
	ID      string `json:"id" format:"uuid"`
	Purpose string `json:"purpose" maxLength:"50"`
	Act     string `json:"act" enum:"request,grant,deny,revoke"`
	ConsentRecord
}

// ConsentOutcome is what became of a line (NDJSON).
type ConsentOutcome struct {
	Line    int      `json:"line" doc:"From 1; blank lines are not counted"`
	Status  int      `json:"status" doc:"The HTTP status that a request of its own would have had"`
	Consent string   `json:"consent,omitempty" doc:"What held for the purpose at the time of the act"`
	Problem *Problem `json:"problem,omitempty" doc:"Why it was not recorded"`
}

func (s *service) consentBatchRoute(a *api) {
	withLines(a, lineAnswers[ConsentOutcome](a, huma.Operation{OperationID: "batchRecordConsents", Method: http.MethodPost, Path: consentBatchPath, Tags: []string{"Consents"},
		Summary: "Record many acts about consents",
		Description: fmt.Sprintf("One act a line, up to %d, with its original time; one outcome a line, in the same order. Those of one customer are recorded in their order. "+
			"An act of the same instant is recorded once, however often it is sent.", maxBatchLines)}), maxBatch, s.recordConsents)
}

func (s *service) recordConsents(ctx context.Context, _ *struct{}, body lines[ConsentLine]) (*stream, error) {
	call := s.called(ctx, Fresh{}.freshness())
	if err := s.app.ConsentsAllowed(call); err != nil { // before anything is read
		return nil, err
	}
	return eachLine(ctx, body, (*ConsentLine).act,
		func(acts []app.BatchAct) ([]app.RecordedAct, error) {
			return s.app.RecordConsents(ctx, call, acts), nil
		},
		func(x *exchange, n int, done *app.RecordedAct) any {
			if done.Err != nil {
				p := x.failed(ctx, done.Err)
				return ConsentOutcome{Line: n, Status: p.Status, Problem: p}
			}
			return ConsentOutcome{Line: n, Status: http.StatusOK, Consent: string(done.Consent.Status)}
		})
}

var actKinds = map[string]consent.Status{"request": consent.Pending, "grant": consent.Granted, "deny": consent.Denied, "revoke": consent.Revoked}

// act is what a line says, or what is wrong with it.
func (l *ConsentLine) act(err error) app.BatchAct {
	if err != nil {
		return app.BatchAct{Err: err}
	}
	id, err := lineID(l.ID)
	if kind := actKinds[l.Act]; err == nil && kind == "" {
		err = fault.ErrInvalid.At(fault.Field{Pointer: "/act", Code: "invalid_act", Msg: "an act is request, grant, deny or revoke"})
	}
	return app.BatchAct{ID: id, Err: err, Record: l.record(actKinds[l.Act], l.Purpose)}
}

// lineID reads the id of a line.
func lineID(s string) (uuid.UUID, error) {
	id, err := uuid.Parse(s)
	if err != nil || len(s) != 36 {
		return uuid.Nil, fault.ErrInvalid.At(fault.Field{Pointer: "/id", Code: "invalid_id", Msg: "an id is a UUID"})
	}
	return id, nil
}
