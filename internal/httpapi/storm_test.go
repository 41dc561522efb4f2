package httpapi

import (
	"encoding/json"
	"math/rand/v2"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// TestAStormOfBadRequests sends every operation bodies, parameters and headers
// that are wrong in random ways and full of markers. Nothing may panic or be
// our fault, every refusal is a problem document, and no marker comes back in
// one or reaches the log, where even a success may not show it.
func TestAStormOfBadRequests(t *testing.T) {
	s := newScene(t)
	id := s.register(t, `{"email":"storm@example.test","userId":"storm"}`).ID
	operations := described(routes(Config{}).huma.OpenAPI())
	r := rand.New(rand.NewPCG(1, 2))
	var wrong []string
	for _, m := range markers {
		for _, body := range wrongBodies(m) {
			if len(body) < 1000 {
				wrong = append(wrong, body)
			}
		}
	}
	refused, accepted := 0, 0
	for range soak(4000, 1_000_000) {
		op := operations[r.IntN(len(operations))]
		target := strings.ReplaceAll(op.Path, "{id}", one(r, id, id, id, url.PathEscape(one(r, markers...)))) + query(r)
		body := one(r, "", "", mutate(r, json0(r, 0)), mutate(r, one(r, wrong...)))
		var headers []string
		for _, name := range []string{"If-Match", "If-None-Match", "Idempotency-Key", "Customers-Source", "Cache-Control", "Content-Type", "X-Request-Id", "Accept", "Traceparent"} {
			if r.IntN(6) == 0 {
				headers = append(headers, name+": "+one(r, markers...))
			}
		}
		if op.Method == "PATCH" {
			headers = append([]string{"Content-Type: " + mediaPatch}, headers...)
		}
		who := one(r, "admin", "admin", "admin", "support", "customer;customer="+id, "service;scope=customers:write", one(r, markers...), "")
		w := s.call(who, op.Method, target, body, headers...)
		if w.Code < 400 {
			accepted++
			continue
		}
		refused++
		s.checkRefusal(t, w, op.OperationID+" "+target+" "+body[:min(len(body), 200)])
	}
	if refused < 1000 || accepted < 100 {
		t.Errorf("the storm was mild: %d refused, %d accepted", refused, accepted)
	}
	if found := leaks(s.log.String()); len(found) > 0 {
		t.Errorf("the log holds %v", found)
	}
}

func (s *scene) checkRefusal(t *testing.T, w *httptest.ResponseRecorder, what string) {
	t.Helper()
	if w.Code >= 500 {
		t.Errorf("%s: our fault: %d\n%s", what, w.Code, s.log)
	}
	checkProblem(t, w.Code, w.Header(), w.Body.Bytes())
	var shown strings.Builder
	_ = w.Header().Write(&shown)
	if found := leaks(shown.String() + w.Body.String()); len(found) > 0 {
		t.Errorf("%s: %v came back: %s", what, found, w.Body)
	}
}

func one(r *rand.Rand, of ...string) string { return of[r.IntN(len(of))] }

func query(r *rand.Rand) string {
	if r.IntN(3) > 0 {
		return ""
	}
	name := one(r, "asOf", "limit", "cursor", "minPosition", "mode", "after", url.QueryEscape(one(r, markers...)))
	return "?" + name + "=" + one(r, "1", "-1", "2026-11-23T10:00:00Z", "%zz", url.QueryEscape(one(r, markers...)))
}

// json0 is JSON of names that some operation has, with values of any type.
func json0(r *rand.Rand, depth int) string {
	switch n := r.IntN(10); {
	case n < 4 && depth < 6:
		var members []string
		for range r.IntN(5) {
			name := one(r, "name", "given", "family", "email", "phone", "userId", "number", "externalId", "externalIds", "profile", "locale",
				"timezone", "currency", "dateOfBirth", "attributes", "tags", "type", "reason", "code", "source", "id", one(r, markers...))
			quoted, _ := json.Marshal(name)
			members = append(members, string(quoted)+":"+json0(r, depth+1))
		}
		return "{" + strings.Join(members, ",") + "}"
	case n == 4 && depth < 6:
		return "[" + json0(r, depth+1) + "," + json0(r, depth+1) + "]"
	case n < 8:
		quoted, _ := json.Marshal(one(r, markers...))
		return string(quoted)
	}
	return one(r, "null", "true", "0", "-1.5e300", "99887766554433", `""`, `"business"`, `"de-CH"`)
}

// mutate breaks a text a little, sometimes.
func mutate(r *rand.Rand, s string) string {
	if s == "" || r.IntN(2) == 0 {
		return s
	}
	at := r.IntN(len(s))
	switch r.IntN(4) {
	case 0:
		return s[:at]
	case 1:
		return s[:at] + string(rune(r.IntN(0x10FFFF))) + s[at:]
	case 2:
		return s[:at] + string([]byte{byte(r.IntN(256))}) + s[at+1:]
	}
	return s + s[at:]
}
