package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// markers are values that a person could have sent in any place. Each is
// recognisable in whatever spelling it may come back.
var markers = []string{
	"leak.one@example.test", "+4917099887766", "Leakström", "1987-leak-03", "99887766554433", "leak street 7",
}

// leaks lists the markers in what was shown, raw or escaped.
func leaks(shown string) []string {
	var found []string
	lower := strings.ToLower(shown)
	for _, m := range markers {
		quoted, _ := json.Marshal(m)
		for _, s := range []string{m, strings.Trim(string(quoted), `"`), url.QueryEscape(m), url.PathEscape(m)} {
			if strings.Contains(lower, strings.ToLower(s)) {
				found = append(found, m)
				break
			}
		}
	}
	return found
}

// wrongBodies puts a marker into every place where it does not belong.
func wrongBodies(m string) []string {
	s, _ := json.Marshal(m)
	q := string(s)
	return []string{
		q, `[` + q + `]`, `{` + q + `:1}`, `{"name":{` + q + `:null}}`, `{"name":` + q + `}`, `{"age":` + q + `}`,
		`{"agreed":` + q + `}`, `{"id":` + q + `}`, `{"since":` + q + `}`, `{"tags":` + q + `}`, `{"tags":[{"a":` + q + `}]}`,
		`{"attributes":{` + q + `:7}}`, `{"attributes":{` + q + `:null}}`, `{"attributes":{` + q + `:"a",` + q + `:"b"}}`,
		`{"email":` + q + `,"email":` + q + `}`, `{"email":` + q + `} ` + q, `{"email":` + q, `{"email":` + q[:len(q)-1],
		`{"email":"` + m + `\q"}`, `{"email":"` + m + `\ud800"}`, "{\"email\":\"" + m + "\xff\"}", m, `{` + m + `:1}`,
		`{"anything":` + strings.Repeat("[", 20) + q + strings.Repeat("]", 20) + `}`,
		`{"email":"` + strings.Repeat(m, 7000) + `"}`, `{"email":"` + strings.Repeat(m, 70_000) + `"}`,
		`{"small":99887766554433}`, `{"age":99887766554433.5}`, `{"ratio":99887766554433e999}`,
		`{"children":[{},{"parent":{"id":` + q + `}}]}`, `{"email":` + q + `,"nick":` + q + `}`,
	}
}

func TestNoRefusalRepeatsWhatWasSent(t *testing.T) {
	r := newRig(t, func(g *Guard) { g.Rate.People = Bucket{1e6, 1e6} })
	sent := 0
	check := func(w *httptest.ResponseRecorder, what string) {
		t.Helper()
		sent++
		if w.Code < 400 {
			t.Errorf("%s: accepted with %d", what, w.Code)
		}
		if found := leaks(r.shown(w)); len(found) > 0 {
			t.Errorf("%s: %d answers %v back:\n%s", what, w.Code, found, w.Body)
		}
	}
	for _, m := range markers {
		for _, body := range wrongBodies(m) {
			check(r.call("POST", "/v1/things", body), "POST "+body[:min(len(body), 60)])
			check(r.call("PATCH", "/v1/things/1", body, "Content-Type: "+mediaPatch), "PATCH "+body[:min(len(body), 60)])
		}
		q, p := url.QueryEscape(m), url.PathEscape(m)
		for _, target := range []string{
			"/v1/" + p, "/" + p + "//", "/v1/things/" + strings.Repeat(p, 5), "/v1/things/1/" + p, "/v1/things/1?" + q + "=1", "/v1/things/1?limit=" + q,
			"/v1/things/1?sort=" + q, "/v1/things/1?limit=99887766554433", "/v1/things/1?access_token=" + q, "/v1/fail/panic?" + q,
		} {
			check(r.call("GET", target, ""), "GET "+target)
		}
		for _, h := range []string{
			"X-Mode: x" + m, "Authorization: Bearer " + m, "Authorization: Basic " + m, "Authorization: " + m,
		} {
			check(r.call("GET", "/v1/things/1", "", h), h)
		}
		for _, h := range []string{"Content-Type: " + m, "Content-Type: application/json; charset=" + m, "Content-Encoding: " + m} {
			check(r.call("POST", "/v1/things", `{}`, h), h)
		}
		check(r.call("POST", "/v1/nothing", `{}`, "X-Request-Id: "+m, "Traceparent: "+m, "Tracestate: a="+m, "Accept: "+m, "Referer: "+m, "User-Agent: "+m), "headers")
	}
	if sent < 300 {
		t.Errorf("only %d requests were checked", sent)
	}
}

// humaDefault is what huma answers with unless it is replaced.
var humaDefault = huma.NewError

// The checker has to see a leak where there is one: huma as it comes repeats
// what was sent in its validation messages.
func TestLeaksAreSeen(t *testing.T) {
	defer func(ours func(huma.Context, int, string, ...error) huma.StatusError) { huma.NewErrorWithContext = ours }(huma.NewErrorWithContext)
	huma.NewErrorWithContext = func(_ huma.Context, status int, msg string, errs ...error) huma.StatusError {
		return humaDefault(status, msg, errs...)
	}
	mux := http.NewServeMux()
	type body struct {
		Age int `json:"age,omitempty"`
	}
	type input struct {
		Limit int `query:"limit"`
		Body  body
	}
	huma.Post(humago.New(mux, huma.DefaultConfig("control", "1")), "/v1/things",
		func(context.Context, *input) (*struct{}, error) { return nil, nil })
	for _, m := range markers {
		quoted, _ := json.Marshal(m)
		for _, req := range []*http.Request{
			httptest.NewRequest("POST", "/v1/things", strings.NewReader(`{"age":`+string(quoted)+`}`)),
			httptest.NewRequest("POST", "/v1/things?limit="+url.QueryEscape(m), strings.NewReader(`{}`)),
			httptest.NewRequest("POST", "/v1/things", strings.NewReader(m)),
		} {
			w := httptest.NewRecorder()
			mux.ServeHTTP(w, req)
			if w.Code >= 400 && len(leaks(w.Body.String())) == 0 {
				t.Errorf("huma's own answer is seen as clean: %d %s", w.Code, w.Body)
			}
		}
	}
}
