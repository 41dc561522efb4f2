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

	"github.com/acme/customers/internal/fault"
)

const mediaCSV = "text/csv; charset=utf-8; header=present"

// exported is a row of an export: as JSON, or as the cells of its columns.
type exported interface{ cells() []string }

// export writes rows, and what they hash to.
type export struct {
	x       *exchange
	name    string // of the file
	columns []string
	sum     hash.Hash
	out     io.Writer
	csv     *csv.Writer // nil: JSON Lines
	begun   bool
	rows    int64
}

type exportStream struct {
	Through string `header:"Customers-Through" doc:"The last position that was looked at: a row's own position tells how far the export is"`
	Body    func(huma.Context)
}

// errGone stands for the transport's own error, which names addresses.
var errGone = errors.New("httpapi: the reader is gone")

// newExport makes one of rows whose JSON names are its columns. The format is
// jsonl, csv or left out.
func newExport(x *exchange, name, format string, row exported) (*export, error) {
	if format != "" && format != "jsonl" && format != "csv" {
		return nil, invalid("/format", "invalid_format", "a format is jsonl or csv")
	}
	e := &export{x: x, name: name, columns: columnsOf(row), sum: sha256.New()}
	e.out = io.MultiWriter(x.writer, e.sum)
	if format == "csv" {
		e.csv = csv.NewWriter(e.out)
	}
	return e, nil
}

// page writes some rows; the first call begins the answer.
func (e *export) page(rows []exported, through int64) error {
	if !e.begun {
		e.begin(through)
	}
	_ = http.NewResponseController(e.x.writer).SetWriteDeadline(time.Now().Add(slowest)) // not every connection has deadlines
	for _, row := range rows {
		if err := e.row(row); err != nil {
			return fault.ErrUnavailable.With(errGone)
		}
	}
	e.rows += int64(len(rows))
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
	h.Set("Content-Disposition", `attachment; filename="`+e.name+`.jsonl"`)
	if e.csv != nil {
		h.Set("Content-Type", mediaCSV)
		h.Set("Content-Disposition", `attachment; filename="`+e.name+`.csv"`)
	}
	h.Set("Customers-Through", strconv.FormatInt(through, 10))
	h.Set("Trailer", "Customers-Rows, Content-Digest")
	e.x.writer.WriteHeader(http.StatusOK)
	if e.csv != nil {
		_ = e.csv.Write(e.columns)
	}
}

// end ends the answer, and tells in the trailers what was written; err is why it
// broke off, nil if it did not.
func (e *export) end(ctx context.Context, err error) (*exportStream, error) {
	if err != nil && e.begun {
		e.x.failed(ctx, err)        // logs it
		panic(http.ErrAbortHandler) // half an export must not look like one
	}
	if err != nil {
		return nil, err
	}
	h := e.x.writer.Header()
	h.Set("Customers-Rows", strconv.FormatInt(e.rows, 10))
	h.Set("Content-Digest", "sha-256=:"+base64.StdEncoding.EncodeToString(e.sum.Sum(nil))+":")
	return &exportStream{Body: func(huma.Context) {}}, nil
}

func (e *export) row(r exported) error {
	if e.csv != nil {
		return e.csv.Write(r.cells())
	}
	raw, err := jsonv2.Marshal(r)
	if err == nil {
		_, err = e.out.Write(append(raw, '\n'))
	}
	return err
}

// columnsOf are the JSON names of a row's fields.
func columnsOf(row exported) []string {
	t := reflect.TypeOf(row).Elem()
	names := make([]string, t.NumField())
	for i := range names {
		names[i], _, _ = strings.Cut(t.Field(i).Tag.Get("json"), ",")
	}
	return names
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
