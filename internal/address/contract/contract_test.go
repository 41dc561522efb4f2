package contract

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/acme/customers/internal/address"
	"github.com/acme/customers/internal/outbound"
	"github.com/acme/customers/internal/outbound/outboundtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const token = "bearer-token-1"

var given = address.Address{
	Recipient: "Erika Mustermann", Company: "Muster GmbH", Street: []string{"Hauptstrase 5", "Hof 2"}, DependentLocality: "Mitte",
	City: "Berlin", State: "BE", PostalCode: "10115", SortingCode: "X1", Country: "DE",
}

func open(t testing.TB, base, token string) *Provider {
	t.Helper()
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	p, err := New(Config{Name: "acme_check", URL: u, Token: token})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

const full = `{"verdict":"corrected","later":{"a":1},
 "checks":[{"name":"delivery_point","field":"street","outcome":"failed","code":"no_such_number"},{"name":"whole","outcome":"unknown"}],
 "corrections":[{"field":"street","to":"Hauptstraße 5\nHof 2","reason":"spelling"},{"field":"postalCode","from":"evil","to":"10117","reason":"replaced"}],
 "coordinates":{"latitude":52.53,"longitude":0,"precision":"rooftop"}}`

func TestAnAddressIsSentWithoutNamesAndTheAnswerIsAnOpinion(t *testing.T) {
	for _, bearer := range []string{"", token} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			want := `{"address":{"street":["Hauptstrase 5","Hof 2"],"dependentLocality":"Mitte","city":"Berlin","state":"BE",` +
				`"postalCode":"10115","sortingCode":"X1","country":"DE"}}`
			if string(body) != want || r.URL.RequestURI() != "/check" {
				t.Errorf("%s: %s", r.URL, body)
			}
			if got := r.Header.Get("Authorization"); got != strings.TrimSpace(map[bool]string{true: "Bearer "}[bearer != ""]+bearer) {
				t.Errorf("authorization %q", got)
			}
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(full))
		}))
		got, err := open(t, server.URL+"/check", bearer).Check(t.Context(), given)
		want := address.Opinion{
			Verdict: address.Corrected,
			Checks: []address.Check{{Name: "delivery_point", Field: "street", Outcome: address.Failed, Code: "no_such_number"},
				{Name: "whole", Outcome: address.Unknown}},
			Corrections: []address.Correction{{Field: "street", From: "Hauptstrase 5\nHof 2", To: "Hauptstraße 5\nHof 2", Reason: "spelling"},
				{Field: "postalCode", From: "10115", To: "10117", Reason: "replaced"}},
			Coordinates: &address.Coordinates{Latitude: 52.53, Precision: address.Rooftop, Source: "acme_check"},
		}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
		server.Close()
	}
}

func TestASingleBrokenRuleRefusesTheAnswer(t *testing.T) {
	check := func(c string) string { return `{"verdict":"valid","checks":[` + c + `]}` }
	fix := func(c string) string { return `{"verdict":"valid","corrections":[` + c + `]}` }
	at := func(c string) string { return `{"verdict":"valid","coordinates":` + c + `}` }
	many := func(entry string) string { return entry + strings.Repeat(","+entry, 50) }
	for body, want := range map[string]string{
		`null`:                   "unknown_verdict",
		`{}`:                     "unknown_verdict",
		`{"verdict":"VALID"}`:    "unknown_verdict",
		`{"verdict":1}`:          "not_json",
		`{"verdict":"valid"}}`:   "not_json",
		`[]`:                     "not_json",
		"{\"verdict\":\"\xff\"}": "not_json",
		`{"verdict":"valid","verdict":"invalid"}`: "not_json",
		`{"verdict":"corrected"}`:                 "corrected_without_corrections",

		check(many(`{"name":"a","outcome":"passed"}`)):                                  "too_many_entries",
		check(`{"outcome":"passed"}`):                                                   "check_name",
		check(`{"name":"A","outcome":"passed"}`):                                        "check_name",
		check(`{"name":"` + strings.Repeat("a", 65) + `","outcome":"passed"}`):          "check_name",
		check(`{"name":"a","outcome":"passed","field":"email"}`):                        "check_field",
		check(`{"name":"a","outcome":"passed","field":"recipient"}`):                    "check_field",
		check(`{"name":"a","outcome":"ok"}`):                                            "check_outcome",
		check(`{"name":"a","outcome":"failed","code":"Erika Mustermann"}`):              "check_code",
		check(`{"name":"a","outcome":"failed","code":"a-b"}`):                           "check_code",
		fix(many(`{"field":"city","to":"a","reason":"case"}`)):                          "too_many_entries",
		fix(`{"to":"a","reason":"case"}`):                                               "correction_field",
		fix(`{"field":"company","to":"a","reason":"case"}`):                             "correction_field",
		fix(`{"field":"city","reason":"case"}`):                                         "correction_text",
		fix(`{"field":"city","to":"` + strings.Repeat("a", 501) + `","reason":"case"}`): "correction_text",
		fix(`{"field":"city","to":"a\nb","reason":"case"}`):                             "correction_text",
		fix(`{"field":"street","to":"a\u202eb","reason":"case"}`):                       "correction_text",
		fix(`{"field":"country","to":"Germany","reason":"code"}`):                       "correction_country",
		fix(`{"field":"city","to":"a","reason":"because"}`):                             "correction_reason",
		at(`{"latitude":1,"precision":"rooftop"}`):                                      "coordinates_incomplete",
		at(`{"latitude":90.01,"longitude":1,"precision":"rooftop"}`):                    "coordinates_range",
		at(`{"latitude":1,"longitude":-181,"precision":"rooftop"}`):                     "coordinates_range",
		at(`{"latitude":1,"longitude":1e400,"precision":"rooftop"}`):                    "not_json",
		at(`{"latitude":1,"longitude":1,"precision":"provided"}`):                       "coordinates_precision",
		at(`{"latitude":1,"longitude":1}`):                                              "coordinates_precision",
	} {
		o, err := decode([]byte(body), given, "x")
		if e, ok := err.(*outbound.Error); !ok || e.Detail != want || o.Verdict != "" {
			t.Errorf("%.80s: %v, want %s", body, err, want)
		}
	}
	for _, body := range []string{`{"verdict":"invalid"}`, full, fix(`{"field":"city","to":"` + strings.Repeat("a", 500) + `","reason":"case"}`)} {
		if _, err := decode([]byte(body), given, "x"); err != nil {
			t.Errorf("%.60s: %v", body, err)
		}
	}
}

func TestConfigurationIsChecked(t *testing.T) {
	good, _ := url.Parse("https://example.com/check")
	plain, _ := url.Parse("http://example.com/check")
	for _, cfg := range []Config{
		{}, {URL: good}, {Name: "A b", URL: good}, {Name: "a", URL: plain}, {Name: "a"},
		{Name: "a", URL: good, Token: token + "\r\nX: y"}, {Name: "a", URL: good, Token: token + " "},
	} {
		if _, err := New(cfg); err == nil || strings.Contains(fmt.Sprint(err), token) {
			t.Errorf("%v: %v", cfg.URL, err)
		}
	}
	if p, err := New(Config{Name: "a", URL: good, Token: token}); err != nil || p.Name() != "a" {
		t.Error(err)
	}
}

func TestFailuresRepeatNeitherAddressNorToken(t *testing.T) {
	outboundtest.Run(t, func(ctx context.Context, base *url.URL) error {
		_, err := open(t, base.String(), token).Check(ctx, given)
		return err
	}, token, "Hauptstrase", "Hof 2", "Mitte", "Berlin", "10115", "X1")
	bad := given
	bad.City = "Berlin\xff"
	_, err := open(t, "http://127.0.0.1:1", token).Check(t.Context(), bad)
	if err == nil || len(outboundtest.Leaks(err, "Berlin", token)) != 0 {
		t.Error(err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(full))
	f.Add([]byte(`{"verdict":"valid","coordinates":{"latitude":-90,"longitude":180,"precision":"place"}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		o, err := decode(body, given, "x")
		if err != nil {
			if o.Verdict != "" {
				t.Error("an opinion beside an error")
			}
			return
		}
		if len(o.Checks) > maxEntries || len(o.Corrections) > maxEntries {
			t.Error("too many entries")
		}
		for _, c := range o.Corrections {
			if c.Applied || c.To == "" || len(c.To) > maxText || c.Field == "recipient" || c.Field == "" {
				t.Errorf("correction %+v", c)
			}
		}
	})
}
