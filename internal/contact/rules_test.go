package contact

import (
	"reflect"
	"strings"
	"testing"

	"github.com/acme/customers/internal/customer"
)

func TestTheBuiltInRulesAreAFile(t *testing.T) {
	raw, err := DefaultRules().JSON()
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseRules(raw)
	if err != nil || !reflect.DeepEqual(got, DefaultRules()) {
		t.Errorf("%v: read as %+v", err, got)
	}
}

const someRules = `{
  "topics": [{"name":"orderUpdates","mandatory":true},{"name":"newsletter","purpose":"marketing"}],
  "defaults": [
    {"values":{"communication.email":true,"notifications.frequency":"realTime"}},
    {"countries":["DE","AT"],"values":{"communication.email":false,"notifications.quietFrom":"22:00","notifications.quietTo":"07:00"}},
    {"types":["business"],"values":{"notifications.frequency":"weekly"}},
    {"countries":["AT"],"types":["business"],"values":{"communication.email":true}}
  ],
  "purposes": [{"name":"marketing","basis":"consent","lifeDays":730,"notices":[{"version":"1","language":"en","hash":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}]}]
}`

// The last default that fits counts, setting by setting.
func TestDefaultsByJurisdictionAndType(t *testing.T) {
	rules, err := ParseRules([]byte(someRules))
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		locale    string
		typ       customer.Type
		email     any
		frequency any
		quiet     any
	}{
		{"", customer.Individual, true, "realTime", nil},
		{"en-US", customer.Individual, true, "realTime", nil},
		{"de", customer.Individual, true, "realTime", nil}, // a language is no country
		{"de-DE", customer.Individual, false, "realTime", "22:00"},
		{"de-AT", customer.Individual, false, "realTime", "22:00"},
		{"de-DE", customer.Business, false, "weekly", "22:00"},
		{"de-AT", customer.Business, true, "weekly", "22:00"},
		{"fr-FR", customer.Business, true, "weekly", nil},
	} {
		s := &customer.State{Type: tc.typ, Profile: customer.Profile{Locale: tc.locale}}
		for path, want := range map[string]any{"communication.email": tc.email, "notifications.frequency": tc.frequency, "notifications.quietFrom": tc.quiet} {
			if got := s.Prefers(rules.Preferences, path); got.Value != want || got.Chosen {
				t.Errorf("%s of %s %s: %v, expected %v", path, tc.typ, tc.locale, got.Value, want)
			}
		}
	}
}

func TestRulesThatCannotBeMeantAreRefused(t *testing.T) {
	for name, change := range map[string][2]string{
		"an unknown member":             {`"topics"`, `"subjects"`},
		"something behind them":         {"}]\n}", "}]\n} {}"},
		"a topic twice":                 {`"name":"newsletter"`, `"name":"orderUpdates"`},
		"a topic without a name":        {`"name":"newsletter"`, `"name":""`},
		"a topic with a dot":            {`"name":"newsletter"`, `"name":"news.letter"`},
		"a topic without a purpose":     {`,"purpose":"marketing"}`, `}`},
		"a topic of an unknown purpose": {`"purpose":"marketing"}`, `"purpose":"sales"}`},
		"an unknown setting":            {`"communication.email":true,`, `"communication.fax":true,`},
		"a setting without a value":     {`"communication.email":true,`, `"communication.email":null,`},
		"a value that is none":          {`"realTime"`, `"hourly"`},
		"a mandatory topic off":         {`"communication.email":true,`, `"topics.orderUpdates.email":false,`},
		"half of the quiet hours":       {`,"notifications.quietTo":"07:00"`, ``},
		"an unknown country":            {`"AT"]`, `"XY"]`},
		"a country in small letters":    {`"AT"]`, `"at"]`},
		"an unknown type":               {`["business"]`, `["company"]`},
		"an unknown basis":              {`"basis":"consent"`, `"basis":"hope"`},
		"a consent without a notice":    {`,"notices":[{"version":"1","language":"en","hash":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}]`, ``},
		"a notice without a version":    {`"version":"1"`, `"version":""`},
		"a hash that is none":           {`e3b0c442`, `e3b0c4`},
		"a life without end":            {`730`, `73000000`},
		"a life that is over":           {`730`, `-1`},
		"a purpose of many words":       {`"name":"marketing"`, `"name":"what we like"`},
	} {
		raw := strings.Replace(someRules, change[0], change[1], 1)
		if raw == someRules {
			t.Fatalf("%s: nothing was changed", name)
		}
		if _, err := ParseRules([]byte(raw)); err == nil {
			t.Errorf("%s passes", name)
		} else {
			t.Logf("%s: %s", name, err)
		}
	}
	for _, raw := range []string{"", "null", "{}", "[]", `{"purposes":[]}`} {
		if _, err := ParseRules([]byte(raw)); err == nil {
			t.Errorf("%q passes", raw)
		}
	}
}
