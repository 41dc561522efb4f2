package importer

import (
	"strings"

	"github.com/acme/customers/internal/remote"
)

// A draft is the registration of a row while its cells are put into it. A row
// has at most one address of each family of columns.
type draft struct {
	remote.Registration
	addresses [4]*remote.Address // by family
	located   [4]bool            // there is a cell that makes it an address
}

// families are the prefixes of address columns. Whoever has one address writes
// address.street, whoever has several billing.street and shipping.street.
var families = [4]struct {
	prefix, kind string
	aliases      string // in front of a column's usual name
}{
	{"address", "shipping", ""},
	{"shipping", "shipping", "shipping delivery shipto liefer lieferadresse"},
	{"billing", "billing", "billing invoice billto rechnungs rechnungsadresse"},
	{"business", "business", "business work"},
}

// members are the parts of an address that a column can hold.
var members = []struct {
	name  string
	field func(*remote.Address) *string // nil for lines of the street
	// locates tells a part that makes an address. One that says DE in every row,
	// or a name for an address, makes none.
	locates bool
	aliases string // names that mean this part of an address by themselves
	behind  string // and those that do behind a family's
}{
	{"street", nil, true, "street streetaddress streetline1 street1 addressline1 address1 strasse straße", "line1 rue"},
	{"street2", nil, true, "street2 streetline2 addressline2 address2 adresszusatz", "line2"},
	{"city", func(a *remote.Address) *string { return &a.City }, true, "city town ort stadt ville", ""},
	{"postalCode", func(a *remote.Address) *string { return &a.PostalCode }, true, "postalcode postcode zip zipcode plz postleitzahl codepostal", ""},
	{"state", func(a *remote.Address) *string { return &a.State }, true, "state province bundesland", "region county"},
	{"country", func(a *remote.Address) *string { return &a.Country }, false, "country countrycode land pays", ""},
	{"dependentLocality", func(a *remote.Address) *string { return &a.DependentLocality }, true, "dependentlocality suburb neighbourhood neighborhood", "district"},
	{"sortingCode", func(a *remote.Address) *string { return &a.SortingCode }, true, "sortingcode cedex", ""},
	{"recipient", func(a *remote.Address) *string { return &a.Recipient }, true, "recipient", "name fullname"},
	{"company", func(a *remote.Address) *string { return &a.Company }, true, "", "company companyname firma"},
	{"phone", func(a *remote.Address) *string { return &a.Phone }, true, "", "phone phonenumber telephone telefon"},
	{"label", func(a *remote.Address) *string { return &a.Label }, false, "", "label"},
	{"type", func(a *remote.Address) *string { return &a.Type }, false, "", ""},
}

// postal are the targets of addresses, by path.
var postal = func() map[string]target {
	out := map[string]target{}
	for family, f := range families {
		for i, m := range members {
			if m.name == "type" && f.prefix != "address" {
				continue // the prefix says it
			}
			path := f.prefix + "." + m.name
			out[path] = target{path, "/addresses/" + f.prefix + "/" + strings.TrimSuffix(m.name, "2"), setAddress(family, i), m.locates}
		}
	}
	return out
}()

func setAddress(family, member int) setter {
	m := &members[member]
	return func(d *draft, cell string) string {
		a := d.addresses[family]
		if a == nil {
			a = new(remote.Address)
			d.addresses[family] = a
		}
		d.located[family] = d.located[family] || m.locates
		switch {
		case m.field == nil && m.name == "street":
			a.Street = append([]string{cell}, a.Street...) // whatever the order of the columns
		case m.field == nil:
			a.Street = append(a.Street, cell)
		case m.name == "type":
			a.Type = strings.ToLower(cell)
		default:
			*m.field(a) = cell
		}
		return ""
	}
}

// finish puts the addresses into the registration. It gives the prefix of each,
// for a problem says only which one of the row's it is.
func (d *draft) finish() (prefixes []string) {
	for i, f := range families {
		if a := d.addresses[i]; d.located[i] {
			if a.Type == "" {
				a.Type = f.kind
			}
			d.Addresses = append(d.Addresses, *a)
			prefixes = append(prefixes, f.prefix)
		}
	}
	return prefixes
}

// named gives a pointer with an address's prefix in the place of its number.
func named(pointer string, prefixes []string) string {
	rest, ok := strings.CutPrefix(pointer, "/addresses/")
	if !ok {
		return pointer
	}
	number, rest, _ := strings.Cut(rest, "/")
	for i, prefix := range prefixes {
		if number == string(rune('0'+i)) {
			return strings.TrimSuffix("/addresses/"+prefix+"/"+rest, "/")
		}
	}
	return pointer
}

// unlocated finds the columns of a family that alone would never make an
// address: they would be lost without a word, which only --ignore-unknown asks
// for.
func (m Mapping) unlocated(p plan) error {
	if m.IgnoreUnknown {
		return nil
	}
	for _, f := range families {
		lost, located := []string(nil), false
		for _, c := range p.columns {
			if strings.HasPrefix(c.path, f.prefix+".") {
				lost, located = append(lost, shown(c.index, c.name)), located || c.locates
			}
		}
		if len(lost) > 0 && !located {
			return usage("nothing but " + strings.Join(lost, ", ") + " makes no address; map it to an attribute or to -, or bring a street, a city or a postal code")
		}
	}
	return nil
}

// addressAliases are the names that people give to columns of addresses.
func addressAliases() map[string]string {
	out := map[string]string{}
	for _, f := range families {
		for _, m := range members {
			path := f.prefix + "." + m.name
			if _, is := postal[path]; !is {
				continue
			}
			out[path] = squeeze(path) + " "
			if f.prefix == "address" {
				out[path] += m.aliases
			}
			if f.prefix == "business" && (m.name == "recipient" || m.name == "phone") {
				continue // "business name" and "work phone" are seldom about a door
			}
			for before := range strings.FieldsSeq(f.aliases) {
				for name := range strings.FieldsSeq(m.aliases + " " + m.behind) {
					out[path] += " " + before + name + " " + before + "address" + name
				}
			}
		}
	}
	return out
}
