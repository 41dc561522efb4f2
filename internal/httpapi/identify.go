package httpapi

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// identify gives the request its exchange: an id, a place in a trace (W3C
// Trace Context) and a remote address. Both ids go back to the caller.
func (g Guard) identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := &exchange{
			id: requestID(r.Header.Get("X-Request-Id")), started: g.Clock(), log: g.Log,
			addr: remote(r, g.Proxies), span: spanOf(r),
		}
		x.writer = &recorder{ResponseWriter: w, x: x}
		ctx := context.WithValue(r.Context(), exchangeKey{}, x)
		if !trace.SpanContextFromContext(ctx).IsValid() {
			ctx = trace.ContextWithSpanContext(ctx, x.span)
		}
		w.Header().Set("X-Request-Id", x.id)
		w.Header().Set("Traceparent", "00-"+x.traceID()+"-"+x.span.SpanID().String()+"-"+x.span.TraceFlags().String())
		next.ServeHTTP(x.writer, r.WithContext(ctx))
	})
}

// requestID takes the caller's id if it is a UUID. Any other text is not
// repeated: it could be anything.
func requestID(given string) string {
	if len(given) == 36 {
		if id, err := uuid.Parse(given); err == nil {
			return id.String()
		}
	}
	return uuid.NewString()
}

// spanOf is the span that telemetry began, or a child of the caller's, or the
// root of a new trace.
func spanOf(r *http.Request) trace.SpanContext {
	if sc := trace.SpanContextFromContext(r.Context()); sc.IsValid() {
		return sc
	}
	var own trace.SpanContextConfig
	_, _ = rand.Read(own.TraceID[:])
	_, _ = rand.Read(own.SpanID[:])
	if r.Header.Get("Traceparent") != "" {
		ctx := propagation.TraceContext{}.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
		if sc := trace.SpanContextFromContext(ctx); sc.IsValid() {
			own.TraceID, own.TraceFlags = sc.TraceID(), sc.TraceFlags()
		}
	}
	return trace.NewSpanContext(own)
}

// remote is who is at the other end: an IPv4 address, or the /64 that one
// IPv6 subscriber has. A proxy of ours is believed about whom it forwards for:
// the last address in X-Forwarded-For that is not a proxy of ours itself.
func remote(r *http.Request, proxies []netip.Prefix) netip.Prefix {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Prefix{} // no TCP peer: all of these share one bucket
	}
	addr := peer.Addr().Unmap()
	ours := func(a netip.Addr) bool {
		return slices.ContainsFunc(proxies, func(p netip.Prefix) bool { return p.Contains(a) })
	}
	if ours(addr) {
		hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		for _, hop := range slices.Backward(hops) {
			a, err := netip.ParseAddr(strings.TrimSpace(hop))
			if err != nil {
				break // beyond this nothing can be trusted
			}
			if addr = a.Unmap(); !ours(addr) {
				break
			}
		}
	}
	bits := 32
	if addr.Is6() {
		bits = 64
	}
	subscriber, _ := addr.WithZone("").Prefix(bits)
	return subscriber
}
