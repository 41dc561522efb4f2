package httpapi

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	jsonv2 "github.com/go-json-experiment/json"

	"github.com/acme/customers/internal/fault"
)

// problemType is the base of every problem type; the code follows.
const problemType = "https://customers.acme.example/problems/"

// Problem is a refusal as the caller sees it (RFC 9457).
type Problem struct {
	Type     string         `json:"type" format:"uri" doc:"Names the kind of problem; ends in the code"`
	Title    string         `json:"title" doc:"The kind of problem in words"`
	Status   int            `json:"status" doc:"The HTTP status"`
	Detail   string         `json:"detail" doc:"What is wrong with this request"`
	Code     string         `json:"code" doc:"Stable, for programs"`
	Instance string         `json:"instance,omitempty" format:"uri" doc:"This occurrence: the request id, for support"`
	Errors   []ProblemField `json:"errors,omitempty" doc:"The places that break a rule"`

	retryAfter time.Duration
}

// ProblemField is one place of the request that breaks a rule. It never holds
// the value, nor a name that is not ours.
type ProblemField struct {
	Pointer   string `json:"pointer,omitempty" doc:"RFC 6901 pointer into the body; keys that the caller chose are *"`
	Parameter string `json:"parameter,omitempty" doc:"Instead of a pointer: the parameter or header"`
	Code      string `json:"code" doc:"Stable, for programs"`
	Detail    string `json:"detail" doc:"What is wrong there"`
}

// parameter marks a fault.Field that is about a parameter or header. A pointer
// into a body is empty or starts with a slash, so the two never meet.
const parameter = "parameter:"

// statuses is the only place that knows which status a kind has.
var statuses = map[fault.Kind]int{
	fault.Internal:        http.StatusInternalServerError,
	fault.Malformed:       http.StatusBadRequest,
	fault.Unauthenticated: http.StatusUnauthorized,
	fault.Forbidden:       http.StatusForbidden,
	fault.NotFound:        http.StatusNotFound,
	fault.NotAllowed:      http.StatusMethodNotAllowed,
	fault.Conflict:        http.StatusConflict,
	fault.Gone:            http.StatusGone,
	fault.Precondition:    http.StatusPreconditionFailed,
	fault.TooLarge:        http.StatusRequestEntityTooLarge,
	fault.Unsupported:     http.StatusUnsupportedMediaType,
	fault.Invalid:         http.StatusUnprocessableEntity,
	fault.TooMany:         http.StatusTooManyRequests,
	fault.Unavailable:     http.StatusServiceUnavailable,
	fault.Full:            http.StatusInsufficientStorage,
}

// problemOf words an error for the caller, and tells the log what the caller
// may not know. An unclassified error shows nothing.
func problemOf(ctx context.Context, err error) *Problem {
	x := exchangeOf(ctx)
	if x == nil {
		return worded(classify(err))
	}
	p := x.failed(ctx, err)
	p.Instance, x.code = "urn:uuid:"+x.id, p.Code
	return p
}

// failed words an error of a part of the request, and logs what is our fault.
func (x *exchange) failed(ctx context.Context, err error) *Problem {
	f := classify(err)
	p := worded(f)
	if p.Status >= 500 {
		x.report(ctx, p, f)
	}
	return p
}

func worded(f *fault.Error) *Problem {
	p := &Problem{
		Type: problemType + f.Code, Title: title(f.Code), Status: statuses[f.Kind], Detail: f.Msg, Code: f.Code,
		retryAfter: f.RetryAfter,
	}
	if p.Status == 0 {
		p.Status = http.StatusInternalServerError
	}
	if p.retryAfter == 0 && (f.Kind == fault.Unavailable || f.Kind == fault.TooMany) {
		p.retryAfter = time.Second
	}
	for _, field := range f.Fields {
		out := ProblemField{Pointer: field.Pointer, Code: field.Code, Detail: field.Msg}
		if name, ok := strings.CutPrefix(field.Pointer, parameter); ok {
			out.Pointer, out.Parameter = "", name
		}
		p.Errors = append(p.Errors, out)
	}
	return p
}

// classify is fault.From, but for time: a request that ran out of it may have
// taken effect, and its caller should ask again with the same key.
func classify(err error) *fault.Error {
	f := fault.From(err)
	if f.Kind == fault.Internal && (errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)) {
		return fault.ErrUnavailable.With(err)
	}
	return f
}

// report logs what is our fault. Faults of the caller are only counted.
func (x *exchange) report(ctx context.Context, p *Problem, f *fault.Error) {
	level := slog.LevelError
	if f.Kind == fault.Unavailable {
		level = slog.LevelWarn
	}
	x.log.LogAttrs(ctx, level, "request failed", slog.String("code", p.Code), slog.String("requestId", x.id),
		slog.String("traceId", x.traceID()), slog.String("route", x.route()), slog.Any("error", f.Err))
}

func title(code string) string {
	words := strings.ReplaceAll(code, "_", " ")
	return strings.ToUpper(words[:1]) + words[1:]
}

// GetStatus makes a problem an error that huma can answer with.
func (p *Problem) GetStatus() int { return p.Status }

// Error shows no more than the caller sees.
func (p *Problem) Error() string { return p.Code + ": " + p.Detail }

// ContentType tells huma the media type of problems.
func (p *Problem) ContentType(string) string { return problemJSON }

// GetHeaders are the headers that belong to the status.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(p.retryAfter.Seconds()))))
	}
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", challenge)
	}
	return h
}

// writeProblem answers with a problem outside huma.
func writeProblem(w http.ResponseWriter, r *http.Request, err error) {
	p := problemOf(r.Context(), err)
	h := w.Header()
	for name, values := range p.GetHeaders() {
		if h.Get(name) == "" {
			h[name] = values
		}
	}
	h.Set("Content-Type", problemJSON)
	h.Set("Cache-Control", "no-store")
	h.Del("Content-Length")
	h.Del("ETag")
	w.WriteHeader(p.Status)
	_ = jsonv2.MarshalWrite(w, p) // the caller may be gone; nothing to do about it
}
