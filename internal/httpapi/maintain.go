package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	jsonv2 "github.com/go-json-experiment/json"

	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/journal"
)

const (
	verifyPath  = "/v1/maintenance/verify"
	rebuildPath = "/v1/maintenance/rebuild"

	maintenanceTime = 12 * time.Hour // of one run; ends with its caller's connection
)

// ReportLine is one line of a maintenance report (NDJSON); one member is set.
type ReportLine struct {
	Progress *ReportProgress `json:"progress,omitempty"`
	Finding  *ReportFinding  `json:"finding,omitempty"`
	Done     bool            `json:"done,omitzero" doc:"The last line. A report without it broke off"`
	Code     string          `json:"code,omitempty" doc:"With done: why the report is not complete"`
}

// ReportProgress counts what was looked at so far.
type ReportProgress struct {
	Records  int64 `json:"records"`
	Streams  int64 `json:"streams"`
	Findings int64 `json:"findings"`
}

// ReportFinding is one thing that is not as it should be. Ids only.
type ReportFinding struct {
	Kind     string `json:"kind"`
	Stream   string `json:"stream,omitempty"`
	Position int64  `json:"position,omitzero"`
	Code     string `json:"code,omitempty"`
}

// stream is an answer that the handler has written already.
type stream struct{ Body func(huma.Context) }

type run func(context.Context, app.Call, journal.Report) (journal.Progress, error)

func (s *service) maintenanceRoutes(a *api) {
	plain(a, lineAnswers[ReportLine](a, huma.Operation{OperationID: "verifyStore", Method: http.MethodPost, Path: verifyPath, Tags: []string{"Maintenance"},
		Summary: "Replay every stream and compare it with its snapshot, while serving"}),
		func(ctx context.Context, _ *struct{}) (*stream, error) { return s.report(ctx, s.app.Verify) })
	plain(a, lineAnswers[ReportLine](a, huma.Operation{OperationID: "rebuildSnapshots", Method: http.MethodPost, Path: rebuildPath, Tags: []string{"Maintenance"},
		Summary: "Make every snapshot anew, while serving"}),
		func(ctx context.Context, _ *struct{}) (*stream, error) { return s.report(ctx, s.app.Rebuild) })
	plain(a, huma.Operation{OperationID: "resetRelay", Method: http.MethodPost, Path: "/v1/relay/reset", Tags: []string{"Maintenance"},
		Summary: "Empty the published stream and fill it again from the log, after a restore"}, s.resetRelay)
}

// report streams what a run finds. It is a refusal only if nothing was
// reported yet; after that the last line says what went wrong.
func (s *service) report(ctx context.Context, do run) (*stream, error) {
	out := &lineWriter{x: exchangeOf(ctx)}
	finding := func(f journal.Finding) {
		line := ReportFinding{Kind: f.Kind, Position: f.Position, Stream: f.Stream.String()}
		if f.Err != nil {
			line.Code = fault.CodeOf(f.Err)
		}
		out.write(ReportLine{Finding: &line})
		out.flush()
	}
	progress := func(p journal.Progress) {
		out.write(ReportLine{Progress: new(ReportProgress(p))})
		out.flush()
	}
	total, err := do(ctx, s.called(ctx, Fresh{}.freshness()), journal.Report{Finding: finding, Progress: progress})
	if err != nil && !out.begun {
		return nil, err
	}
	progress(total)
	last := ReportLine{Done: true}
	if err != nil {
		last.Code = out.x.failed(ctx, err).Code
	}
	out.write(last)
	return &stream{func(huma.Context) {}}, nil
}

// lineWriter answers with NDJSON, line by line. A caller that is gone ends the
// context, which ends whoever writes.
type lineWriter struct {
	x     *exchange
	begun bool
}

// slowest is how long a caller may take to take one line.
const slowest = time.Minute

func (l *lineWriter) write(line any) {
	l.begin()
	raw, err := jsonv2.Marshal(line, jsonv2.Deterministic(true))
	if err != nil {
		panic(fmt.Errorf("httpapi: a line of %T: %w", line, err)) // cuts the answer
	}
	_ = http.NewResponseController(l.x.writer).SetWriteDeadline(time.Now().Add(slowest)) // not every connection has deadlines
	_, _ = l.x.writer.Write(append(raw, '\n'))
}

func (l *lineWriter) begin() {
	if !l.begun {
		l.begun = true
		l.x.writer.Header().Set("Content-Type", mediaLines)
		l.x.writer.WriteHeader(http.StatusOK)
	}
}

// flush sends what was written so far.
func (l *lineWriter) flush() { _ = http.NewResponseController(l.x.writer).Flush() }

// resetRelay empties the published stream and fills it again from the log.
func (s *service) resetRelay(ctx context.Context, _ *struct{}) (*struct{}, error) {
	return nil, s.app.ResetRelay(ctx, s.called(ctx, Fresh{}.freshness()))
}
