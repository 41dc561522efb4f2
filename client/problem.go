package client

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// ErrContract says that whatever answered is not the service that this client
// was made for.
var ErrContract = errors.New("the answer is not the service's")

// ErrNotModified says that the caller has what IfNoneMatch names.
var ErrNotModified = errors.New("not modified")

// Problem is a refusal by the service (RFC 9457). docs/api.md lists the codes.
type Problem struct {
	Type     string         `json:"type"`
	Title    string         `json:"title"`
	Status   int64          `json:"status"`
	Detail   string         `json:"detail"` // a sentence for people
	Code     string         `json:"code"`   // stable; "" where a proxy answered
	Instance string         `json:"instance,omitzero"`
	Errors   []ProblemField `json:"errors,omitzero"`

	RetryAfter time.Duration `json:"-"`
}

// ProblemField is one place of the request that breaks a rule. It holds no value.
type ProblemField struct {
	Pointer   string `json:"pointer,omitzero"` // RFC 6901; keys that the caller chose are *
	Parameter string `json:"parameter,omitzero"`
	Code      string `json:"code"`
	Detail    string `json:"detail"`
}

// Error has the code, the status and the places. Sentences are left to Detail.
func (p *Problem) Error() string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s (%d)", cmp.Or(p.Code, "refused"), p.Status)
	for _, e := range p.Errors {
		fmt.Fprintf(&out, " %s %s", cmp.Or(e.Pointer, e.Parameter), e.Code)
	}
	return out.String()
}

// Code is the code of the Problem in an error, "" where there is none.
func Code(err error) string {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p.Code
	}
	return ""
}

const maxProblem = 1 << 20

// refusal reads a Problem. What is none (a proxy's page) keeps its status alone.
func refusal(resp *http.Response) error {
	p := &Problem{}
	media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if media == "application/problem+json" && json.NewDecoder(io.LimitReader(resp.Body, maxProblem)).Decode(p) != nil {
		p = &Problem{}
	}
	_, _ = io.CopyN(io.Discard, resp.Body, 64<<10) // so that the connection can be used again
	p.Status = int64(resp.StatusCode)
	p.RetryAfter = retryAfter(resp.Header.Get("Retry-After"), time.Now())
	return p
}

// retryAfter reads both forms of RFC 9110, section 10.2.3; 0 is unknown.
func retryAfter(value string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(value); err == nil {
		return time.Duration(min(max(seconds, 0), 1<<20)) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil && at.After(now) {
		return at.Sub(now)
	}
	return 0
}

// transient tells whether the same request may be answered otherwise later. A
// key that is in flight is our own earlier attempt, whose connection broke.
func (p *Problem) transient() bool {
	switch p.Status {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable, http.StatusBadGateway, http.StatusGatewayTimeout:
		return true
	case http.StatusConflict:
		return p.Code == "request_in_flight"
	}
	return false
}
