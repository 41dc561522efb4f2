package google

import (
	"slices"
	"strings"

	"github.com/acme/customers/internal/address"
)

// types gives the field of Address that a component belongs to. Types that
// belong to none (a county, a point of interest) are not here.
var types = map[string]string{
	"street_address": "street", "street_number": "street", "route": "street", "premise": "street",
	"subpremise": "street", "floor": "street", "room": "street", "post_box": "street",
	"neighborhood": "dependentLocality", "sublocality": "dependentLocality",
	"sublocality_level_1": "dependentLocality", "sublocality_level_2": "dependentLocality",
	"locality": "city", "postal_town": "city", "administrative_area_level_1": "state",
	"postal_code": "postalCode", "postal_code_suffix": "postalCode", "country": "country",
}

// optional are types without which mail still arrives at the building.
var optional = []string{"subpremise", "floor", "room", "postal_code_suffix",
	"neighborhood", "sublocality", "sublocality_level_1", "sublocality_level_2"}

// order is the order in which fields are reported: all that an answer can be
// about, by their JSON names in Address.
var order = []string{"street", "dependentLocality", "city", "state", "postalCode", "country"}

func required(componentType string) bool {
	return types[componentType] != "" && !slices.Contains(optional, componentType)
}

// text is one field of a postal address; the lines of a street are joined by a
// line feed.
func (p postalAddress) text(field string) string {
	switch field {
	case "street":
		return strings.Join(p.AddressLines, "\n")
	case "dependentLocality":
		return p.Sublocality
	case "city":
		return p.Locality
	case "state":
		return p.AdministrativeArea
	case "postalCode":
		return p.PostalCode
	case "country":
		return p.RegionCode
	}
	return ""
}

// judge gives the verdict. Google's own word for a doubtful address is a next
// action, for a form that can ask back; here nobody can be asked:
//   - invalid: a required part is suspicious, or nothing below the city was
//     found and Google says FIX;
//   - corrected: complete and confirmed with the corrections;
//   - valid: complete and confirmed as it is;
//   - unverifiable: anything else, a changed part that is no field included.
func judge(v verdict, loc location, corrections []address.Correction) address.Verdict {
	for _, c := range loc.Components {
		if c.Level == suspicious && required(c.Type) {
			return address.Invalid
		}
	}
	if v.ValidationGranularity == "OTHER" && v.PossibleNextAction == "FIX" {
		return address.Invalid
	}
	doubtful := slices.ContainsFunc(loc.Components, func(c component) bool { return c.Level != confirmed })
	switch {
	case !v.AddressComplete || v.HasUnconfirmed || doubtful || len(loc.Missing)+len(loc.Unconfirmed)+len(loc.Unresolved) > 0:
		return address.Unverifiable
	case len(corrections) > 0:
		return address.Corrected
	case v.HasReplaced || v.HasSpellCorrected:
		return address.Unverifiable
	}
	return address.Valid
}

// corrections are the fields of which a component was changed and whose text
// differs: one for each, with the strongest of the reasons.
func corrections(loc location, a address.Address) (list []address.Correction) {
	given := postalAddress{RegionCode: a.Country, AddressLines: a.Street, AdministrativeArea: a.State, Locality: a.City,
		Sublocality: a.DependentLocality, PostalCode: a.PostalCode}
	for _, field := range order {
		reason := reasonOf(loc.Components, field)
		from, to := given.text(field), loc.Postal.text(field)
		if reason != "" && to != "" && to != from {
			list = append(list, address.Correction{Field: field, From: from, To: to, Reason: reason})
		}
	}
	return list
}

func reasonOf(components []component, field string) (reason string) {
	for _, c := range components {
		switch {
		case types[c.Type] != field:
		case c.Replaced:
			return "replaced"
		case c.SpellCorrected:
			reason = "spelling"
		case c.Inferred && reason == "":
			reason = "inferred"
		}
	}
	return reason
}

// checks reports each field that a component speaks of, what is missing, and
// whether anything was not understood.
func checks(loc location) (list []address.Check) {
	for _, field := range order {
		if c, ok := worst(loc.Components, field); ok {
			list = append(list, c)
		}
		if slices.ContainsFunc(loc.Missing, func(t string) bool { return types[t] == field }) {
			list = append(list, address.Check{Name: "component_present", Field: field, Outcome: address.Failed, Code: "component_missing"})
		}
	}
	if len(loc.Unresolved) > 0 {
		list = append(list, address.Check{Name: "text_understood", Outcome: address.Failed, Code: "text_unresolved"})
	}
	return list
}

// worst gives the worst that is said of a field's components.
func worst(components []component, field string) (check address.Check, ok bool) {
	check = address.Check{Name: "component_confirmed", Field: field, Outcome: address.Passed}
	for _, c := range components {
		if types[c.Type] != field {
			continue
		}
		ok = true
		switch {
		case c.Level == suspicious:
			check.Outcome, check.Code = address.Failed, "component_suspicious"
			return check, true
		case c.Unexpected:
			check.Outcome, check.Code = address.Failed, "component_unexpected"
		case c.Level != confirmed && check.Outcome == address.Passed:
			check.Outcome, check.Code = address.Unknown, "component_unconfirmed"
		}
	}
	return check, ok
}
