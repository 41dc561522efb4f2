package main

import (
	"regexp"

	"github.com/acme/customers/internal/address/gazetteer"
)

// plain keeps out what has a code but is no place: "At&t", "115 Firms".
var plain = regexp.MustCompile(`^[A-Z][A-Za-z .'-]+$`)

// hamlets are the cities of ZIP codes that GeoNames does not have nearby, most
// of them too small for it: a third of all codes are in one. Their middle is
// that of their codes. The islands' are added to the United States too, where
// addresses may have them as states.
func hamlets(places, codes []*place) (found []*place) {
	named := map[string][]*place{}
	for _, p := range places {
		if p.country == "US" {
			for _, key := range p.keys {
				named[p.area+key] = append(named[p.area+key], p)
			}
		}
	}
	codesOf := map[*place]float64{}
	for _, c := range codes {
		if c.country != "US" || !c.located || !plain.MatchString(c.name) {
			continue
		}
		key := gazetteer.Fold(c.name)
		h := closest(named[c.area+key], c)
		if h == nil {
			h = &place{country: "US", area: c.area, name: c.name, keys: []string{key}, lat: c.lat, lon: c.lon, located: true}
			found, named[c.area+key] = append(found, h), append(named[c.area+key], h)
		} else if codesOf[h] == 0 {
			continue // GeoNames knows better where it is
		}
		n := codesOf[h]
		h.lat, h.lon = (h.lat*n+c.lat)/(n+1), (h.lon*n+c.lon)/(n+1)
		codesOf[h]++
	}
	return found
}

// closest is the place within 60 km of a code that is nearest to it.
func closest(places []*place, code *place) (best *place) {
	for _, p := range places {
		if d := p.distance(code); d < 60 && (best == nil || d < best.distance(code)) {
			best = p
		}
	}
	return best
}
