// Package gazetteer knows where places and postal codes are and which
// administrative area they belong to, from open data (GeoNames, the US Census
// Bureau; see NOTICE). Everything is in the program: it reads no network and no
// disk. A country is decoded when it is first asked for, in a few milliseconds,
// and then stays in memory.
//
// It promises no completeness: a place of fewer than 500 people may well be
// missing, and so may a code that is younger than the data. That a name is not
// found says little; where it is found says much.
package gazetteer

import (
	_ "embed"
	"sync"
)

//go:generate go run ./gen

//go:embed places.bin
var placesData []byte

//go:embed postal.bin
var postalData []byte

var (
	places = sync.OnceValue(func() *file { return mustOpen("places.bin", placesData) })
	codes  = sync.OnceValue(func() *file { return mustOpen("postal.bin", postalData) })
)

// Spot is a place and its middle (WGS 84, degrees, to about 10 metres).
type Spot struct {
	// Name is what GeoNames calls the place: often, but not always, what its
	// people write ("Zürich", but "Munich"). Whoever was found under another
	// name has not misspelt it.
	Name string
	// Area is the key of the administrative area as in Google's address
	// metadata, which is what an address holds as its state: "CA", "NSW",
	// "東京都". It is "" where the country has none there, or none is certain.
	Area                string
	Latitude, Longitude float64
}

// Located tells whether the position is known. It is not for a few postal
// codes (those of armed forces abroad, for one): both coordinates are 0 there.
func (s Spot) Located() bool { return s.Latitude != 0 || s.Longitude != 0 }

// Places finds the places of a country (ISO 3166-1 alpha-2) by name, folded:
// by the main name or by another one, in Latin letters or in those of the
// country ("München", "Munich", "東京"). Several when the name is not unique,
// those with most people first; nil when it is not known.
func Places(country, name string) []Spot {
	return places().find(country, Fold(name))
}
