package address

import (
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Why something was corrected.
const (
	ReasonCase     = "case"
	ReasonFormat   = "format"   // spaces, hyphens, a country's prefix
	ReasonCode     = "code"     // the area's key for its name
	ReasonSpell    = "spelling" // a letter or two
	ReasonInferred = "inferred" // left out, and there is just one that it can be
	ReasonPlace    = "place"    // the postal code belongs to another place
	ReasonNotUsed  = "not_used" // the country's addresses have no such field
)

// Normalise gives the address with what is only a matter of form put right:
// Unicode (NFC), white space, the country's and the area's code, the postal
// code as the country writes it. Words stay as they were typed. It tells what
// it changed beyond white space.
func Normalise(a Address) (Address, []Correction) {
	out := a.clean()
	var fixed []Correction
	correct := func(field string, value *string, to, reason string) {
		if *value != to {
			fixed = append(fixed, Correction{Field: field, From: *value, To: to, Reason: reason, Applied: true})
			*value = to
		}
	}
	correct("country", &out.Country, strings.ToUpper(out.Country), ReasonCase)
	f := FormatOf(out.Country)
	if f == nil {
		return out, fixed
	}
	code, reason := f.tidyPostalCode(out.PostalCode)
	correct("postalCode", &out.PostalCode, code, reason)
	areas := level{f.Areas, f.byName}
	for _, part := range []struct {
		field string
		value *string
	}{{"state", &out.State}, {"city", &out.City}, {"dependentLocality", &out.DependentLocality}} {
		area := areas.find(*part.value)
		if area == nil {
			break
		}
		to := area.written(*part.value)
		correct(part.field, part.value, to, why(*part.value, to))
		areas = level{area.Areas, area.byName}
	}
	return out, fixed
}

type level struct {
	areas  []*Area
	byName map[string]*Area
}

func (l level) find(name string) *Area {
	if name == "" {
		return nil
	}
	return l.byName[fold(name)]
}

// written is how an address names the area: by its key, but in Latin script
// where it was given in it.
func (a *Area) written(given string) string {
	if a.Latin != "" && isLatin(given) && !isLatin(a.Key) {
		return a.Latin
	}
	return a.Key
}

// isLatin looks at the first letter that tells.
func isLatin(s string) bool {
	for _, r := range s {
		switch {
		case r >= 'A' && r <= 'Z', r >= 'a' && r <= 'z', r >= 0xC0 && r <= 0x24F:
			return true
		case r > 0x24F:
			return false
		}
	}
	return true
}

func why(from, to string) string {
	switch {
	case strings.EqualFold(from, to):
		return ReasonCase
	case fold(from) == fold(to):
		return ReasonSpell
	}
	return ReasonCode
}

// clean normalises each text by itself. Empty lines of the street are dropped.
func (a Address) clean() Address {
	for _, s := range []*string{&a.Recipient, &a.Company, &a.DependentLocality, &a.City, &a.State, &a.PostalCode, &a.SortingCode, &a.Country} {
		*s = tidy(*s)
	}
	lines := make([]string, 0, len(a.Street))
	for _, line := range a.Street {
		if line = tidy(line); line != "" {
			lines = append(lines, line)
		}
	}
	a.Street = slices.Clip(lines)
	if len(lines) == 0 {
		a.Street = nil
	}
	return a
}

func tidy(s string) string {
	return strings.Join(strings.Fields(norm.NFC.String(s)), " ")
}
