package main

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/acme/customers/internal/address/gazetteer"
)

// code is what the package zipcodes has of a code. Positions can be missing.
type code struct {
	Zip, City, State    string
	Latitude, Longitude *float64
}

// islands are countries of their own in ISO 3166 and states to the US post.
var islands = []string{"AS", "FM", "GU", "MH", "MP", "PR", "PW", "VI"}

// postal reads the codes of the United States and Canada. Names are written as
// GeoNames writes them where it has the place: the source knows no capitals
// ("Mcallen").
func postal(places []*place) ([]*place, error) {
	raw, err := read(zipcodes, "package/lib/codes.js", "package/lib/codesCanada.js")
	if err != nil {
		return nil, err
	}
	us, err := readCodes(raw[0])
	if err != nil {
		return nil, err
	}
	canada, err := readCodes(raw[1])
	if err != nil {
		return nil, err
	}
	middles, err := readCensus()
	if err != nil {
		return nil, err
	}
	named := byName(places)
	var found []*place
	for _, zip := range sorted(us) {
		found = append(found, american(us[zip], middles, named)...)
	}
	for _, area := range sorted(canada) {
		found = append(found, canadian(canada[area], places, named))
	}
	return found, nil
}

var scottish = regexp.MustCompile(`\bMc[a-z]`)

// american gives a ZIP code, twice where the state is a country too.
func american(c code, middles map[string]middle, named map[string][]*place) []*place {
	p := c.place("US", c.State)
	p.name = scottish.ReplaceAllStringFunc(p.name, func(mc string) string { return mc[:2] + strings.ToUpper(mc[2:]) })
	if m, ok := middles[c.Zip]; ok {
		p.centre(m, named)
	}
	if slices.Contains([]string{"AA", "AE", "AP"}, c.State) { // abroad, where nobody says
		p.name, p.lat, p.lon, p.located = strings.ToUpper(c.City), 0, 0, false
	}
	p.spell(named, gazetteer.Fold(p.name))
	if !slices.Contains(islands, c.State) {
		return []*place{p}
	}
	own := *p
	own.country, own.area = c.State, ""
	return []*place{p, &own}
}

func canadian(c code, places []*place, named map[string][]*place) *place {
	p := c.place("CA", province(c.Zip))
	p.name, _, _ = strings.Cut(p.name, " (")
	switch lost := strings.ContainsRune(p.name, utf8.RuneError); {
	case lost: // the source has lost its accented letters: "Trois-rivi?res"
		p.name = p.nearest(places)
	case !p.settle(named, gazetteer.Fold(p.name)):
		p.settle(named, gazetteer.Fold(c.City))
	}
	return p
}

func (c code) place(country, area string) *place {
	p := &place{country: country, area: area, name: c.City, keys: []string{c.Zip}}
	if c.Latitude != nil && c.Longitude != nil && *c.Latitude != 0 {
		p.lat, p.lon, p.located = *c.Latitude, *c.Longitude, true
	}
	return p
}

// province is the first letter's; X is shared by two territories.
func province(area string) string {
	if slices.Contains([]string{"X0A", "X0B", "X0C"}, area) {
		return "NU"
	}
	return map[byte]string{
		'A': "NL", 'B': "NS", 'C': "PE", 'E': "NB", 'G': "QC", 'H': "QC", 'J': "QC", 'K': "ON", 'L': "ON",
		'M': "ON", 'N': "ON", 'P': "ON", 'R': "MB", 'S': "SK", 'T': "AB", 'V': "BC", 'X': "NT", 'Y': "YT",
	}[area[0]]
}

func byName(places []*place) map[string][]*place {
	named := map[string][]*place{}
	for _, p := range places {
		if p.area != "" && (p.country == "US" || p.country == "CA") {
			at := p.country + p.area + p.keys[0]
			named[at] = append(named[at], p)
		}
	}
	return named
}
