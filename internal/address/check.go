package address

import (
	"slices"
	"strings"
	"unicode"

	"github.com/acme/customers/internal/address/gazetteer"
)

// Report is what is known of an address, and the address as it should be
// stored.
type Report struct {
	Address     Address // with the corrections that were applied
	Verdict     Verdict
	Checks      []Check
	Corrections []Correction
	Coordinates *Coordinates // nil: nowhere known
	Provider    string       // whose opinion it is, "" for the tables alone
	Pending     bool         // the provider did not answer: ask again
}

// The checks, in their order.
const (
	CheckCountry         = "country"
	CheckRequired        = "required"
	CheckPostalCode      = "postal_code_format"
	CheckState           = "state"
	CheckPostalCodeState = "postal_code_state"
	CheckCity            = "city"
	CheckPostalCodeCity  = "postal_code_city"
	CheckProvider        = "provider"
)

// Offline checks an address against the tables alone. at is where the caller
// says that it is, or nil.
func Offline(a Address, at *Coordinates) Report {
	r := Report{}
	r.Address, r.Corrections = Normalise(a)
	f := FormatOf(r.Address.Country)
	if f == nil {
		r.add(CheckCountry, "country", Failed, "country_unknown")
		r.Verdict = Invalid
		return r
	}
	r.inferState(f)
	area := f.Area(r.Address.State)
	if r.Address.State == "" {
		area = nil
	}
	r.required(f, area)
	r.postalCode(f, area)
	r.areas(f, area)
	r.places(f)
	r.unused(f)
	r.locate(f, at)
	r.Verdict = r.judge()
	return r
}

func (r *Report) add(name, field string, outcome Outcome, code string) {
	r.Checks = append(r.Checks, Check{Name: name, Field: field, Outcome: outcome, Code: code})
}

// judge: one failure is enough; without anything that was really compared
// nothing is known.
func (r *Report) judge() Verdict {
	compared := false
	for _, c := range r.Checks {
		if c.Outcome == Failed {
			return Invalid
		}
		compared = compared || c.Outcome == Passed && c.Name != CheckRequired
	}
	switch {
	case !compared, r.doubtful():
		return Unverifiable
	case len(r.Corrections) > 0:
		return Corrected
	}
	return Valid
}

// doubtful: something does not fit, and it could be us who do not know.
func (r *Report) doubtful() bool {
	return slices.ContainsFunc(r.Checks, func(c Check) bool { return c.Outcome == Unknown && c.Code != "" }) ||
		slices.ContainsFunc(r.Corrections, func(c Correction) bool { return c.Reason == ReasonPlace })
}

func (r *Report) required(f *Format, area *Area) {
	need := f.Required
	if area != nil && area.required != 0 {
		need = area.required
	}
	missing := need &^ r.Address.filled()
	for _, field := range missing.Names() {
		r.add(CheckRequired, field, Failed, "missing")
	}
	if r.Address.City != "" && !named(r.Address.City) {
		r.add(CheckCity, "city", Failed, "city_invalid")
	}
	if missing == 0 {
		r.add(CheckRequired, "", Passed, "")
	}
}

// filled is the set of fields that have a value.
func (a *Address) filled() (f Fields) {
	for i, value := range []string{a.Recipient, a.Company, first(a.Street), a.DependentLocality, a.City, a.State, a.PostalCode, a.SortingCode} {
		if value != "" {
			f |= 1 << i
		}
	}
	return f
}

// named tells whether a text has a letter: a city does.
func named(s string) bool { return strings.ContainsFunc(s, unicode.IsLetter) }

func first(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return lines[0]
}

func (r *Report) postalCode(f *Format, area *Area) {
	code, pattern := r.Address.PostalCode, f.postalCode
	if area != nil && area.postalCode != nil {
		pattern = area.postalCode
	}
	switch {
	case code == "":
	case pattern == nil:
		if f.Used()&fieldPostalCode == 0 {
			return // said to be unused
		}
		r.add(CheckPostalCode, "postalCode", Unknown, "")
	case !pattern.MatchString(code):
		r.add(CheckPostalCode, "postalCode", Failed, "postal_code_invalid")
	default:
		r.add(CheckPostalCode, "postalCode", Passed, "")
	}
}

// areas follows state, city and dependent locality down the country's lists,
// and holds the postal code against each.
func (r *Report) areas(f *Format, area *Area) {
	a := &r.Address
	switch {
	case a.State == "" || len(f.Areas) == 0:
	case area != nil:
		r.add(CheckState, "state", Passed, "")
		r.ofState(f, area)
	case closed[f.Country]:
		r.add(CheckState, "state", Failed, "state_unknown")
	default:
		r.add(CheckState, "state", Unknown, "")
	}
	if area == nil || a.City == "" || len(area.Areas) == 0 {
		return
	}
	city := area.Area(a.City)
	if city == nil {
		return // the lists have no villages
	}
	r.add(CheckCity, "city", Passed, "")
	r.begins(CheckPostalCodeCity, city)
}

// ofState holds the postal code against the state. Borders are crossed by some
// routes, and lists are older than reforms: a city that is known in the state
// speaks for it, unless it is known to be far from where the code is.
func (r *Report) ofState(f *Format, area *Area) {
	a := &r.Address
	if a.PostalCode == "" || r.failed(CheckPostalCode) {
		return
	}
	spots := gazetteer.PostalCode(a.Country, a.PostalCode)
	listed := len(spots) > 0 && spots[0].Area != ""
	switch {
	case listed && spots[0].Area == area.Key, area.begins.known() && area.begins.of(a.PostalCode):
		r.add(CheckPostalCodeState, "postalCode", Passed, "")
	case !listed && !area.begins.known():
	case r.cityIsNear(f, spots):
		r.add(CheckPostalCodeState, "postalCode", Unknown, "postal_code_elsewhere")
	case r.cityAgrees(f, spots) != "":
		r.add(CheckPostalCodeState, "state", Unknown, "state_elsewhere")
		r.Corrections = append(r.Corrections, Correction{Field: "state", From: a.State, To: r.cityAgrees(f, spots), Reason: ReasonPlace})
	default:
		r.add(CheckPostalCodeState, "postalCode", Failed, "postal_code_elsewhere")
	}
}

func (r *Report) begins(name string, area *Area) {
	code := r.Address.PostalCode
	if code == "" || !area.begins.known() || r.failed(CheckPostalCode) {
		return
	}
	if area.begins.of(code) {
		r.add(name, "postalCode", Passed, "")
	} else {
		r.add(name, "postalCode", Failed, "postal_code_elsewhere")
	}
}

func (r *Report) failed(name string) bool {
	return slices.ContainsFunc(r.Checks, func(c Check) bool { return c.Name == name && c.Outcome == Failed })
}

func (r *Report) has(name string) bool {
	return slices.ContainsFunc(r.Checks, func(c Check) bool { return c.Name == name })
}

// unused suggests to leave out what the country's labels do not show.
func (r *Report) unused(f *Format) {
	a := &r.Address
	for field, value := range map[Fields]string{fieldDependentLocality: a.DependentLocality, fieldState: a.State,
		fieldPostalCode: a.PostalCode, fieldSortingCode: a.SortingCode} {
		if value != "" && f.Used()&field == 0 {
			r.Corrections = append(r.Corrections, Correction{Field: field.Names()[0], From: value, Reason: ReasonNotUsed})
		}
	}
	slices.SortStableFunc(r.Corrections, func(x, y Correction) int { return order(x.Field) - order(y.Field) })
}

func order(field string) int { return slices.Index(fieldNames, field) }

// Good reports whether the address can be delivered to, as far as is known.
func (r *Report) Good() bool { return r.Verdict == Valid || r.Verdict == Corrected }
