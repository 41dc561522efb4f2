package address

import (
	"slices"

	"github.com/acme/customers/internal/address/gazetteer"
)

// geonames is the source of positions from the tables.
const geonames = "geonames"

// places holds city and state against what is known of the postal code, and
// the city against the places of the country. That something is not found says
// little: codes are new and villages small.
func (r *Report) places(f *Format) {
	a := &r.Address
	if a.PostalCode != "" && !r.failed(CheckPostalCode) && gazetteer.Covers(a.Country) {
		r.atPostalCode(f, gazetteer.PostalCode(a.Country, a.PostalCode))
	}
	if a.City == "" || r.has(CheckCity) {
		return
	}
	spots := r.inState(f, gazetteer.Places(a.Country, a.City))
	if len(spots) > 0 {
		r.add(CheckCity, "city", Passed, "")
	} else {
		r.add(CheckCity, "city", Unknown, "")
	}
}

// atPostalCode: a code is in one state, which is certain, and has a name that
// its mail carries. Other names are in use, so another city is at most a
// suggestion, and none where the city is in the same state, too.
func (r *Report) atPostalCode(f *Format, spots []gazetteer.Spot) {
	a := &r.Address
	if len(spots) == 0 {
		return
	}
	if area := f.Area(a.State); a.State != "" && area != nil && spots[0].Area != "" && !r.has(CheckPostalCodeState) {
		if spots[0].Area == area.Key {
			r.add(CheckPostalCodeState, "postalCode", Passed, "")
		} else {
			r.add(CheckPostalCodeState, "postalCode", Failed, "postal_code_elsewhere")
		}
	}
	if a.City == "" || r.failed(CheckPostalCodeState) {
		return
	}
	city := gazetteer.Fold(a.City)
	switch {
	case slices.ContainsFunc(spots, func(s gazetteer.Spot) bool { return gazetteer.Fold(s.Name) == city }):
		r.add(CheckPostalCodeCity, "city", Passed, "")
	case len(r.inState(f, gazetteer.Places(a.Country, a.City))) > 0:
		r.add(CheckPostalCodeCity, "city", Unknown, "") // a neighbour, or another name of the same
	default:
		reason := ReasonPlace
		if nearly(city, gazetteer.Fold(spots[0].Name)) {
			reason = ReasonSpell
		}
		r.add(CheckPostalCodeCity, "city", Unknown, "")
		r.Corrections = append(r.Corrections, Correction{Field: "city", From: a.City, To: spots[0].Name, Reason: reason})
	}
}

// inState keeps the places in the address's state, where both are known.
func (r *Report) inState(f *Format, spots []gazetteer.Spot) []gazetteer.Spot {
	area := f.Area(r.Address.State)
	if r.Address.State == "" || area == nil {
		return spots
	}
	return slices.DeleteFunc(slices.Clone(spots), func(s gazetteer.Spot) bool { return s.Area != "" && s.Area != area.Key })
}

// nearly tells whether two names differ by a letter or two.
func nearly(a, b string) bool {
	x, y := []rune(a), []rune(b)
	if len(x) > 60 || len(y) > 60 || len(x) < 4 || len(y) < 4 {
		return false
	}
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j := range y {
			cost := diagonal
			if x[i] != y[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(y)] <= 2
}

// locate finds where the address is: as given, else in the middle of its
// postal code, else of its city, where there is just one of the name.
func (r *Report) locate(f *Format, at *Coordinates) {
	a := &r.Address
	if at != nil {
		r.Coordinates = at
		return
	}
	if !r.failed(CheckPostalCode) && !r.failed(CheckPostalCodeState) {
		if spots := gazetteer.PostalCode(a.Country, a.PostalCode); len(spots) > 0 && spots[0].Located() {
			r.Coordinates = position(spots[0], Postcode)
			return
		}
	}
	spots := r.inState(f, gazetteer.Places(a.Country, a.City))
	if len(spots) == 1 || len(spots) > 1 && f.Areas == nil && within(spots, 20) {
		r.Coordinates = position(spots[0], Place)
	}
}

func position(s gazetteer.Spot, p Precision) *Coordinates {
	return &Coordinates{Latitude: s.Latitude, Longitude: s.Longitude, Precision: p, Source: geonames}
}

// within tells whether all places are within about so many kilometres of the
// first: then they are parts of one.
func within(spots []gazetteer.Spot, km float64) bool {
	const degree = 111.0 // kilometres of a degree of latitude; one of longitude has fewer
	return !slices.ContainsFunc(spots, func(s gazetteer.Spot) bool {
		north, east := (s.Latitude-spots[0].Latitude)*degree, (s.Longitude-spots[0].Longitude)*degree
		return north*north+east*east > km*km
	})
}
