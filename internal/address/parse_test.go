package address

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestParse(t *testing.T) {
	for _, want := range []Address{
		{Recipient: "Ada Lovelace", Street: []string{"Rämistrasse 101"}, PostalCode: "8092", City: "Zürich", Country: "CH"},
		{Street: []string{"10 Downing Street"}, City: "London", PostalCode: "SW1A 2AA", Country: "GB"},
		{Recipient: "Ada", Company: "ACME", Street: []string{"1 Main St"}, City: "San Francisco", State: "CA", PostalCode: "94105", Country: "US"},
		{Recipient: "山田", Street: []string{"千代田1-1"}, PostalCode: "100-8111", State: "東京都", Country: "JP"},
		{Street: []string{"中关村大街1号"}, PostalCode: "100080", State: "北京市", City: "海淀区", Country: "CN"},
		{Recipient: "Ana", Street: []string{"Av. Paulista 1"}, DependentLocality: "Bela Vista", City: "São Paulo", State: "SP", PostalCode: "01310-100", Country: "BR"},
	} {
		got, ok := Parse(want.Country, want.Lines(Style{}))
		if d := cmp.Diff(want, got); !ok || d != "" {
			t.Errorf("%s (-want +got):\n%s", want.Country, d)
		}
	}
	for country, lines := range map[string][]string{"QQ": {"x"}, "DE": nil, "CH": make([]string, maxLines+1)} {
		if _, ok := Parse(country, lines); ok {
			t.Errorf("%s: %d lines were read", country, len(lines))
		}
	}
}

// For every country, in both scripts, with whatever is missing: what was
// written and read is written again the same.
func TestWhatIsWrittenIsReadAndWrittenTheSame(t *testing.T) {
	countries := Countries()
	rapid.Check(t, func(t *rapid.T) {
		f := FormatOf(rapid.SampledFrom(countries).Draw(t, "country"))
		a := anAddress(t, f)
		style := Style{Latin: rapid.Bool().Draw(t, "latin")}
		lines := a.Lines(style)
		read, ok := Parse(f.Country, lines)
		if !ok {
			t.Fatalf("%s cannot be read", strings.Join(lines, "|"))
		}
		for _, style.Latin = range []bool{false, true} { // it is known from the lines alone
			if cmp.Equal(lines, read.Lines(style)) {
				return
			}
		}
		t.Fatalf("%s was read as %+v", strings.Join(lines, "|"), read)
	})
}

// anAddress has a street and some of what the country uses.
func anAddress(t *rapid.T, f *Format) Address {
	word := rapid.StringMatching(`[A-Z][a-zé]{2,9}( [A-Z][a-z]{2,6})?`)
	a := Address{Country: f.Country, Street: rapid.SliceOfN(word, 1, 3).Draw(t, "street")}
	for field, value := range map[Fields]*string{fieldRecipient: &a.Recipient, fieldCompany: &a.Company, fieldCity: &a.City,
		fieldDependentLocality: &a.DependentLocality, fieldSortingCode: &a.SortingCode} {
		if f.Used()&field != 0 && rapid.Bool().Draw(t, field.Names()[0]) {
			*value = word.Draw(t, "word")
		}
	}
	if len(f.PostalCodes) > 0 && f.Used()&fieldPostalCode != 0 && rapid.Bool().Draw(t, "has code") {
		a.PostalCode = rapid.SampledFrom(f.PostalCodes).Draw(t, "code")
	}
	if f.Used()&fieldState != 0 && rapid.Bool().Draw(t, "has state") {
		if a.State = word.Draw(t, "state"); len(f.Areas) > 0 {
			a.State = rapid.SampledFrom(f.Areas).Draw(t, "area").Key
		}
	}
	return a
}
