package main

import (
	"strings"

	"github.com/acme/customers/internal/address/gazetteer"
)

// centre takes the Census' position, which is better as a rule. Both sources
// have a few in the wrong place: where they are far apart, the one closer to the
// code's city is taken.
func (p *place) centre(m middle, named map[string][]*place) {
	q := &place{lat: m.Latitude, lon: m.Longitude}
	for _, city := range named[p.country+p.area+gazetteer.Fold(p.name)] {
		if p.located && p.distance(q) > 25 && p.distance(city) < q.distance(city) {
			return
		}
	}
	p.lat, p.lon, p.located = m.Latitude, m.Longitude, true
}

// spell takes over how GeoNames writes a place in the same area, if it has it.
func (p *place) spell(named map[string][]*place, key string) {
	if same := named[p.country+p.area+key]; len(same) > 0 {
		p.name = same[0].name
	}
}

// settle gives a Canadian area the longest name in its description that
// GeoNames has within 50 km: "Downtown Toronto" is in Toronto.
func (p *place) settle(named map[string][]*place, description string) bool {
	words := strings.Fields(description)
	for n := len(words); n > 0; n-- {
		for i := 0; i+n <= len(words); i++ {
			for _, q := range named[p.country+p.area+strings.Join(words[i:i+n], " ")] {
				if !p.located || p.distance(q) < 50 {
					p.name = q.name
					return true
				}
			}
		}
	}
	return false
}

// nearest names the place of a thousand people or more that is closest by.
func (p *place) nearest(places []*place) string {
	best := &place{lat: 90}
	for _, q := range places {
		if q.country == p.country && q.area == p.area && q.people >= 1000 && p.distance(q) < p.distance(best) {
			best = q
		}
	}
	return best.name
}
