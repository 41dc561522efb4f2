package httpapi

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/acme/customers/internal/authz"
)

// exchange is what the layers of the chain know about one request. There is
// one in the context of every request, written by the request's goroutine.
type exchange struct {
	id        string // the request id: a UUID, ours or the caller's
	started   time.Time
	addr      netip.Prefix // who is at the other end: an IPv4 address or an IPv6 /64
	principal authz.Principal
	request   *http.Request // as given to the routes; nil before
	writer    *recorder
	code      string   // the problem's code, if it is refused
	bodyHash  [32]byte // of the body, zero where there is none
	span      trace.SpanContext
	log       *slog.Logger
}

type exchangeKey struct{}

// exchangeOf is nil outside a request.
func exchangeOf(ctx context.Context) *exchange {
	x, _ := ctx.Value(exchangeKey{}).(*exchange)
	return x
}

func (x *exchange) traceID() string { return x.span.TraceID().String() }

// from is who is at the other end, for the access log.
func (x *exchange) from() string {
	switch {
	case !x.addr.IsValid():
		return ""
	case x.addr.IsSingleIP():
		return x.addr.Addr().String()
	}
	return x.addr.String()
}

// route is the pattern that matched, never the path: paths hold ids.
func (x *exchange) route() string {
	if x.request == nil {
		return ""
	}
	return x.request.Pattern
}
