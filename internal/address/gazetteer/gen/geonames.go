package main

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/acme/customers/internal/address/gazetteer"
)

// merge reads both sources. The older one has other names and numbers of
// people; a place of the newer one is added where the older has none of that
// name nearby.
func merge(old, fresh []byte) ([]*place, error) {
	places, err := readOld(old)
	if err != nil {
		return nil, err
	}
	named := map[string][]*place{} // by country and key
	for _, p := range places {
		for _, key := range p.keys {
			named[p.country+key] = append(named[p.country+key], p)
		}
	}
	var rows []struct{ Name, Lat, Lng, Country, Admin1, Admin2 string }
	if err := json.Unmarshal(fresh, &rows); err != nil {
		return nil, err
	}
	for _, r := range rows {
		p := &place{country: r.Country, admin1: r.Admin1, admin2: r.Admin2, name: r.Name}
		if p.keys = keysOf(r.Country, r.Name); p.keys == nil {
			continue
		}
		if err := p.locate(r.Lat, r.Lng); err != nil {
			return nil, err
		}
		same := slices.DeleteFunc(slices.Clone(named[p.country+p.keys[0]]), p.far)
		for _, q := range same {
			if p.distance(q) < 2 {
				q.later = p
			}
		}
		if len(same) == 0 {
			places = append(places, p)
		}
	}
	return places, nil
}

// readOld reads GeoNames' own table; its columns are in its readme.
func readOld(raw []byte) (places []*place, err error) {
	for line := range strings.Lines(string(raw)) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(f) != 19 {
			return nil, fmt.Errorf("GeoNames: %d columns", len(f))
		}
		if gone := f[7] == "PPLH" || f[7] == "PPLCH" || f[7] == "PPLQ" || f[7] == "PPLW"; gone {
			continue // historical, abandoned or destroyed
		}
		p := &place{country: f[8], admin1: f[10], admin2: f[11], name: f[1]}
		if p.people, err = strconv.Atoi(f[14]); err != nil {
			return nil, err
		}
		if err := p.locate(f[4], f[5]); err != nil {
			return nil, err
		}
		if p.keys = keysOf(p.country, slices.Concat([]string{f[1], f[2]}, strings.Split(f[3], ","))...); p.keys != nil {
			places = append(places, p)
		}
	}
	return places, nil
}

func (p *place) locate(lat, lon string) (err error) {
	if p.lat, err = strconv.ParseFloat(lat, 64); err != nil {
		return err
	}
	p.lon, err = strconv.ParseFloat(lon, 64)
	p.located = true
	return err
}

// far tells whether two records of one name are of two places.
func (p *place) far(q *place) bool { return p.distance(q) > 20 }

// distance is in kilometres, for short ones.
func (p *place) distance(q *place) float64 {
	dy, dx := p.lat-q.lat, (p.lon-q.lon)*math.Cos(p.lat*math.Pi/180)
	return math.Hypot(dx, dy) * 111.2
}

// keysOf folds a main name and the others that people of the country may use.
func keysOf(country string, names ...string) (keys []string) {
	for i, name := range names {
		if i > 0 && !usual(country, name) {
			continue
		}
		if key := gazetteer.Fold(name); key != "" && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys
}
