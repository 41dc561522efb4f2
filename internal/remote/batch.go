package remote

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"time"
)

// Limits of POST /v1/customers/batch.
const (
	MaxLines = 10_000   // of a request
	MaxBatch = 16 << 20 // bytes of a request
	MaxLine  = 64 << 10 // bytes of a line, without its newline
)

// Mode says what a batch does with a customer that exists.
type Mode string

// The modes of a batch.
const (
	Register Mode = "register" // refuses it
	Upsert   Mode = "upsert"   // changes it: found by e-mail address, user id or external id
	Validate Mode = "validate" // changes nothing: a dry run
)

// Batch is one request: Lines registrations, each ended by a newline. Key is
// its idempotency key: with it the service does every line once, however
// often the request is sent.
type Batch struct {
	Mode   Mode
	Key    string
	Source string // for the customers' history: "import", or "" for the API
	Lines  int
	Body   []byte
}

// Outcome is what became of one line.
type Outcome struct {
	Line    int      `json:"line"`
	Status  int      `json:"status"`
	Outcome string   `json:"outcome,omitempty"` // created, updated or valid
	ID      string   `json:"id,omitempty"`
	Number  string   `json:"number,omitempty"`
	Problem *Problem `json:"problem,omitempty"` // why not, else nil
}

// attemptTimeout is how long the service may take for one batch.
const attemptTimeout = 2 * time.Minute

// maxAnswer is the longest line of an answer.
const maxAnswer = 256 << 10

// Batch sends until every line has its outcome. Where an answer is cut, or a
// line could not be handled now, the whole request is sent again under the
// same key; the first outcome of a line stands. On an error some lines may
// have been done: only sending the same batch again tells.
func (c *Client) Batch(ctx context.Context, b Batch) ([]Outcome, error) {
	got := make([]Outcome, b.Lines)
	settled, failures := 0, 0
	for {
		n, err := c.attempt(ctx, b, got)
		if settled += n; settled == b.Lines {
			return got, nil
		}
		if failures++; n > 0 {
			failures = 1
		}
		if err := c.Retry.pause(ctx, failures, err); err != nil {
			return nil, err
		}
	}
}

// attempt sends the batch once, and counts the outcomes that are new. It
// always gives an error when some are missing.
func (c *Client) attempt(ctx context.Context, b Batch, got []Outcome) (settled int, err error) {
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	header := http.Header{"Content-Type": {"application/x-ndjson"}, "Accept": {"application/x-ndjson, application/problem+json"}}
	if b.Key != "" {
		header.Set("Idempotency-Key", b.Key)
	}
	if b.Source != "" {
		header.Set("Customers-Source", b.Source)
	}
	resp, err := c.Do(ctx, http.MethodPost, "/v1/customers/batch?mode="+string(b.Mode), header, b.Body)
	if err != nil {
		return 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	if media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); media != "application/x-ndjson" {
		return 0, fmt.Errorf("%w: it is not NDJSON", ErrContract)
	}
	settled, err = readOutcomes(resp.Body, got)
	if err == nil {
		drain(resp.Body)
	}
	return settled, err
}

// readOutcomes reads the answer, one line for each line sent, in their order.
// A line counts only once its newline is there.
func readOutcomes(r io.Reader, got []Outcome) (settled int, err error) {
	in := bufio.NewReaderSize(r, maxAnswer)
	var later error
	for i := range got {
		raw, err := in.ReadSlice('\n')
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			return settled, fmt.Errorf("%w: a line has more than %d bytes", ErrContract, maxAnswer)
		case errors.Is(err, io.EOF):
			return settled, errCut
		case err != nil:
			return settled, err
		}
		var o Outcome
		if err := json.Unmarshal(raw, &o); err != nil || o.Line != i+1 || !o.complete() {
			return settled, fmt.Errorf("%w: line %d is not an outcome", ErrContract, i+1)
		}
		if o.Problem != nil && o.Problem.transient() {
			later = o.Problem
		} else if got[i].Line == 0 {
			got[i] = o
			settled++
		}
	}
	return settled, later
}

// complete tells whether an outcome says what became of its line.
func (o *Outcome) complete() bool {
	if o.Status >= 200 && o.Status < 300 {
		o.Problem = nil
		return o.Outcome == "created" || o.Outcome == "updated" || o.Outcome == "valid"
	}
	if o.Status < 400 || o.Status > 599 || o.Problem == nil || o.Problem.Code == "" {
		return false
	}
	o.Problem.Status = o.Status
	return true
}
