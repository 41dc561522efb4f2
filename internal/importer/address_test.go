package importer

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/acme/customers/internal/remote"
)

func TestAddressColumns(t *testing.T) {
	for name, c := range map[string]struct {
		rules []string
		input string
		want  []string
	}{
		"one address a row": {input: "email,address.street,address.street2,address.city,address.postalCode,address.state,address.country,address.type,address.label," +
			"address.recipient,address.company,address.phone,address.dependentLocality,address.sortingCode\n" +
			"a@b.example,1 High St,Flat 2,Leeds,LS1 4DY,,GB,Billing,Home,Ada L,Engines Ltd,+44 7700 900123,Headingley,CEDEX\n",
			want: []string{`{"email":"a@b.example","addresses":[{"type":"billing","label":"Home","recipient":"Ada L","company":"Engines Ltd","street":["1 High St","Flat 2"],` +
				`"dependentLocality":"Headingley","city":"Leeds","postalCode":"LS1 4DY","sortingCode":"CEDEX","country":"GB","phone":"+44 7700 900123"}]}`}},
		"one of each type": {input: "email,business.city,billing.city,shipping.city,address.city,billing.country\na@b,W,B,S,A,DE\n",
			want: []string{`{"email":"a@b","addresses":[{"type":"shipping","city":"A","country":""},{"type":"shipping","city":"S","country":""},` +
				`{"type":"billing","city":"B","country":"DE"},{"type":"business","city":"W","country":""}]}`}},
		"what is empty is none": {input: "email,billing.street,billing.city,billing.country,shipping.city,shipping.label\na@b,, ,DE,,Home\nc@d,,X,,,\n",
			want: []string{`{"email":"a@b"}`, `{"email":"c@d","addresses":[{"type":"billing","city":"X","country":""}]}`}},
		"the second line alone, and first": {input: "email,address.street2,address.street\na@b,Flat 2,1 High St\nc@d,Flat 2,\n",
			want: []string{`{"email":"a@b","addresses":[{"type":"shipping","street":["1 High St","Flat 2"],"country":""}]}`,
				`{"email":"c@d","addresses":[{"type":"shipping","street":["Flat 2"],"country":""}]}`}},
		"names that people use": {input: "E-Mail;Straße;PLZ;Ort;Country Code;Shipping Address 1;Shipping Zip;shipping_city;Delivery Name;Billing Street;Billing Postcode;Rechnungsadresse Ort\n" +
			"a@b;Am Markt 1;10115;Berlin;DE;1 Main St;60614;Chicago;Ada;2 Main St;60614;Chicago\n",
			want: []string{`{"email":"a@b","addresses":[{"type":"shipping","street":["Am Markt 1"],"city":"Berlin","postalCode":"10115","country":"DE"},` +
				`{"type":"shipping","recipient":"Ada","street":["1 Main St"],"city":"Chicago","postalCode":"60614","country":""},` +
				`{"type":"billing","street":["2 Main St"],"city":"Chicago","postalCode":"60614","country":""}]}`}},
		"rules": {rules: []string{"Wohnort=billing.city", "Tel=billing.phone"}, input: "email,Wohnort,Tel\na@b,Bern,+41 1\n",
			want: []string{`{"email":"a@b","addresses":[{"type":"billing","city":"Bern","country":"","phone":"+41 1"}]}`}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := read(t, c.input, Options{Mapping: Mapping{Rules: c.rules}})
			if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
				t.Errorf("%v %s", err, diff)
			}
		})
	}
}

func TestColumnsThatMakeNoAddressAreRefused(t *testing.T) {
	for input, says := range map[string]string{"email,Country\n": `"Country" makes no address`, "email,billing.label,shipping.city\n": "billing.label",
		"email,billing.type,billing.city\n": `"billing.type"`, "email,city,Ort\n": "both mean address.city"} {
		if _, err := read(t, input, Options{}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", input, err)
		}
	}
	if got, err := read(t, "email,Country\na@b,DE\n", Options{Mapping: Mapping{IgnoreUnknown: true}}); err != nil || !cmp.Equal(got, []string{`{"email":"a@b"}`}) {
		t.Errorf("with --ignore-unknown: %q %v", got, err)
	}
	if _, err := read(t, "email,Work phone,Business name\n", Options{}); err == nil || !strings.Contains(err.Error(), "unknown columns") {
		t.Errorf("a person's phone at work became an address's: %v", err)
	}
}

// The number of an address in a problem depends on the row's empty cells.
func TestAnAddressIsToldAsItsColumns(t *testing.T) {
	const header = "email,shipping.postalCode,shipping.country,Billing Street,billing.street2,billing.postalCode\n"
	s, err := Open(strings.NewReader(header+"a@b,,DE,X,Y,1\nc@d,1,DE,X,Y,1\n"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []map[string]string{
		{"/addresses/0/postalCode": "billing.postalCode", "/addresses/0/street/1": "Billing Street, billing.street2", "/addresses/1/postalCode": ""},
		{"/addresses/0/postalCode": "shipping.postalCode", "/addresses/1/postalCode": "billing.postalCode", "/addresses/0": "shipping.postalCode, shipping.country",
			"/addresses": strings.TrimSpace(strings.ReplaceAll(strings.TrimPrefix(header, "email,"), ",", ", ")), "/email": "email", "/addresses/0/city": "", "/addresses/x": ""},
	} {
		row, err := s.Next()
		if err != nil {
			t.Fatal(err)
		}
		for pointer, columns := range want {
			if got := s.Columns(named(pointer, row.Addresses)); got != columns {
				t.Errorf("row %d: %s is %q, not %q", row.Number, pointer, got, columns)
			}
		}
	}
}

// importFile imports a file and gives the rejects as "row column code".
func importFile(t *testing.T, s *service, name, content string) (sum Summary, rejects []string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	j := jobOf(s.client(), path)
	j.Mode, j.Options = remote.Upsert, Options{Name: name}
	j.OnReject = func(r Reject) {
		rejects = append(rejects, strings.Join([]string{string(rune('0' + r.Row)), r.Column, r.Code}, " "))
	}
	sum, err := j.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return sum, rejects
}

const (
	addressRows = "email,shipping.street,shipping.city,shipping.postalCode,shipping.country,billing.street,billing.city,billing.postalCode,billing.country,billing.phone\n" +
		"a@b.example,Am Markt 1,Berlin,10115,DE,Am Markt 1,Berlin,10115,DE,+4930123456\n" +
		"c@d.example,,,,,Am Markt 2,Berlin,10115,DE,12\n" +
		"e@f.example,Am Markt 3,Bern,not a code,CH,,,,,\n"
	addressLines = `{"email":"g@h.example","addresses":[{"type":"shipping","street":["Am Markt 4"],"city":"Bern","postalCode":"3011","country":"CH"}]}` + "\n" +
		`{"email":"i@j.example","addresses":[{"type":"shipping","city":"X","country":"CH"},{"type":"holiday","city":"Y","country":"CH"}]}` + "\n"
)

func TestAddressesAreImportedOnce(t *testing.T) {
	s := newService(t)
	for run := range 2 {
		sum, rejects := importFile(t, s, "people.csv", addressRows)
		lines, more := importFile(t, s, "people.jsonl", addressLines)
		// What the tables find wrong is stored and marked; what cannot be stored is told.
		if diff := cmp.Diff([]string{"3 billing.phone invalid_phone", "2 /addresses/1/type invalid_address_type"}, append(rejects, more...)); diff != "" {
			t.Error(diff)
		}
		if sum.Rejected != 1 || lines.Rejected != 1 || run == 1 && (sum.Updated != 2 || lines.Updated != 1) {
			t.Errorf("run %d: %+v %+v", run, sum, lines)
		}
		verdicts := s.verdicts()
		if want := []string{"1 shipping invalid", "2 shipping valid", "0 billing valid", "0 shipping valid"}; !cmp.Equal(sorted(want), sorted(verdicts)) {
			t.Errorf("run %d: %q", run, verdicts)
		}
	}
}

// The control: a service that adds again what is there is noticed.
func TestAddressesThatAreAddedTwiceAreSeen(t *testing.T) {
	s := newService(t)
	s.doubling = true
	for range 2 {
		importFile(t, s, "people.csv", addressRows)
	}
	if got := s.verdicts(); len(got) != 6 {
		t.Errorf("%q", got)
	}
}

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }
