package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/fault"
)

const (
	batchPath = "/v1/customers/batch"

	maxBatch      = 16 << 20 // bytes of a request
	maxBatchLines = 10_000
	batchTime     = 2 * time.Minute
	batchAtOnce   = 64 // lines handled together, so that they share group commits
)

// BatchOutcome is what became of one line (NDJSON).
type BatchOutcome struct {
	Line    int      `json:"line" doc:"From 1; blank lines are not counted"`
	Status  int      `json:"status" doc:"The HTTP status that a request of its own would have had"`
	Outcome string   `json:"outcome,omitempty" enum:"created,updated,valid"`
	ID      string   `json:"id,omitempty" format:"uuid"`
	Number  string   `json:"number,omitempty"`
	Problem *Problem `json:"problem,omitempty" doc:"Why not"`
}

type batchInput struct {
	Once
	Mode   string `query:"mode" enum:"register,upsert,validate" default:"register" doc:"upsert changes who exists already; validate changes nothing"`
	Source string `header:"Customers-Source" enum:"api,import" doc:"import marks the customers' history, for services and admins"`
}

func (s *service) batchRoutes(a *api) {
	withLines(a, lineAnswers[BatchOutcome](a, huma.Operation{OperationID: "batchRegisterCustomers", Method: http.MethodPost, Path: batchPath, Tags: []string{"Customers"},
		Summary: "Register many customers",
		Description: fmt.Sprintf("One registration a line, up to %d lines and %d MiB; one outcome a line, in the same order. "+
			"With an Idempotency-Key every line takes effect once, however often the batch is sent.", maxBatchLines, maxBatch>>20)}), maxBatch, s.batch)
}

// result is the outcome of a line before it is worded.
type result struct {
	view    app.View
	outcome app.Outcome
	err     error
}

const valid app.Outcome = "valid"

// batch handles lines while it reads them, and answers when it has read the
// last: a caller that sends everything before it reads anything is served too.
func (s *service) batch(ctx context.Context, in *batchInput, body lines[Registration]) (*stream, error) {
	call, leave, err := s.changing(ctx, http.StatusCreated)
	if err != nil {
		return nil, err
	}
	defer leave()
	if err := s.app.BatchAllowed(call); err != nil { // before anything is read
		return nil, err
	}
	x := exchangeOf(ctx)
	_ = http.NewResponseController(x.writer).SetReadDeadline(time.Now().Add(batchTime)) // not every connection has deadlines
	var results []<-chan result
	slots := make(chan struct{}, batchAtOnce)
	for line, err := range body {
		if len(results) == maxBatchLines && err == nil {
			err = fault.ErrTooLarge
		}
		if err != nil {
			results = append(results, refusedLine(err))
		} else {
			slots <- struct{}{}
			results = append(results, s.handleLine(ctx, lineCall(call, len(results)+1, requestHash(x.request, line.hash)), in.Mode, line.value, slots))
		}
		if len(results) > maxBatchLines {
			break
		}
	}
	out := &lineWriter{x: x}
	for i, r := range results {
		out.write(x.outcome(ctx, i+1, <-r))
	}
	out.begin()
	return &stream{func(huma.Context) {}}, nil
}

// lineCall gives a line an idempotency key of its own.
func lineCall(c app.Call, n int, hash [32]byte) app.Call {
	if c.Idempotency != nil {
		c.Idempotency = &app.Idempotency{Key: c.Idempotency.Key + "\n" + strconv.Itoa(n), Hash: hash, Status: http.StatusCreated}
	}
	return c
}

func refusedLine(err error) <-chan result {
	out := make(chan result, 1)
	out <- result{err: err}
	return out
}

func (s *service) handleLine(ctx context.Context, c app.Call, mode string, r *Registration, slots <-chan struct{}) <-chan result {
	out := make(chan result, 1)
	go func() {
		defer func() {
			if v := recover(); v != nil { // only this line is lost
				out <- result{err: fault.ErrInternal.With(fmt.Errorf("panic %T at %s", v, callers()))}
			}
			<-slots
		}()
		var done result
		if mode == "validate" {
			done = result{outcome: valid, err: s.app.Validate(ctx, c, r.command())}
		} else {
			done.view, done.outcome, done.err = s.app.RegisterOne(ctx, c, r.command(), mode == "upsert")
		}
		out <- done
	}()
	return out
}

// outcome is the line of a result.
func (x *exchange) outcome(ctx context.Context, n int, r result) BatchOutcome {
	switch {
	case r.err != nil:
		p := x.failed(ctx, r.err)
		return BatchOutcome{Line: n, Status: p.Status, Problem: p}
	case r.outcome == valid:
		return BatchOutcome{Line: n, Status: http.StatusOK, Outcome: string(valid)}
	}
	status := http.StatusOK
	if r.outcome == app.Created {
		status = http.StatusCreated
	}
	return BatchOutcome{Line: n, Status: status, Outcome: string(r.outcome), ID: r.view.ID.String(), Number: number(r.view)}
}
