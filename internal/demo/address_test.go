package demo

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/acme/customers/internal/address"
	"github.com/acme/customers/internal/remote"
)

func postal(a remote.Address) address.Address {
	return address.Address{Recipient: a.Recipient, Company: a.Company, Street: a.Street, DependentLocality: a.DependentLocality, City: a.City,
		State: a.State, PostalCode: a.PostalCode, SortingCode: a.SortingCode, Country: a.Country}
}

// doubts lists what the service would hold against a made-up address: what is
// wrong with it, and a town that it does not know.
func doubts(a remote.Address) (out []string) {
	r := address.Offline(postal(a), nil)
	for _, c := range r.Checks {
		if c.Outcome == address.Failed || c.Name == address.CheckCity && c.Outcome != address.Passed {
			out = append(out, fmt.Sprintf("%s of %+v: %s %s", c.Name, a, c.Outcome, c.Code))
		}
	}
	if !r.Good() || len(r.Corrections) > 0 {
		out = append(out, fmt.Sprintf("%+v is %s: %+v", a, r.Verdict, r.Corrections))
	}
	return out
}

// Every town of the tables with every code, not only those that are drawn.
func TestTownsAndCodesBelongTogether(t *testing.T) {
	seen := map[string]bool{}
	for _, l := range world {
		if seen[l.tag] {
			continue
		}
		seen[l.tag] = true
		for _, p := range l.home.places {
			for _, code := range p.codes {
				a := l.home.address(newChance(1, 1), "shipping")
				a.City, a.State, a.PostalCode, a.DependentLocality = p.city, p.state, code, ""
				for _, doubt := range doubts(a) {
					t.Errorf("%s: %s", l.tag, doubt)
				}
			}
		}
	}
}

func TestHomesAreWhole(t *testing.T) {
	for _, l := range world {
		h := &l.home
		if len(h.places) < 2 || len(h.lines) == 0 || len(h.labels) != 3 || len(h.digits) != 0 && len(h.digits) != 10 {
			t.Errorf("%s: %d places, %d lines, %d labels, %d digits", l.tag, len(h.places), len(h.lines), len(h.labels), len(h.digits))
		}
		for _, line := range h.lines {
			quarter := slices.ContainsFunc(h.places, func(p place) bool { return p.quarter == "" })
			if strings.Contains(line, "%") && len(h.streets) < 3 || strings.Contains(line, "@") && quarter {
				t.Errorf("%s: nothing to write in %q", l.tag, line)
			}
		}
	}
}

func TestAddressesAsPeopleWriteThem(t *testing.T) {
	find := func(country string, so func(remote.Address) bool) bool {
		for r := range First(1, 20_000) {
			for _, a := range r.Addresses {
				if a.Country == country && so(a) {
					return true
				}
			}
		}
		return false
	}
	for country, street := range map[string]string{"DE": `^Bahnhofstraße \d+a?$`, "GB": `^\d+A? High Street$`, "ES": `^Calle Mayor,? \d+$`,
		"CN": `^中山路\d+号`, "EG": `^[٠-٩]+ شارع التحرير$`, "JP": `^千代田区丸の内\d-\d+-\d$`, "KR": `^테헤란로 \d+$`, "US": `^\d+ Main Street$`} {
		as := regexp.MustCompile(street)
		if !find(country, func(a remote.Address) bool { return as.MatchString(a.Street[0]) }) {
			t.Errorf("nobody in %s lives in a place like %s", country, street)
		}
	}
	for name, so := range map[string]func(remote.Address) bool{
		"a second line": func(a remote.Address) bool { return len(a.Street) == 2 }, "a phone": func(a remote.Address) bool { return a.Phone != "" },
		"a company": func(a remote.Address) bool { return a.Type == "business" && a.Company != "" }, "a bill": func(a remote.Address) bool { return a.Type == "billing" },
		"a recipient and a label": func(a remote.Address) bool { return a.Recipient != "" && a.Label == "Eltern" },
	} {
		if !find("DE", so) {
			t.Errorf("nobody in Germany has %s", name)
		}
	}
	if !find("HU", func(a remote.Address) bool { return strings.HasPrefix(a.Recipient, "Nagy ") }) {
		t.Error("nobody in Hungary is called by the family's name first")
	}
}
