package httpapi

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/csv"
	"errors"
	"hash"
	"io"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	jsonv2 "github.com/go-json-experiment/json"

	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/fault"
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

type exportStream struct {
	Through string `header:"Customers-Through" doc:"The last position that was looked at: a row's own position tells how far the export is"`
	Body    func(huma.Context)
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

const mediaCSV = "text/csv; charset=utf-8; header=present"

func (s *service) exportConsents(ctx context.Context, _ *struct{}, body *ConsentAudit) (*exportStream, error) {
	csv := body.Format == "csv"
	switch {
	case body.Format != "" && body.Format != "jsonl" && !csv:
		return nil, invalid("/format", "invalid_format", "a format is jsonl or csv")
	case body.By != "" && body.By != "act" && body.By != "record":
		return nil, invalid("/by", "invalid_by", "a period is by act or by record")
	case body.After < 0:
		return nil, invalid("/after", "invalid_position", "a position is not negative")
	}
	x := exchangeOf(ctx)
	out := newExport(x, csv)
	err := s.app.ExportConsents(ctx, s.called(ctx, Fresh{}.freshness()),
		app.ConsentAudit{Purpose: body.Purpose, From: body.From, To: body.To, Recorded: body.By == "record", After: body.After}, out.page)
	if err != nil && out.begun {
		x.failed(ctx, err)          // logs it
		panic(http.ErrAbortHandler) // half an export must not look like one
	}
	if err != nil {
		return nil, err
	}
	out.end()
	return &exportStream{Body: func(huma.Context) {}}, nil
}

// export writes rows, and what they hash to.
type export struct {
	x     *exchange
	sum   hash.Hash
	out   io.Writer
	csv   *csv.Writer // nil: JSON Lines
	begun bool
	rows  int64
}

// errGone stands for the transport's own error, which names addresses.
var errGone = errors.New("httpapi: the reader is gone")

func newExport(x *exchange, asCSV bool) *export {
	e := &export{x: x, sum: sha256.New()}
	e.out = io.MultiWriter(x.writer, e.sum)
	if asCSV {
		e.csv = csv.NewWriter(e.out)
	}
	return e
}

// page writes some rows; the first call begins the answer.
func (e *export) page(acts []app.ExportedAct, through int64) error {
	if !e.begun {
		e.begin(through)
	}
	_ = http.NewResponseController(e.x.writer).SetWriteDeadline(time.Now().Add(slowest)) // not every connection has deadlines
	for i := range acts {
		if err := e.row(exportedConsent(&acts[i])); err != nil {
			return fault.ErrUnavailable.With(errGone)
		}
	}
	e.rows += int64(len(acts))
	if e.csv != nil {
		if e.csv.Flush(); e.csv.Error() != nil {
			return fault.ErrUnavailable.With(errGone)
		}
	}
	_ = http.NewResponseController(e.x.writer).Flush()
	return nil
}

func (e *export) begin(through int64) {
	e.begun = true
	h := e.x.writer.Header()
	h.Set("Content-Type", mediaLines)
	h.Set("Content-Disposition", `attachment; filename="consents.jsonl"`)
	if e.csv != nil {
		h.Set("Content-Type", mediaCSV)
		h.Set("Content-Disposition", `attachment; filename="consents.csv"`)
	}
	h.Set("Customers-Through", strconv.FormatInt(through, 10))
	h.Set("Trailer", "Customers-Rows, Content-Digest")
	e.x.writer.WriteHeader(http.StatusOK)
	if e.csv != nil {
		_ = e.csv.Write(columns[:])
	}
}

// end tells in the trailers what was written.
func (e *export) end() {
	h := e.x.writer.Header()
	h.Set("Customers-Rows", strconv.FormatInt(e.rows, 10))
	h.Set("Content-Digest", "sha-256=:"+base64.StdEncoding.EncodeToString(e.sum.Sum(nil))+":")
}

func (e *export) row(r ExportedConsent) error {
	if e.csv != nil {
		return e.csv.Write(r.cells())
	}
	raw, err := jsonv2.Marshal(r)
	if err == nil {
		_, err = e.out.Write(append(raw, '\n'))
	}
	return err
}

func exportedConsent(a *app.ExportedAct) ExportedConsent {
	return ExportedConsent{Position: a.Position, CustomerID: a.Stream.ID.String(), Purpose: a.Evidence.Purpose, Act: a.Type, At: a.OccurredAt.UTC(), RecordedAt: a.RecordedAt.UTC(),
		ExpiresAt: a.ExpiresAt, NoticeVersion: a.Evidence.Notice, Method: a.Evidence.Method, Surface: a.Evidence.Surface, Source: a.Source, Actor: string(a.Actor), Evidence: a.Version}
}

// columns are the names of the fields.
var columns = func() (names [13]string) {
	t := reflect.TypeFor[ExportedConsent]()
	for i := range names {
		names[i], _, _ = strings.Cut(t.Field(i).Tag.Get("json"), ",")
	}
	return names
}()

func (r *ExportedConsent) cells() []string {
	return []string{strconv.FormatInt(r.Position, 10), r.CustomerID, inert(r.Purpose), r.Act, rfc3339(r.At), rfc3339(r.RecordedAt), rfc3339(r.ExpiresAt),
		inert(r.NoticeVersion), inert(r.Method), inert(r.Surface), inert(r.Source), r.Actor, strconv.FormatInt(r.Evidence, 10)}
}

func rfc3339(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339Nano)
}

// inert keeps a spreadsheet from taking a word for a formula.
func inert(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
