package contract

import (
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/acme/customers/internal/address"
	"github.com/acme/customers/internal/outbound"
)

// What an answer may have at most.
const (
	maxText    = 500 // bytes of a correction
	maxCode    = 64  // bytes of a name or code
	maxEntries = 50  // checks, and corrections
)

type answer struct {
	Verdict     address.Verdict `json:"verdict"`
	Checks      []address.Check `json:"checks"`
	Corrections []correction    `json:"corrections"`
	Coordinates *coordinates    `json:"coordinates"`
}

type correction struct {
	Field  string `json:"field"`
	To     string `json:"to"`
	Reason string `json:"reason"`
}

// coordinates tells zero from absent: 0, 0 is a place nobody means.
type coordinates struct {
	Latitude  *float64          `json:"latitude"`
	Longitude *float64          `json:"longitude"`
	Precision address.Precision `json:"precision"`
}

var (
	verdicts   = []address.Verdict{address.Valid, address.Corrected, address.Invalid, address.Unverifiable}
	outcomes   = []address.Outcome{address.Passed, address.Failed, address.Unknown}
	reasons    = []string{"case", "format", "code", "spelling", "replaced", "inferred"}
	precisions = []address.Precision{address.Rooftop, address.Postcode, address.Place} // not "provided": that is the customer's
)

// decode reads an answer about a. What is wrong with it is told by a constant.
func decode(body []byte, a address.Address, source string) (address.Opinion, error) {
	var got answer
	if err := json.Unmarshal(body, &got); err != nil { // it would repeat the body
		return address.Opinion{}, outbound.Unreadable("not_json")
	}
	if wrong := got.wrong(); wrong != "" {
		return address.Opinion{}, outbound.Unreadable(wrong)
	}
	o := address.Opinion{Verdict: got.Verdict, Checks: got.Checks}
	for _, c := range got.Corrections {
		from, _ := textOf(a, c.Field)
		o.Corrections = append(o.Corrections, address.Correction{Field: c.Field, From: from, To: c.To, Reason: c.Reason})
	}
	if at := got.Coordinates; at != nil {
		o.Coordinates = &address.Coordinates{Latitude: *at.Latitude, Longitude: *at.Longitude, Precision: at.Precision, Source: source}
	}
	return o, nil
}

// wrong names the first rule that an answer breaks, "" when it breaks none.
func (a answer) wrong() string {
	switch {
	case !slices.Contains(verdicts, a.Verdict):
		return "unknown_verdict"
	case len(a.Checks) > maxEntries || len(a.Corrections) > maxEntries:
		return "too_many_entries"
	case a.Verdict == address.Corrected && len(a.Corrections) == 0:
		return "corrected_without_corrections"
	}
	for _, c := range a.Checks {
		if wrong := wrongCheck(c); wrong != "" {
			return wrong
		}
	}
	for _, c := range a.Corrections {
		if wrong := c.wrong(); wrong != "" {
			return wrong
		}
	}
	if a.Coordinates != nil {
		return a.Coordinates.wrong()
	}
	return ""
}

func wrongCheck(c address.Check) string {
	_, known := textOf(address.Address{}, c.Field)
	switch {
	case !isCode(c.Name):
		return "check_name"
	case c.Field != "" && !known:
		return "check_field"
	case !slices.Contains(outcomes, c.Outcome):
		return "check_outcome"
	case c.Code != "" && !isCode(c.Code):
		return "check_code"
	}
	return ""
}

func (c correction) wrong() string {
	_, known := textOf(address.Address{}, c.Field)
	switch {
	case !known:
		return "correction_field"
	case c.To == "" || !outbound.Text(c.To, maxText, c.Field == "street"):
		return "correction_text"
	case c.Field == "country" && (len(c.To) != 2 || strings.Trim(c.To, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != ""):
		return "correction_country"
	case !slices.Contains(reasons, c.Reason):
		return "correction_reason"
	}
	return ""
}

func (c coordinates) wrong() string {
	switch {
	case c.Latitude == nil || c.Longitude == nil:
		return "coordinates_incomplete"
	case *c.Latitude < -90 || *c.Latitude > 90 || *c.Longitude < -180 || *c.Longitude > 180: // JSON has no NaN
		return "coordinates_range"
	case !slices.Contains(precisions, c.Precision):
		return "coordinates_precision"
	}
	return ""
}

// textOf is one field of what was sent, by its JSON name; the lines of a street
// are joined by a line feed. Recipient and company are not sent: no answer can
// be about them.
func textOf(a address.Address, field string) (text string, known bool) {
	switch field {
	case "street":
		return strings.Join(a.Street, "\n"), true
	case "dependentLocality":
		return a.DependentLocality, true
	case "city":
		return a.City, true
	case "state":
		return a.State, true
	case "postalCode":
		return a.PostalCode, true
	case "sortingCode":
		return a.SortingCode, true
	case "country":
		return a.Country, true
	}
	return "", false
}

// isCode reports whether text is [a-z0-9_]{1,64}.
func isCode(text string) bool {
	return text != "" && len(text) <= maxCode && strings.Trim(text, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}
