package httpapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"runtime"
	"strings"
	"time"

	"github.com/acme/customers/internal/fault"
)

// observe tells the metrics about every request, refused or not.
func (g Guard) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := exchangeOf(r.Context())
		defer func() {
			g.Observe(r.Context(), Observation{
				Route: x.route(), Method: method(r.Method), Status: x.writer.status, Code: x.code, Role: x.principal.Role,
				Duration: g.Clock().Sub(x.started), Bytes: x.writer.written,
			})
		}()
		next.ServeHTTP(w, r)
	})
}

// method keeps what callers invent out of metric labels.
func method(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "_OTHER"
}

// recoverPanics answers 500 and logs where it happened, but of the panic's
// value only the type, for the value may be a person's. If the answer has
// begun, the connection is cut, so that nobody takes half of it for the whole.
func (g Guard) recoverPanics(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if v == http.ErrAbortHandler {
				panic(v)
			}
			x := exchangeOf(r.Context())
			g.Log.LogAttrs(r.Context(), slog.LevelError, "panic", slog.String("requestId", x.id), slog.String("traceId", x.traceID()),
				slog.String("route", x.route()), slog.String("type", fmt.Sprintf("%T", v)), slog.String("at", callers()))
			if x.writer.status != 0 {
				panic(http.ErrAbortHandler)
			}
			writeProblem(w, r, fault.ErrInternal.With(errPanic))
		}()
		next.ServeHTTP(w, r)
	})
}

var errPanic = errors.New("httpapi: the handler panicked")

// callers is where the running panic came from: functions and lines only.
func callers() string {
	pcs := make([]uintptr, 32)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(4, pcs)])
	var b strings.Builder
	for {
		f, more := frames.Next()
		fmt.Fprintf(&b, "%s:%d\n", f.Function, f.Line)
		if !more {
			return b.String()
		}
	}
}

// secure is shared by all answers: Set and Add replace its slices, never
// write to them.
var secure = http.Header{
	"Cache-Control":                {"no-store"},
	"X-Content-Type-Options":       {"nosniff"},
	"Content-Security-Policy":      {"default-src 'none'; frame-ancestors 'none'"},
	"Referrer-Policy":              {"no-referrer"},
	"Cross-Origin-Resource-Policy": {"same-origin"},
}

// secureHeaders sets what a personal answer needs. Documents loosen it.
func (g Guard) secureHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		maps.Copy(h, secure)
		if r.TLS != nil {
			h.Set("Strict-Transport-Security", "max-age=63072000")
		}
		next.ServeHTTP(w, r)
	})
}

// limitTime ends the context; whoever waits for anything sees that.
func (g Guard) limitTime(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		timeout, ok := g.Longer[r.URL.Path]
		if !ok && r.Method == http.MethodPost && isMembers(r.URL.Path) {
			timeout, ok = batchTime, true
		}
		if !ok {
			timeout = g.Timeout
		} else { // or the answer would be lost that comes late
			_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(timeout + slowest)) // not every connection has deadlines
		}
		ctx, cancel := context.WithTimeout(r.Context(), timeout)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// servePublic answers what needs no token: exact paths, reading only.
func (g Guard) servePublic(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, ok := g.Public[r.URL.Path]
		if !ok {
			next.ServeHTTP(w, r)
			return
		}
		r.Pattern = r.URL.Path
		exchangeOf(r.Context()).request = r
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			writeProblem(w, r, fault.ErrNotAllowed)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// serveLinks answers links, not too often from one address: who guesses learns
// nothing, and shall not keep others waiting.
func (g Guard) serveLinks(next http.Handler) http.Handler {
	visits := newBuckets(g.Rate.Links, g.Rate.Remembered)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if g.Links == nil || !IsLink(r.URL.Path) {
			next.ServeHTTP(w, r)
			return
		}
		x := exchangeOf(r.Context())
		r.Pattern = r.Method + " " + pagePrefix + "{token}" // the path itself is a secret
		x.request = r
		if wait := visits.take(x.addr.String(), g.Clock()); wait > 0 {
			writeProblem(w, r, fault.ErrTooMany.After(wait))
			return
		}
		g.Links.ServeHTTP(w, r)
	})
}

// limitConcurrency sheds what the machine cannot do at once: a queue would
// only make everybody late.
func (g Guard) limitConcurrency(next http.Handler) http.Handler {
	requests, listeners := shed(g.Concurrency, next), shed(g.Listeners, next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, liveSuffix) {
			listeners.ServeHTTP(w, r)
			return
		}
		requests.ServeHTTP(w, r)
	})
}

func shed(atOnce int, next http.Handler) http.Handler {
	slots := make(chan struct{}, atOnce)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
			next.ServeHTTP(w, r)
		default:
			writeProblem(w, r, fault.ErrUnavailable.After(time.Second))
		}
	})
}
