// Package fault is the one error type that crosses layers.
//
// A fault says what kind of failure it is (the kind decides the HTTP status),
// carries a code that clients may rely on for ever, a message that is safe to
// show to the caller, and a cause that is for the log alone. Messages and
// causes name ids, never values: an error must never carry personal data.
// Whatever is not a *Error is internal and shows nothing.
package fault

import (
	"errors"
	"fmt"
	"time"
)

// Kind classifies a failure. It is mapped to a status in exactly one place.
type Kind uint8

// The kinds, in the order of their usual HTTP statuses.
const (
	Internal        Kind = iota // 500: a bug or an unclassified failure; shows nothing
	Malformed                   // 400: the request cannot be read
	Unauthenticated             // 401: no valid token
	Forbidden                   // 403: known caller, not allowed
	NotFound                    // 404: not there, or the caller may not know
	NotAllowed                  // 405: no such method on this resource
	Conflict                    // 409: the state of the resource forbids it now
	Gone                        // 410: was there, is erased or used up
	Precondition                // 412: If-Match did not match
	TooLarge                    // 413: body over the limit
	Unsupported                 // 415: media type
	Invalid                     // 422: readable, but breaks a rule; see Fields
	TooMany                     // 429: over the rate; see RetryAfter
	Unavailable                 // 503: a dependency is down or behind; see RetryAfter
	Full                        // 507: no space left to record the change
)

// Field points at one place of the request that breaks a rule.
type Field struct {
	Pointer string // RFC 6901 JSON pointer into the body, e.g. "/name/given"
	Code    string // stable, e.g. "too_long"
	Msg     string // for people; never repeats the value
}

// Error is a classified failure.
type Error struct {
	Kind       Kind
	Code       string        // stable for clients: one of the Code constants
	Msg        string        // safe for the caller
	Fields     []Field       // for Malformed and Invalid
	RetryAfter time.Duration // for TooMany and Unavailable; 0 is unknown
	Err        error         // for the log only; ids, never values
}

// Error is what the log shows. It holds no field values.
func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, e.Msg, e.Err)
	}
	return e.Code + ": " + e.Msg
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target is a fault of the same code, so that sentinel
// faults work with errors.Is after they were given a cause or fields.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// New makes a fault.
func New(kind Kind, code, msg string) *Error {
	return &Error{Kind: kind, Code: code, Msg: msg}
}

// With returns a copy of the fault with a cause, for the log.
func (e *Error) With(cause error) *Error {
	c := *e
	c.Err = cause
	return &c
}

// At returns a copy of the fault that points at fields of the request.
func (e *Error) At(fields ...Field) *Error {
	c := *e
	c.Fields = append(append([]Field(nil), e.Fields...), fields...)
	return &c
}

// After returns a copy of the fault that says when to try again.
func (e *Error) After(d time.Duration) *Error {
	c := *e
	c.RetryAfter = d
	return &c
}

// From finds the fault in err's chain. Anything else becomes an internal
// fault whose message shows nothing.
func From(err error) *Error {
	var f *Error
	if errors.As(err, &f) {
		return f
	}
	return ErrInternal.With(err)
}

// KindOf is the kind of err; an unclassified error is Internal.
func KindOf(err error) Kind { return From(err).Kind }

// CodeOf is the stable code of err.
func CodeOf(err error) string { return From(err).Code }
