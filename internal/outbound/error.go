package outbound

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"strconv"
	"time"
)

// Reason says why a call gave nothing.
type Reason string

// The reasons.
const (
	Request   Reason = "request"   // it cannot be sent
	Transport Reason = "transport" // no connection, or it broke
	Forbidden Reason = "forbidden" // the host is, or resolves to, what must not be reached
	Status    Reason = "status"    // an answer other than 200; a redirect is one
	Answer    Reason = "answer"    // a 200 that cannot be used
	Ended     Reason = "ended"     // the context ended first
)

// Error is a failed call. It holds nothing of what was sent or answered: an
// HTTP library's own errors repeat addresses and parts of what they read, so
// none is wrapped. Only the error of a context is.
type Error struct {
	Reason Reason
	Status int           // for Status: the HTTP status
	Detail string        // a constant of this program: "dial", "unknown_verdict"
	After  time.Duration // for Status: how long the answer asks to wait; 0: it does not say
	Err    error         // for Ended: context.Canceled or context.DeadlineExceeded
}

// Error is for the log.
func (e *Error) Error() string {
	text := "outbound: " + string(e.Reason)
	if e.Status != 0 {
		text += " " + strconv.Itoa(e.Status)
	}
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap gives the context's error.
func (e *Error) Unwrap() error { return e.Err }

// Retryable reports whether the same call may succeed soon: the connection
// failed, or the other side is overloaded or broken (429, 5xx).
func (e *Error) Retryable() bool {
	return e.Reason == Transport || e.Reason == Status && (e.Status == http.StatusTooManyRequests || e.Status >= 500)
}

// OfRequest reports whether the fault is in what was, or was to be, sent and says
// nothing of the other side: a 4xx that is not about our address, key or rate.
func (e *Error) OfRequest() bool {
	if e.Reason == Request {
		return true
	}
	if e.Reason != Status || e.Status < 400 || e.Status >= 500 {
		return false
	}
	switch e.Status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed,
		http.StatusProxyAuthRequired, http.StatusRequestTimeout, http.StatusTooManyRequests:
		return false
	}
	return true
}

// Unreadable is the error of an answer that cannot be used. Detail must be a
// constant: a part of the answer would end in the log.
func Unreadable(detail string) error { return &Error{Reason: Answer, Detail: detail} }

// Unsendable is the error of a request that cannot be written. Detail must be a
// constant, as for Unreadable.
func Unsendable(detail string) error { return &Error{Reason: Request, Detail: detail} }

var errForbidden = errors.New("outbound: forbidden host")

// transportError tells the kinds of failure apart and keeps no text of theirs.
func transportError(ctx context.Context, err error) error {
	if errors.Is(err, errForbidden) {
		return &Error{Reason: Forbidden, Detail: "dial"}
	}
	if end := ctx.Err(); end != nil {
		return &Error{Reason: Ended, Err: end}
	}
	detail := "exchange"
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		detail = "name"
	} else if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		detail = "dial"
	} else if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		detail = "certificate"
	}
	return &Error{Reason: Transport, Detail: detail}
}
