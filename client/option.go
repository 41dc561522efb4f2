package client

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// A CallOption changes one call. One that the operation does not take is an
// error rather than ignored: a change that was meant to be conditional must
// not be made without its condition.
type CallOption struct {
	name  string
	needs takes // 0: every operation takes it
	set   func(*ask)
}

func header(name string, needs takes, value string) CallOption {
	return CallOption{name, needs, func(a *ask) { a.header.Set(name, value) }}
}

// Key is the idempotency key of a change, 1 to 255 visible ASCII characters:
// for 24 hours the same change under the same key takes effect once. Without
// it every call has a fresh one.
func Key(key string) CallOption { return header("Idempotency-Key", takesKey, key) }

// IfMatch makes a change only to the version of this ETag; else it is refused
// with 412.
func IfMatch(etag string) CallOption { return header("If-Match", takesIfMatch, etag) }

// IfNoneMatch reads only what is not of this ETag; else the error is
// ErrNotModified.
func IfNoneMatch(etag string) CallOption { return header("If-None-Match", takesIfNoneMatch, etag) }

// MinPosition contents itself with an answer that includes this position, that
// of a change's Meta say, instead of everything that was committed before.
func MinPosition(position int64) CallOption {
	return CallOption{"minPosition", takesFresh, func(a *ask) { a.query("minPosition", position) }}
}

// MaxAge contents itself with an answer of that age.
func MaxAge(age time.Duration) CallOption {
	return header("Cache-Control", takesFresh, fmt.Sprintf("max-age=%d", max(age, 0)/time.Second))
}

// AsOf asks what was recorded at an instant.
func AsOf(instant time.Time) CallOption {
	return CallOption{"asOf", takesAsOf, func(a *ask) { a.query("asOf", instant) }}
}

// At asks what had happened by an instant.
func At(instant time.Time) CallOption {
	return CallOption{"at", takesAt, func(a *ask) { a.query("at", instant) }}
}

// Source marks the history: "import" for services that bring in what another
// system knew.
func Source(source string) CallOption { return header("Customers-Source", takesSource, source) }

// For says what the data is read for, for the access log.
func For(purpose string) CallOption { return header(purposeHeader, 0, purpose) }

// SendAgain lets a call be sent again that does not say itself whether it may
// be: a batch of consents whose acts all have their times, say.
func SendAgain() CallOption { return CallOption{"", 0, func(a *ask) { a.again = true }} }

// Into tells what an answer says beside its body.
func Into(meta *Meta) CallOption { return CallOption{"", 0, func(a *ask) { a.meta = meta }} }

// Meta is what the headers of an answer say. What it does not say is zero.
type Meta struct {
	ETag     string // for IfMatch and IfNoneMatch
	Position int64  // for MinPosition
	Replayed bool   // the answer is that to an earlier attempt with the same key
	Location string
}

func metaOf(h http.Header) Meta {
	position, _ := strconv.ParseInt(h.Get("Customers-Position"), 10, 64)
	return Meta{h.Get("ETag"), position, h.Get("Idempotency-Replayed") == "true", h.Get("Location")}
}

const purposeHeader = "X-Purpose"

type purposeKey struct{}

// WithPurpose says for every call under the context what the data is read for;
// For goes before it.
func WithPurpose(ctx context.Context, purpose string) context.Context {
	return context.WithValue(ctx, purposeKey{}, purpose)
}
