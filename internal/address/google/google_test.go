package google

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/acme/customers/internal/address"
	"github.com/acme/customers/internal/outbound/outboundtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const key = "AIza-test-key"

var given = address.Address{
	Recipient: "Erika Mustermann", Company: "Muster GmbH", Street: []string{"Hauptstrase 5"}, DependentLocality: "Mitte",
	City: "Berlin", State: "BE", PostalCode: "10115", SortingCode: "X1", Country: "DE",
}

func open(t testing.TB, base string) *Provider {
	t.Helper()
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	p, err := New(Config{Base: u, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// documented answers with a file of testdata, and checks the request as the
// reference describes it.
func documented(t *testing.T, file string) *Provider {
	answer, err := os.ReadFile(filepath.Join("testdata", file+".json"))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Method != "POST" || r.URL.RequestURI() != "/v1:validateAddress" || r.Header.Get("X-Goog-Api-Key") != key {
			t.Errorf("%s %s", r.Method, r.URL)
		}
		want := `{"address":{"regionCode":"DE","addressLines":["Hauptstrase 5"],"administrativeArea":"BE","locality":"Berlin",` +
			`"sublocality":"Mitte","postalCode":"10115","sortingCode":"X1"},"enableUspsCass":false}`
		if string(body) != want {
			t.Errorf("sent %s", body)
		}
		w.Header().Set("Content-Type", "application/json; charset=UTF-8")
		_, _ = w.Write(answer)
	}))
	t.Cleanup(server.Close)
	return open(t, server.URL)
}

func passed(fields ...string) (list []address.Check) {
	for _, f := range fields {
		list = append(list, address.Check{Name: "component_confirmed", Field: f, Outcome: address.Passed})
	}
	return list
}

func TestDocumentedAnswersBecomeOpinions(t *testing.T) {
	rooftop := &address.Coordinates{Latitude: 52.53, Longitude: 13.38, Precision: address.Rooftop, Source: "google"}
	for file, want := range map[string]address.Opinion{
		"good": {Verdict: address.Valid, Coordinates: rooftop, Checks: passed("street", "city", "postalCode", "country")},
		"corrected": {Verdict: address.Corrected, Coordinates: rooftop, Checks: passed("street", "dependentLocality", "city", "postalCode", "country"),
			Corrections: []address.Correction{
				{Field: "street", From: "Hauptstrase 5", To: "Hauptstraße 5", Reason: "spelling"},
				{Field: "dependentLocality", From: "Mitte", To: "Moabit", Reason: "inferred"},
				{Field: "postalCode", From: "10115", To: "10117", Reason: "replaced"},
			}},
		"suspicious": {Verdict: address.Invalid, Checks: append([]address.Check{
			{Name: "component_confirmed", Field: "street", Outcome: address.Failed, Code: "component_suspicious"}}, passed("city")...),
			Coordinates: &address.Coordinates{Latitude: 52.5, Longitude: 13.4, Precision: address.Place, Source: "google"}},
		"suspicious_flat": {Verdict: address.Unverifiable, Checks: append([]address.Check{
			{Name: "component_confirmed", Field: "street", Outcome: address.Failed, Code: "component_suspicious"}}, passed("city")...)},
		"missing": {Verdict: address.Unverifiable, Checks: []address.Check{
			{Name: "component_confirmed", Field: "street", Outcome: address.Unknown, Code: "component_unconfirmed"},
			{Name: "component_present", Field: "street", Outcome: address.Failed, Code: "component_missing"},
			{Name: "text_understood", Outcome: address.Failed, Code: "text_unresolved"}},
			Coordinates: &address.Coordinates{Latitude: 52.53, Longitude: 13.38, Precision: address.Postcode, Source: "google"}},
		"geocode_only": {Verdict: address.Unverifiable,
			Coordinates: &address.Coordinates{Latitude: 52.53, Longitude: 13.38, Precision: address.Place, Source: "google"}},
		"fix":            {Verdict: address.Invalid},
		"replaced_other": {Verdict: address.Unverifiable, Checks: passed("street")},
	} {
		got, err := documented(t, file).Check(t.Context(), given)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", file, err, diff)
		}
	}
}

func TestAnswersOutOfBoundsAreRefused(t *testing.T) {
	long := strings.Repeat("a", 501)
	for name, body := range map[string]string{
		"no result":  `{}`,
		"null":       `null`,
		"latitude":   `{"result":{"geocode":{"location":{"latitude":90.1,"longitude":1}}}}`,
		"longitude":  `{"result":{"geocode":{"location":{"latitude":1,"longitude":-180.5}}}}`,
		"a number":   `{"result":{"geocode":{"location":{"latitude":1e999}}}}`,
		"long":       `{"result":{"address":{"postalAddress":{"locality":"` + long + `"}}}}`,
		"control":    `{"result":{"address":{"postalAddress":{"postalCode":"1\u0000"}}}}`,
		"country":    `{"result":{"address":{"postalAddress":{"regionCode":"Germany"}}}}`,
		"components": `{"result":{"address":{"addressComponents":[{}` + strings.Repeat(",{}", 50) + `]}}}`,
		"duplicate":  `{"result":{},"result":{}}`,
		"type":       `{"result":{"verdict":{"addressComplete":"yes"}}}`,
	} {
		if o, err := decode([]byte(body), given); err == nil || o.Verdict != "" {
			t.Errorf("%s was taken: %v", name, o)
		}
	}
}

func TestConfigurationIsChecked(t *testing.T) {
	u, _ := url.Parse("http://example.com")
	if _, err := New(Config{}); err == nil {
		t.Error("no key was taken")
	}
	if _, err := New(Config{Key: key, Base: u}); err == nil || strings.Contains(err.Error(), key) {
		t.Errorf("plain http: %v", err)
	}
	p, err := New(Config{Key: key})
	if err != nil || p.Name() != "google" {
		t.Error(err)
	}
}

func TestFailuresRepeatNeitherAddressNorKey(t *testing.T) {
	outboundtest.Run(t, func(ctx context.Context, base *url.URL) error {
		_, err := open(t, base.String()).Check(ctx, given)
		return err
	}, key, "Hauptstrase", "Mitte", "Berlin", "10115", "X1")
	bad := given
	bad.City = "Berlin\xff"
	_, err := open(t, "http://127.0.0.1:1").Check(t.Context(), bad)
	if err == nil || len(outboundtest.Leaks(err, "Berlin", key)) != 0 {
		t.Error(err)
	}
}

func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		f.Fatal("no answers to start from", err)
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		o, err := decode(body, given)
		if err != nil {
			if o.Verdict != "" || len(o.Corrections) > 0 {
				t.Error("an opinion beside an error")
			}
			return
		}
		for _, c := range o.Corrections {
			if c.Applied || len(c.To) > maxText || c.To == "" || c.To == c.From {
				t.Errorf("correction %+v", c)
			}
		}
		if o.Verdict == address.Valid && len(o.Corrections) > 0 || o.Verdict == address.Corrected && len(o.Corrections) == 0 {
			t.Errorf("%s with %d corrections", o.Verdict, len(o.Corrections))
		}
		if _, err := json.Marshal(o.Corrections); err != nil {
			t.Error(err)
		}
	})
}
