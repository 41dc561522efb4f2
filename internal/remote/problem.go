package remote

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// ErrContract says that whatever answered is not the service that we know.
var ErrContract = errors.New("the answer is not the service's")

// Problem is a refusal by the service (RFC 9457).
type Problem struct {
	Status int     `json:"status"`
	Code   string  `json:"code"`
	Detail string  `json:"detail"`
	Errors []Field `json:"errors,omitempty"`

	retryAfter time.Duration
}

// Field is one place of the request that breaks a rule. It holds no value.
type Field struct {
	Pointer string `json:"pointer,omitempty"` // RFC 6901; keys that the caller chose are *
	Code    string `json:"code"`
	Detail  string `json:"detail"`
}

func (p *Problem) Error() string {
	if p.Code == "" {
		return fmt.Sprintf("the service answered with status %d", p.Status)
	}
	return fmt.Sprintf("%s (%d): %s", Printable(p.Code), p.Status, Printable(p.Detail))
}

const maxProblem = 1 << 20

// problemOf reads a refusal. What is not a problem document (a proxy's page)
// keeps its status alone.
func problemOf(resp *http.Response) error {
	p := &Problem{}
	media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if media == "application/problem+json" || media == "application/json" {
		if json.NewDecoder(io.LimitReader(resp.Body, maxProblem)).Decode(p) != nil {
			p = &Problem{}
		}
	}
	p.Status = resp.StatusCode
	p.retryAfter = retryAfter(resp.Header.Get("Retry-After"), time.Now())
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

// transient tells whether the same request may be answered otherwise later.
// A key that is still in flight is our own earlier attempt, whose connection
// broke; a version conflict is another writer.
func (p *Problem) transient() bool {
	switch p.Status {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable, http.StatusBadGateway, http.StatusGatewayTimeout:
		return true
	case http.StatusConflict:
		return p.Code == "request_in_flight" || p.Code == "version_conflict"
	}
	return false
}

// Printable makes text of a service safe for a terminal: one line without
// control characters.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, s)
}
