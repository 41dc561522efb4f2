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
	known := gazetteer.Places(a.Country, a.City)
	switch {
	case len(r.inState(f, known)) > 0:
		r.add(CheckCity, "city", Passed, "")
	case len(known) > 0:
		r.add(CheckCity, "city", Unknown, "city_elsewhere") // known in other states alone
	default:
		r.add(CheckCity, "city", Unknown, "")
	}
}

// atPostalCode: a code has a name that its mail carries. Other names are in use,
// so that another city is at most a suggestion, and none where the city is near.
func (r *Report) atPostalCode(f *Format, spots []gazetteer.Spot) {
	a := &r.Address
	if len(spots) == 0 {
		return
	}
	if a.City == "" || r.failed(CheckPostalCodeState) {
		return
	}
	city := gazetteer.Fold(a.City)
	switch {
	case slices.ContainsFunc(spots, func(s gazetteer.Spot) bool { return gazetteer.Fold(s.Name) == city }):
		r.add(CheckPostalCodeCity, "city", Passed, "")
	case r.cityIsNear(f, spots):
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

// cityIsNear tells whether the city is known in the address's state and, where
// the position of the postal code is known, within a day's drive of a postman.
func (r *Report) cityIsNear(f *Format, code []gazetteer.Spot) bool {
	const near = 60 // kilometres
	places := r.inState(f, gazetteer.Places(r.Address.Country, r.Address.City))
	if len(code) == 0 || !code[0].Located() {
		return len(places) > 0
	}
	return slices.ContainsFunc(places, func(s gazetteer.Spot) bool { return within([]gazetteer.Spot{code[0], s}, near) })
}

// cityAgrees gives the state in which city and postal code agree with each
// other, "" when there is none: then it is the state that does not fit.
func (r *Report) cityAgrees(f *Format, code []gazetteer.Spot) string {
	a := &r.Address
	if len(code) > 0 && code[0].Area != "" && gazetteer.Fold(code[0].Name) == gazetteer.Fold(a.City) {
		return code[0].Area
	}
	for _, s := range gazetteer.Places(a.Country, a.City) {
		if area := f.Area(s.Area); area != nil && area.begins.known() && area.begins.of(a.PostalCode) {
			return s.Area
		}
	}
	return ""
}

// inferState fills in the state where the country wants one and there is just
// one place of the city's name: people of Barcelona leave out the province.
func (r *Report) inferState(f *Format) {
	a := &r.Address
	if a.State != "" || a.City == "" || f.Required&fieldState == 0 {
		return
	}
	spots := gazetteer.Places(a.Country, a.City)
	if len(spots) == 0 || spots[0].Area == "" {
		return
	}
	for _, s := range spots {
		if s.Area != spots[0].Area {
			return
		}
	}
	a.State = spots[0].Area
	r.Corrections = append(r.Corrections, Correction{Field: "state", To: a.State, Reason: ReasonInferred, Applied: true})
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
