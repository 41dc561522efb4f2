package httpapi

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/fault"
)

func TestAnswers(t *testing.T) {
	const patch = "Content-Type: " + mediaPatch
	tests := []struct {
		name, method, target, body string
		headers                    []string
		status                     int
		wanted, forbidden          []string
	}{
		{name: "a resource", method: "GET", target: "/v1/things/1?limit=5&sort=date", status: 200,
			wanted: []string{`Etag: "7"`, `Cache-Control: no-store`, `X-Content-Type-Options: nosniff`, `"email":"a@example.test"`, "Content-Type: application/json"}, forbidden: []string{"$schema", "problem"}},
		{name: "a wish for another format", method: "GET", target: "/v1/things/1", headers: []string{"Accept: application/problem+json, text/html"}, status: 200,
			wanted: []string{"Content-Type: application/json"}},
		{name: "a new resource", method: "POST", target: "/v1/things", body: `{"email":"b@example.test"}`, status: 201,
			wanted: []string{`Etag: "1"`, "b@example.test"}},
		{name: "a merge patch", method: "PATCH", target: "/v1/things/1", body: `{"email":null}`, headers: []string{patch}, status: 200},
		{name: "a patch as plain JSON", method: "PATCH", target: "/v1/things/1", body: `{}`, status: 200},
		{name: "a charset", method: "POST", target: "/v1/things", body: `{}`, headers: []string{"Content-Type: application/json; charset=UTF-8"}, status: 201},

		{name: "an unknown member", method: "POST", target: "/v1/things", body: `{"nick":"` + secret + `"}`, status: 422,
			wanted: []string{`"type":"https://customers.acme.example/problems/invalid"`, `"code":"unknown_member"`, `"pointer":"/nick"`, "Content-Type: application/problem+json"}},
		{name: "no JSON", method: "POST", target: "/v1/things", body: `{"email":` + secret, status: 400, wanted: []string{`"code":"syntax"`, `"pointer":"/email"`}},
		{name: "another charset", method: "POST", target: "/v1/things", body: `{}`, headers: []string{"Content-Type: application/json; charset=latin1"}, status: 415},
		{name: "a form", method: "POST", target: "/v1/things", body: "email=x", headers: []string{"Content-Type: application/x-www-form-urlencoded"}, status: 415,
			wanted: []string{"send application/json", `"code":"unsupported_media_type"`}},
		{name: "a patch type where none is", method: "POST", target: "/v1/things", body: `{}`, headers: []string{patch}, status: 415},
		{name: "no media type", method: "POST", target: "/v1/things", body: `{}`, headers: []string{"Content-Type: "}, status: 415},
		{name: "a compressed body", method: "POST", target: "/v1/things", body: `{}`, headers: []string{"Content-Encoding: gzip"}, status: 415},
		{name: "a body over the limit", method: "POST", target: "/v1/things", body: `{"email":"` + strings.Repeat("x", 1<<20) + `"}`, status: 413, wanted: []string{`"code":"too_large"`}},

		{name: "an unknown parameter", method: "GET", target: "/v1/things/1?marker-q=1", status: 422,
			wanted: []string{`"code":"unknown_parameter"`}, forbidden: []string{"marker-q"}},
		{name: "a parameter of another type", method: "GET", target: "/v1/things/1?limit=marker-x", status: 422,
			wanted: []string{`"parameter":"limit"`, `"code":"invalid_parameter"`}, forbidden: []string{"marker-x"}},
		{name: "a parameter out of range", method: "GET", target: "/v1/things/1?limit=932100123", status: 422,
			wanted: []string{`"parameter":"limit"`}, forbidden: []string{"932100123"}},
		{name: "a parameter not in the list", method: "GET", target: "/v1/things/1?sort=marker-x", status: 422, wanted: []string{`"parameter":"sort"`}, forbidden: []string{"marker-x"}},
		{name: "a header of another type", method: "GET", target: "/v1/things/1", headers: []string{"X-Mode: marker-x"}, status: 422, wanted: []string{`"parameter":"X-Mode"`}, forbidden: []string{"marker-x"}},
		{name: "what cannot be an id", method: "GET", target: "/v1/things/" + strings.Repeat("marker-x", 5), status: 404, wanted: []string{`"code":"not_found"`}, forbidden: []string{"marker-x"}},

		{name: "no such route", method: "GET", target: "/marker-x", status: 404, wanted: []string{`"code":"not_found"`, "Content-Type: application/problem+json", "Cache-Control: no-store"}, forbidden: []string{"marker-x", "page not found"}},
		{name: "no such method", method: "DELETE", target: "/v1/things/1", status: 405, wanted: []string{"Allow: GET, HEAD, PATCH", `"code":"method_not_allowed"`}, forbidden: []string{"Method Not Allowed\n"}},
		{name: "an invented method", method: "MARKERX", target: "/v1/things", status: 405, wanted: []string{"Allow: POST"}, forbidden: []string{"MARKERX"}},
		{name: "two slashes", method: "GET", target: "/v1//marker-x", status: 404, forbidden: []string{"Location", "marker-x"}},
		{name: "a slash at the end", method: "GET", target: "/v1/things/marker-x/", status: 404, forbidden: []string{"Location", "marker-x"}},
		{name: "a step up", method: "GET", target: "/v1/things/../marker-x", status: 404, forbidden: []string{"Location", "marker-x"}},

		{name: "a panic", method: "GET", target: "/v1/fail/panic", status: 500,
			wanted: []string{`"code":"internal"`, `"msg":"panic"`, `"type":"string"`, "httpapi.(*rig).fail"}, forbidden: []string{"a value"}},
		{name: "a bug", method: "GET", target: "/v1/fail/bug", status: 500, wanted: []string{`"code":"internal"`, "httpapi.(*rig).fail"}},
		{name: "an unclassified error", method: "GET", target: "/v1/fail/unknown", status: 500, wanted: []string{"pool 7 is broken", `"route":"GET /v1/fail/{how}"`}},
		{name: "a dependency behind", method: "GET", target: "/v1/fail/busy", status: 503, wanted: []string{"Retry-After: 2", `"code":"read_model_behind"`}},
		{name: "a token that became bad", method: "GET", target: "/v1/fail/token", status: 401, wanted: []string{`Www-Authenticate: Bearer realm="customers"`}},
		{name: "the same bytes every time", method: "GET", target: "/v1/fail/no", status: 200, wanted: []string{`"attributes":{"a":"1","b":"2"}`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, nil)
			w := r.call(tt.method, tt.target, tt.body, tt.headers...)
			if w.Code != tt.status {
				t.Errorf("status %d, want %d: %s", w.Code, tt.status, w.Body)
			}
			shown := r.shown(w)
			for _, s := range tt.wanted {
				if !strings.Contains(shown, s) {
					t.Errorf("missing %q in:\n%s", s, shown)
				}
			}
			for _, s := range append(tt.forbidden, "sécret") {
				if strings.Contains(shown, s) {
					t.Errorf("%q leaks in:\n%s", s, shown)
				}
			}
			if w.Code >= 400 {
				checkProblem(t, w.Code, w.Header(), w.Body.Bytes())
			}
		})
	}
}

// checkProblem holds every refusal to RFC 9457 and to our own promises.
func checkProblem(t *testing.T, status int, h http.Header, body []byte) {
	t.Helper()
	var p Problem
	if err := json.Unmarshal(body, &p); err != nil {
		t.Fatalf("a refusal that is no problem document: %v: %s", err, body)
	}
	if h.Get("Content-Type") != problemJSON || h.Get("Cache-Control") != "no-store" || h.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("headers of a refusal: %v", h)
	}
	if p.Status != status || p.Type != problemType+p.Code || p.Code == "" || p.Title == "" || p.Detail == "" {
		t.Errorf("incomplete problem: %+v", p)
	}
	if p.Instance != "urn:uuid:"+h.Get("X-Request-Id") {
		t.Errorf("instance %q is not the request id %q", p.Instance, h.Get("X-Request-Id"))
	}
	for _, e := range p.Errors {
		if e.Code == "" || e.Detail == "" {
			t.Errorf("incomplete field: %+v", e)
		}
	}
}

func TestEveryCodeHasItsStatus(t *testing.T) {
	r := newRig(t, nil)
	for _, f := range fault.Codes() {
		w := r.call("GET", "/v1/fail/"+f.Code, "")
		checkProblem(t, w.Code, w.Header(), w.Body.Bytes())
		if want := statuses[f.Kind]; want == 0 || w.Code != want {
			t.Errorf("%s: status %d, want %d", f.Code, w.Code, want)
		}
		if retry := w.Header().Get("Retry-After"); (retry != "") != (w.Code == 429 || w.Code == 503) {
			t.Errorf("%s: Retry-After is %q", f.Code, retry)
		}
	}
	for kind := range fault.Full + 1 {
		if statuses[kind] == 0 {
			t.Errorf("kind %d has no status", kind)
		}
	}
}

func TestIdsOfRequestsAndTraces(t *testing.T) {
	r := newRig(t, nil)
	const id, trace = "0191d2a8-0000-7000-8000-000000000001", "4bf92f3577b34da6a3ce929d0e0e4736"
	w := r.call("GET", "/v1/fail/unknown", "", "X-Request-Id: "+id, "Traceparent: 00-"+trace+"-00f067aa0ba902b7-01")
	if got := w.Header().Get("X-Request-Id"); got != id {
		t.Errorf("request id %q", got)
	}
	parts := strings.Split(w.Header().Get("Traceparent"), "-")
	if len(parts) != 4 || parts[1] != trace || parts[2] == "00f067aa0ba902b7" || parts[3] != "01" {
		t.Errorf("traceparent %v", parts)
	}
	if !strings.Contains(r.log.String(), `"traceId":"`+trace+`"`) {
		t.Errorf("the log has no trace: %s", r.log)
	}
	r = newRig(t, nil)
	w = r.call("GET", "/v1/things/1", "", "X-Request-Id: {"+id[:34]+"}", "Traceparent: 00-"+secret)
	if _, err := uuid.Parse(w.Header().Get("X-Request-Id")); err != nil || strings.Contains(r.shown(w), id[:30]) {
		t.Errorf("repeated a request id that is no plain UUID: %v", w.Header())
	}
}

func TestObservationsNameRoutesNotPaths(t *testing.T) {
	r := newRig(t, nil)
	r.call("GET", "/v1/things/1", "")
	r.call("GET", "/v1/things/1?limit=0", "")
	r.call("GET", "/nothing", "")
	r.call("BREW", "/v1/things/1", "")
	r.call("GET", "/v1/fail/panic", "")
	r.call("GET", "/livez", "", "Authorization: ")
	r.call("GET", "/v1/things/1", "", "Authorization: ")
	var got [][4]any
	for _, o := range r.seen {
		got = append(got, [4]any{o.Route, o.Method, o.Status, o.Code})
	}
	want := [][4]any{
		{"GET /v1/things/{id}", "GET", 200, ""},
		{"GET /v1/things/{id}", "GET", 422, "invalid"},
		{"", "GET", 404, "not_found"},
		{"", "_OTHER", 405, "method_not_allowed"},
		{"GET /v1/fail/{how}", "GET", 500, "internal"},
		{"/livez", "GET", 200, ""},
		{"", "GET", 401, "unauthenticated"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("observations (-want +got):\n%s", diff)
	}
}
