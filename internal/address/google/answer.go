package google

import (
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/acme/customers/internal/address"
	"github.com/acme/customers/internal/outbound"
)

// What an answer may have at most: nothing else is kept with a customer.
const (
	maxText  = 500 // bytes
	maxParts = 50  // components, lines, types
)

// answer is what is read of the response. Fields and enumeration values that
// Google adds later are ignored, as its compatibility rules ask.
type answer struct {
	Result *struct {
		Verdict verdict  `json:"verdict"`
		Address location `json:"address"`
		Geocode struct {
			Location *struct {
				Latitude  float64 `json:"latitude"`
				Longitude float64 `json:"longitude"`
			} `json:"location"`
		} `json:"geocode"`
	} `json:"result"`
}

// verdict is the message Verdict. A field that is false is not in the JSON.
type verdict struct {
	ValidationGranularity string `json:"validationGranularity"`
	GeocodeGranularity    string `json:"geocodeGranularity"`
	AddressComplete       bool   `json:"addressComplete"`
	HasUnconfirmed        bool   `json:"hasUnconfirmedComponents"`
	HasReplaced           bool   `json:"hasReplacedComponents"`
	HasSpellCorrected     bool   `json:"hasSpellCorrectedComponents"`
	PossibleNextAction    string `json:"possibleNextAction"`
}

// location is the message Address, without the texts that the postal address
// has too.
type location struct {
	Postal      postalAddress `json:"postalAddress"`
	Components  []component   `json:"addressComponents"`
	Missing     []string      `json:"missingComponentTypes"`
	Unconfirmed []string      `json:"unconfirmedComponentTypes"`
	Unresolved  []string      `json:"unresolvedTokens"`
}

// component is the message AddressComponent.
type component struct {
	Type           string `json:"componentType"`
	Level          string `json:"confirmationLevel"`
	Inferred       bool   `json:"inferred"`
	Replaced       bool   `json:"replaced"`
	SpellCorrected bool   `json:"spellCorrected"`
	Unexpected     bool   `json:"unexpected"`
}

// The levels of confirmation; between them is UNCONFIRMED_BUT_PLAUSIBLE.
const (
	confirmed  = "CONFIRMED"
	suspicious = "UNCONFIRMED_AND_SUSPICIOUS"
)

// decode reads an answer about a. What is wrong with it is told by a constant.
func decode(body []byte, a address.Address) (address.Opinion, error) {
	var got answer
	if err := json.Unmarshal(body, &got); err != nil { // it would repeat the body
		return address.Opinion{}, outbound.Unreadable("not_json")
	}
	if got.Result == nil {
		return address.Opinion{}, outbound.Unreadable("no_result")
	}
	loc, v := got.Result.Address, got.Result.Verdict
	if !loc.bounded() {
		return address.Opinion{}, outbound.Unreadable("out_of_bounds")
	}
	o := address.Opinion{Checks: checks(loc), Corrections: corrections(loc, a)}
	o.Verdict = judge(v, loc, o.Corrections)
	if at := got.Result.Geocode.Location; at != nil {
		if at.Latitude < -90 || at.Latitude > 90 || at.Longitude < -180 || at.Longitude > 180 {
			return address.Opinion{}, outbound.Unreadable("coordinates")
		}
		if at.Latitude != 0 || at.Longitude != 0 { // an empty location, not a place in the Atlantic
			o.Coordinates = &address.Coordinates{Latitude: at.Latitude, Longitude: at.Longitude,
				Precision: precision(v.GeocodeGranularity), Source: Name}
		}
	}
	return o, nil
}

func (l location) bounded() bool {
	p := l.Postal
	if max(len(l.Components), len(l.Missing), len(l.Unconfirmed), len(l.Unresolved), len(p.AddressLines)) > maxParts {
		return false
	}
	for _, field := range order {
		if !outbound.Text(p.text(field), maxText, field == "street") {
			return false
		}
	}
	country := p.RegionCode // ISO 3166-1 alpha-2 is its form, whatever the country
	return country == "" || len(country) == 2 && strings.Trim(country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// precision says what the position is of: Granularity is SUB_PREMISE, PREMISE,
// PREMISE_PROXIMITY, BLOCK, ROUTE or OTHER.
func precision(granularity string) address.Precision {
	switch granularity {
	case "SUB_PREMISE", "PREMISE":
		return address.Rooftop
	case "PREMISE_PROXIMITY", "BLOCK", "ROUTE":
		return address.Postcode
	}
	return address.Place
}
