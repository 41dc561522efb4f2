package httpapi

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"path"
	"time"

	"github.com/acme/customers/internal/authz"
)

// Verifier turns a bearer token into a caller.
type Verifier interface {
	Verify(ctx context.Context, raw string) (authz.Principal, error)
}

// Guard is what the chain needs. Verifier and Log are required; the zero value
// of anything else is a good default.
type Guard struct {
	Verifier Verifier
	Log      *slog.Logger
	Clock    func() time.Time // time.Now if nil

	Timeout     time.Duration            // of one request; 30 s
	Longer      map[string]time.Duration // instead, by exact path
	Concurrency int                      // requests at a time; 1024
	Listeners   int                      // besides, of server-sent events; 4096
	Rate        Rate
	Proxies     []netip.Prefix // whose X-Forwarded-For is believed; none

	Observe func(context.Context, Observation)   // told of every request; may be nil
	Trace   func(next http.Handler) http.Handler // outermost, for OpenTelemetry; may be nil
	Public  map[string]http.Handler              // exact paths that need no token
	Links   http.Handler                         // paths that are a token, under pagePrefix; may be nil
}

// Observation is one request, for metrics: no ids and no values.
type Observation struct {
	Route    string // the pattern that matched, or "" for none
	Method   string
	Status   int
	Code     string // the problem's code, or ""
	Role     authz.Role
	Duration time.Duration
	Bytes    int64 // of the answer's body
}

type layer func(next http.Handler) http.Handler

// Handler puts the chain around the routes. Every request passes the layers
// top-down.
func (g Guard) Handler(routes http.Handler) http.Handler {
	g = g.withDefaults()
	layers := []layer{
		g.Trace,            // the span of telemetry, if there is any
		g.identify,         // request id, trace context, remote address
		g.observe,          // metrics of everything below, refusals too
		g.recoverPanics,    // a bug answers 500 and shows nothing
		g.secureHeaders,    // nothing is cached, sniffed or framed
		g.limitTime,        // the context ends with the request's time
		g.servePublic,      // health, metrics, documents: no token, and never shed
		g.limitConcurrency, // shed rather than queue
		g.serveLinks,       // who holds a link needs no other token
		g.authenticate,     // who is calling
		g.limitRate,        // and not too often
	}
	h := g.dispatch(routes)
	for i := len(layers) - 1; i >= 0; i-- {
		h = layers[i](h)
	}
	return h
}

func (g Guard) withDefaults() Guard {
	if g.Clock == nil {
		g.Clock = time.Now
	}
	if g.Timeout == 0 {
		g.Timeout = 30 * time.Second
	}
	if g.Concurrency == 0 {
		g.Concurrency = 1024
	}
	if g.Listeners == 0 {
		g.Listeners = 4096
	}
	if g.Trace == nil {
		g.Trace = func(next http.Handler) http.Handler { return next }
	}
	if g.Observe == nil {
		g.Observe = func(context.Context, Observation) {}
	}
	g.Rate = g.Rate.withDefaults()
	return g
}

// dispatch hands the request to the routes. ServeMux would redirect an unclean
// path; we have no such resource.
func (g Guard) dispatch(routes http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		exchangeOf(r.Context()).request = r
		if path.Clean(r.URL.Path) != r.URL.Path {
			http.NotFound(w, r)
			return
		}
		// We speak JSON only, and RFC 9110 (12.5.1) lets us disregard a wish for
		// anything else; huma would try to fulfil it.
		r.Header.Del("Accept")
		routes.ServeHTTP(w, r)
	})
}
