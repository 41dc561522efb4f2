package address

import (
	"bufio"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestOffline(t *testing.T) {
	street := []string{"1 Some Street"}
	for _, tc := range []struct {
		name    string
		a       Address
		verdict Verdict
		failed  []string // field and code
		fixed   []string // field, from, to
	}{
		{"good", Address{Street: street, City: "Bern", PostalCode: "3011", Country: "CH"}, Valid, nil, nil},
		{"with the country in front", Address{Street: street, City: "Bern", PostalCode: "CH-3011", Country: "ch"}, Corrected, nil,
			[]string{"country ch CH", "postalCode CH-3011 3011"}},
		{"a British code without its space", Address{Street: street, City: "London", PostalCode: "sw1a2aa", Country: "GB"}, Corrected, nil,
			[]string{"postalCode sw1a2aa SW1A 2AA"}},
		{"wide digits", Address{Street: street, State: "東京都", PostalCode: "１００８１１１", Country: "JP"}, Corrected, nil,
			[]string{"postalCode １００８１１１ 100-8111"}},
		{"a name for a code", Address{Street: street, City: "San Francisco", State: "california", PostalCode: "94105", Country: "US"}, Corrected, nil,
			[]string{"state california CA"}},
		{"a Latin name stays one", Address{Street: street, State: "Tokyo", PostalCode: "100-8111", Country: "JP"}, Valid, nil, nil},
		{"a code of another state", Address{Street: street, City: "Buffalo", State: "NY", PostalCode: "94105", Country: "US"}, Invalid,
			[]string{"postalCode postal_code_elsewhere"}, nil},
		{"no such state", Address{Street: street, City: "Albany", State: "XQ", PostalCode: "12201", Country: "US"}, Invalid, []string{"state state_unknown"}, nil},
		{"no such code", Address{Street: street, City: "Bern", PostalCode: "30111", Country: "CH"}, Invalid, []string{"postalCode postal_code_invalid"}, nil},
		{"things missing", Address{Country: "CH"}, Invalid, []string{"street missing", "city missing", "postalCode missing"}, nil},
		{"no such country", Address{Street: street, City: "Bern", Country: "QQ"}, Invalid, []string{"country country_unknown"}, nil},
		{"a country of which little is told", Address{Street: street, City: "Qwertyville", Country: "AO"}, Unverifiable, nil, nil},
		{"a state where none is written", Address{Street: street, City: "Köln", State: "NRW", PostalCode: "50667", Country: "DE"}, Corrected, nil, []string{"state NRW "}},
		{"old German prefix", Address{Street: street, City: "Köln", PostalCode: "D-50667", Country: "DE"}, Corrected, nil, []string{"postalCode D-50667 50667"}},
		{"a country without codes whose city is known", Address{Street: street, City: "Luanda", Country: "AO"}, Valid, nil, nil},
		{"a city that is misspelt", Address{Street: street, City: "San Fancisco", State: "CA", PostalCode: "94105", Country: "US"}, Corrected, nil, []string{"city San Fancisco San Francisco"}},
		{"a neighbour's name is left alone", Address{Street: street, City: "Oakland", State: "CA", PostalCode: "94105", Country: "US"}, Valid, nil, nil},
		{"a Canadian code of another province", Address{Street: street, City: "Toronto", State: "ON", PostalCode: "H3Z 2Y7", Country: "CA"}, Invalid, []string{"postalCode postal_code_elsewhere"}, nil},
		{"ZIP+4 without its hyphen", Address{Street: street, City: "San Francisco", State: "CA", PostalCode: "941051234", Country: "US"}, Corrected, nil,
			[]string{"postalCode 941051234 94105-1234"}},
	} {
		r := Offline(tc.a, nil)
		var failed, fixed []string
		for _, c := range r.Checks {
			if c.Outcome == Failed {
				failed = append(failed, c.Field+" "+c.Code)
			}
		}
		for _, c := range r.Corrections {
			fixed = append(fixed, c.Field+" "+c.From+" "+c.To)
		}
		if r.Verdict != tc.verdict {
			t.Errorf("%s: %s", tc.name, r.Verdict)
		}
		if d := cmp.Diff(tc.failed, failed); d != "" {
			t.Errorf("%s: failed checks (-want +got):\n%s", tc.name, d)
		}
		if d := cmp.Diff(tc.fixed, fixed); d != "" {
			t.Errorf("%s: corrections (-want +got):\n%s", tc.name, d)
		}
	}
}

func TestWhereAnAddressIs(t *testing.T) {
	said := &Coordinates{Latitude: 1, Longitude: 2, Precision: Provided, Source: "customer"}
	for _, tc := range []struct {
		name      string
		a         Address
		at        *Coordinates
		precision Precision // "": nowhere
		lat, lon  float64   // within half a degree
	}{
		{"as given", Address{City: "Bern", Country: "CH"}, said, Provided, 1, 2},
		{"by its postal code", Address{City: "San Francisco", State: "CA", PostalCode: "94105", Country: "US"}, nil, Postcode, 37.79, -122.39},
		{"by its city", Address{City: "Bern", PostalCode: "3011", Country: "CH"}, nil, Place, 46.95, 7.45},
		{"by its city in any spelling", Address{City: "MUNCHEN", PostalCode: "80331", Country: "DE"}, nil, Place, 48.14, 11.58},
		{"by its city and state", Address{City: "Springfield", State: "IL", Country: "US"}, nil, Place, 39.8, -89.6},
		{"one of many", Address{City: "Springfield", Country: "US"}, nil, "", 0, 0},
		{"a code of another state tells nothing", Address{City: "Nowhere at all", State: "NY", PostalCode: "94105", Country: "US"}, nil, "", 0, 0},
		{"no such place", Address{City: "Qwertyville", Country: "CH"}, nil, "", 0, 0},
	} {
		got := Offline(tc.a, tc.at).Coordinates
		switch {
		case tc.precision == "" && got != nil:
			t.Errorf("%s: %+v", tc.name, got)
		case tc.precision == "":
		case got == nil || got.Precision != tc.precision || math.Abs(got.Latitude-tc.lat) > .5 || math.Abs(got.Longitude-tc.lon) > .5:
			t.Errorf("%s: %+v", tc.name, got)
		}
	}
}

// example is a postal code of the metadata, and where it is one.
type example struct {
	country *Format
	area    *Area // nil: of the country
	code    string
}

func examples(t testing.TB) (out []example) {
	t.Helper()
	file, err := os.Open("testdata/examples.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		path, code, _ := strings.Cut(lines.Text(), "\t")
		parts := strings.Split(path, "/")
		if parts[0] == "ZZ" {
			continue
		}
		e := example{country: FormatOf(parts[0]), code: code}
		if len(parts) > 1 {
			if e.area = e.country.Area(parts[1]); e.area == nil {
				t.Fatalf("%s has no area", path)
			}
		}
		out = append(out, e)
	}
	if len(out) < 2000 {
		t.Fatalf("%d examples", len(out))
	}
	return out
}

// address is one that is right but for what becomes of its code.
func (e *example) address(code string) Address {
	a := Address{Street: []string{"1 X"}, City: "Y", PostalCode: code, Country: e.country.Country}
	if e.area != nil {
		a.State = e.area.Key
	}
	return a
}

func flagged(r Report) bool {
	return r.failed(CheckPostalCode) || r.failed(CheckPostalCodeState)
}

func TestEveryExampleOfAPostalCodePasses(t *testing.T) {
	for _, e := range examples(t) {
		r := Offline(e.address(e.code), nil)
		if flagged(r) || !r.has(CheckPostalCode) {
			t.Errorf("%s %s: %+v", e.country.Country, e.code, r.Checks)
		}
		if r.Address.PostalCode != e.code {
			t.Errorf("%s %s became %s", e.country.Country, e.code, r.Address.PostalCode)
		}
	}
}

// corruptions are what goes wrong with codes: never one of the same country
// unless its own pattern says so.
var corruptions = map[string]func(string) string{
	"a digit less":         func(s string) string { return s[:len(s)-1] },
	"a digit more":         func(s string) string { return s + "0" },
	"twice":                func(s string) string { return s + s },
	"the first is missing": func(s string) string { return s[1:] },
	"letters for digits": func(s string) string {
		return strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return 'O' + r - '0'
			}
			return r
		}, s)
	},
	"digits for letters and letters for digits": func(s string) string {
		return strings.Map(func(r rune) rune {
			switch {
			case r >= '0' && r <= '9':
				return 'A' + r - '0'
			case r >= 'A' && r <= 'Z':
				return '0' + (r-'A')%10
			}
			return r
		}, s)
	},
	"two of another area": func(s string) string {
		if len(s) < 3 || s[0] < '0' || s[0] > '9' {
			return s
		}
		return string('0'+(s[0]-'0'+5)%10) + s[1:]
	},
	"a sign inside": func(s string) string { return s[:len(s)/2] + "#" + s[len(s)/2:] },
	"other digits":  func(s string) string { return strings.Map(func(r rune) rune { return otherDigit(r) }, s) },
}

func otherDigit(r rune) rune {
	if r >= '0' && r <= '9' {
		return '٠' + r - '0' + 0x5000 // a letter of another script
	}
	return r
}

func TestEveryCorruptionOfAPostalCodeIsFlagged(t *testing.T) {
	if tried, missed := corrupted(t, func(r Report) bool { return flagged(r) }); tried < 10_000 || missed*10 > tried {
		t.Errorf("%d of %d corruptions are codes again", missed, tried)
	}
	// Control: a check of the format alone, without the areas, lets more pass;
	// one that checks nothing lets all pass.
	_, whole := corrupted(t, flagged)
	if _, format := corrupted(t, func(r Report) bool { return r.failed(CheckPostalCode) }); format <= whole {
		t.Errorf("without the areas %d pass, with them %d", format, whole)
	}
}

// corrupted tries every corruption of every example, and counts those that are
// not seen. What is not seen must be a code of the country.
func corrupted(t *testing.T, seen func(Report) bool) (tried, missed int) {
	t.Helper()
	for _, e := range examples(t) {
		for name, corrupt := range corruptions {
			bad := corrupt(e.code)
			if bad == e.code || bad == "" {
				continue
			}
			tried++
			r := Offline(e.address(bad), nil)
			if seen(r) {
				continue
			}
			// The pattern is the oracle: what it accepts is a code of the country.
			got, own := r.Address.PostalCode, e.area != nil && e.area.postalCode != nil
			if !e.country.postalCode.MatchString(got) && !(own && e.area.postalCode.MatchString(got)) {
				t.Errorf("%s: %s (%s) passes as %s", e.country.Country, bad, name, got)
			}
			missed++
		}
	}
	return tried, missed
}
