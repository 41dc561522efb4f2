package httpapi

import (
	"errors"
	"net/http"
	"strings"

	"github.com/acme/customers/internal/fault"
)

// The challenges of RFC 6750: without a reason when no token was sent.
const (
	challenge        = `Bearer realm="customers"`
	challengeInvalid = `Bearer realm="customers", error="invalid_token"`
	challengeRequest = `Bearer realm="customers", error="invalid_request"`
)

// authenticate lets verified callers through. Who keeps failing from one
// address is told to slow down; a good token is never held up by a neighbour's
// bad ones, so the check comes first.
func (g Guard) authenticate(next http.Handler) http.Handler {
	failures := newBuckets(g.Rate.Failures, g.Rate.Remembered)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := exchangeOf(r.Context())
		err := g.identifyCaller(w, r, x)
		if err == nil {
			next.ServeHTTP(w, r)
			return
		}
		if errors.Is(err, fault.ErrUnauthenticated) {
			if wait := failures.take(x.addr.String(), g.Clock()); wait > 0 {
				w.Header().Del("WWW-Authenticate")
				err = fault.ErrTooMany.After(wait)
			}
		}
		writeProblem(w, r, err)
	})
}

func (g Guard) identifyCaller(w http.ResponseWriter, r *http.Request, x *exchange) error {
	raw, err := bearer(w, r)
	if err != nil {
		return err
	}
	x.principal, err = g.Verifier.Verify(r.Context(), raw)
	if errors.Is(err, fault.ErrUnauthenticated) {
		w.Header().Set("WWW-Authenticate", challengeInvalid)
	}
	return err
}

// bearer takes the token from the Authorization header and from nowhere else.
// A token in the URL ends up in logs and histories: it is refused even if the
// header has one too (RFC 9700, 4.3.2).
func bearer(w http.ResponseWriter, r *http.Request) (string, error) {
	if r.URL.RawQuery != "" && r.URL.Query().Has("access_token") {
		w.Header().Set("WWW-Authenticate", challengeRequest)
		return "", fault.ErrMalformed.At(fault.Field{Pointer: parameter + "access_token", Code: "token_in_url",
			Msg: "send the token in the Authorization header, and consider this one known to others"})
	}
	headers := r.Header.Values("Authorization")
	if len(headers) == 0 {
		return "", fault.ErrUnauthenticated
	}
	scheme, raw, ok := strings.Cut(headers[0], " ")
	if !ok || len(headers) > 1 || !strings.EqualFold(scheme, "Bearer") || raw == "" {
		w.Header().Set("WWW-Authenticate", challengeRequest)
		return "", fault.ErrUnauthenticated
	}
	return raw, nil
}
