package main

import (
	"log"
	"maps"
	"slices"
)

// distrust finds the codes of which the sources do not mean the same: nearly
// all places that both have are under another code in the other, as in Vietnam,
// which has merged its provinces between them. A few are corrections.
func (a areas) distrust(places []*place) {
	all, moved := map[string]int{}, map[string]int{}
	for _, p := range places {
		c := a[p.country]
		if c == nil || p.later == nil {
			continue
		}
		for _, side := range []*place{p, p.later} {
			at := p.country + c.code(side)
			if all[at]++; c.code(p) != c.code(p.later) {
				moved[at]++
			}
			c.unsure[c.code(side)] = all[at] > 1 && moved[at]*10 > all[at]*9
		}
	}
}

// code is a place's at the country's level.
func (c *country) code(p *place) string {
	if c.level == 2 {
		return p.admin1 + "." + p.admin2
	}
	return p.admin1
}

// of gives the key of a place's area, "" when it is not certain.
func (a areas) of(p *place) string {
	c := a[p.country]
	if c == nil {
		return ""
	}
	if p.later != nil {
		p = p.later
	}
	if c.unsure[c.code(p)] {
		return ""
	}
	return c.key[c.code(p)]
}

// report tells what was matched, and what was not.
func (a areas) report(places []*place) {
	whole, named, keys, matched, at, of := 0, 0, 0, 0, 0, 0
	in, with, has := map[string]int{}, map[string]int{}, map[string]bool{}
	for _, p := range places {
		if in[p.country]++; p.area != "" {
			with[p.country]++
			has[p.country+p.area] = true
		}
	}
	for _, id := range sorted(a) {
		c := a[id]
		missing := slices.DeleteFunc(slices.Clone(c.keys), func(k string) bool { return has[id+k] })
		keys, matched = keys+len(c.keys), matched+len(c.keys)-len(missing)
		if len(missing) == 0 {
			whole++
		}
		if len(c.why) == 0 {
			named++
		}
		at, of = at+with[id], of+in[id]
		log.Printf("%s: %d of %d keys by level %d, %d of %d places; no area for %q; no key for %q",
			id, len(c.keys)-len(missing), len(c.keys), c.level, with[id], in[id], missing, values(c.why))
	}
	log.Printf("%d countries with areas: all keys reached in %d, all areas of GeoNames matched in %d; %d of %d keys, %d of %d places",
		len(a), whole, named, matched, keys, at, of)
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func values(m map[string]string) []string { return slices.Sorted(maps.Values(m)) }
