package httpapi

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"iter"
	"mime"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/acme/customers/internal/fault"
)

// The media types that we read and write.
const (
	mediaJSON   = "application/json"
	mediaPatch  = "application/merge-patch+json" // RFC 7396
	mediaLines  = "application/x-ndjson"
	mediaTable  = "text/csv"                 // RFC 4180; what we write says more of itself: mediaCSV
	problemJSON = "application/problem+json" // RFC 9457
)

// mediaTypes of the body of a method.
func mediaTypes(method string) []string {
	if method == http.MethodPatch {
		return []string{mediaPatch, mediaJSON}
	}
	return []string{mediaJSON}
}

// checkMedia refuses what is not one of the media types, in UTF-8 and not
// compressed: a small compressed body may be a large one.
func checkMedia(h http.Header, allowed []string) error {
	unsupported := *fault.ErrUnsupported
	unsupported.Msg = "send " + strings.Join(allowed, " or ")
	if enc := h.Get("Content-Encoding"); enc != "" && !strings.EqualFold(enc, "identity") {
		return &unsupported
	}
	given := h.Values("Content-Type")
	if len(given) != 1 {
		return &unsupported
	}
	if slices.Contains(allowed, given[0]) {
		return nil
	}
	media, params, err := mime.ParseMediaType(given[0])
	charset := params["charset"]
	if err != nil || !slices.Contains(allowed, media) || (charset != "" && !strings.EqualFold(charset, "utf-8")) {
		return &unsupported
	}
	return nil
}

// bodies are reused; they are wiped before, for they held a person's data.
var bodies = sync.Pool{New: func() any { return bytes.NewBuffer(make([]byte, 0, 4096)) }}

// readBody hands the whole body to use, which must not keep it.
func readBody(w http.ResponseWriter, r *http.Request, limit int64, use func(body []byte) error) error {
	if r.ContentLength > limit {
		return fault.ErrTooLarge
	}
	buf := bodies.Get().(*bytes.Buffer)
	defer func() {
		if buf.Cap() <= 64<<10 {
			clear(buf.Bytes()[:buf.Len()])
			buf.Reset()
			bodies.Put(buf)
		}
	}()
	if _, err := buf.ReadFrom(http.MaxBytesReader(w, r.Body, limit)); err != nil {
		return cut(err)
	}
	return use(buf.Bytes())
}

// cut is the fault of a body that did not arrive whole. The transport's own
// error is dropped: it names addresses.
func cut(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return fault.ErrTooLarge
	}
	return malformed("", "incomplete", "the body did not arrive whole")
}

// requestHash is what an idempotency key stands for: the same key with another
// method, target or body is another request.
func requestHash(r *http.Request, body [32]byte) (sum [32]byte) {
	h := sha256.New()
	_, _ = io.WriteString(h, r.Method+"\x00"+r.URL.RequestURI()+"\x00")
	_, _ = h.Write(body[:])
	h.Sum(sum[:0])
	return sum
}

// lines are the values of an NDJSON body, or their refusals.
type lines[T any] = iter.Seq2[line[T], error]

type line[T any] struct {
	value *T
	hash  [32]byte // of its bytes, without white space around them
}

// collect reads all lines of a batch before the first is handled, so that one
// with too many is refused whole. A line that is refused is one all the same.
func collect[T, O any](x *exchange, body lines[T], of func(*T, error) O) (all []O, err error) {
	_ = http.NewResponseController(x.writer).SetReadDeadline(time.Now().Add(batchTime)) // not every connection has deadlines
	for line, err := range body {
		if len(all) == maxBatchLines {
			return nil, fault.ErrTooLarge
		}
		all = append(all, of(line.value, err))
	}
	return all, nil
}

// eachLine answers a batch: every line is read before the first is handled, and
// each has its outcome, in the order of the lines.
func eachLine[L, Q, R any](ctx context.Context, body lines[L], of func(*L, error) Q, do func([]Q) ([]R, error), outcome func(x *exchange, n int, r *R) any) (*stream, error) {
	x := exchangeOf(ctx)
	all, err := collect(x, body, of)
	if err != nil {
		return nil, err
	}
	done, err := do(all)
	if err != nil {
		return nil, err
	}
	out := &lineWriter{x: x}
	out.begin()
	for i := range done {
		out.write(outcome(x, i+1, &done[i]))
	}
	return &stream{func(huma.Context) {}}, nil
}

// lines reads newline-delimited JSON, one value a line, without holding more
// than one. A line that is refused does not end it; a line over the limit or a
// cut body does. Blank lines are skipped and not counted.
func (d *decoder[T]) lines(r io.Reader) lines[T] {
	return func(yield func(line[T], error) bool) {
		in := newLineReader(r, d.limits.Line)
		for {
			raw, err := in.next()
			if err == io.EOF {
				return
			}
			if err != nil {
				yield(line[T]{}, err)
				return
			}
			if raw = bytes.TrimSpace(raw); len(raw) == 0 {
				continue
			}
			v, err := d.decode(raw)
			if !yield(line[T]{v, sha256.Sum256(raw)}, err) {
				return
			}
		}
	}
}
