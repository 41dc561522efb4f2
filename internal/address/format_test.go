package address

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLines(t *testing.T) {
	ada := func(a Address) Address {
		a.Recipient = "Ada Lovelace"
		return a
	}
	for _, tc := range []struct {
		name  string
		a     Address
		style Style
		want  string
	}{
		{"Switzerland", ada(Address{Street: []string{"Rämistrasse 101"}, PostalCode: "8092", City: "Zürich", Country: "CH"}), Style{},
			"Ada Lovelace|Rämistrasse 101|CH-8092 Zürich"},
		{"United States", ada(Address{Company: "ACME", Street: []string{"1 Main St", "Apt 2"}, PostalCode: "94105", City: "San Francisco", State: "CA", Country: "US"}), Style{Label: true, Foreign: true},
			"Ada Lovelace|ACME|1 Main St|Apt 2|SAN FRANCISCO, CA 94105|UNITED STATES"},
		{"without a state", Address{Street: []string{"1 Main St"}, PostalCode: "94105", City: "San Francisco", Country: "US"}, Style{}, "1 Main St|San Francisco 94105"},
		{"without a city", Address{Street: []string{"1 Main St"}, PostalCode: "94105", State: "CA", Country: "US"}, Style{}, "1 Main St|CA 94105"},
		{"Japan", ada(Address{Street: []string{"千代田1-1"}, PostalCode: "100-8111", State: "東京都", Country: "JP"}), Style{}, "〒100-8111|東京都|千代田1-1|Ada Lovelace"},
		{"Japan in Latin", ada(Address{Street: []string{"1-1 Chiyoda"}, PostalCode: "100-8111", State: "東京都", Country: "JP"}), Style{Latin: true},
			"Ada Lovelace|1-1 Chiyoda, Tokyo|100-8111"},
		{"the United Kingdom's label", ada(Address{Street: []string{"10 Downing Street"}, City: "London", PostalCode: "SW1A 2AA", Country: "GB"}), Style{Label: true},
			"Ada Lovelace|10 Downing Street|LONDON|SW1A 2AA"},
		{"nothing between Chinese areas", Address{Street: []string{"中关村大街1号"}, PostalCode: "100080", State: "北京市", City: "海淀区", Country: "CN"}, Style{},
			"100080|北京市海淀区|中关村大街1号"},
		{"a sorting code", Address{Street: []string{"1 Rue X"}, PostalCode: "98000", City: "Monaco", SortingCode: "CEDEX", Country: "MC"}, Style{}, "1 Rue X|MC-98000 Monaco CEDEX"},
		{"a country that is none", Address{Street: []string{"1 X"}, City: "Y", Country: "QQ"}, Style{}, "1 X|Y"},
	} {
		if d := cmp.Diff(tc.want, strings.Join(tc.a.Lines(tc.style), "|")); d != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, d)
		}
	}
}
