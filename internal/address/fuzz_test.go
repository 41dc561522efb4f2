package address

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// Whatever is given: no panic, a verdict, and what was normalised once is not
// changed again.
func FuzzOffline(f *testing.F) {
	f.Add("US", "1 Main St\nApt 2", "", "San Francisco", "ca", "94105", "")
	f.Add("jp", "千代田1-1", "", "", "東京都", "〒１００８１１１", "")
	f.Add("GB", "", "x", "London", "", "sw1a2aa", "CEDEX")
	f.Add("CN", "x", "嘉定区", "上海市", "上海市", "201800", "")
	f.Fuzz(func(t *testing.T, country, street, dependent, city, state, code, sorting string) {
		a := Address{Country: country, Street: strings.Split(street, "\n"), DependentLocality: dependent, City: city, State: state, PostalCode: code, SortingCode: sorting}
		r := Offline(a, nil)
		if r.Verdict == "" || len(r.Checks) == 0 {
			t.Fatalf("%+v", r)
		}
		again, fixed := Normalise(r.Address)
		for _, c := range fixed {
			if utf8.ValidString(c.From) {
				t.Errorf("normalised again: %+v, %+v", c, again)
			}
		}
		lines := r.Address.Lines(Style{Label: true, Latin: true, Foreign: true})
		Parse(r.Address.Country, lines)
	})
}
