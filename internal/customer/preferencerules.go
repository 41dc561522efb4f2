package customer

import (
	"fmt"
	"maps"
	"slices"

	"golang.org/x/text/language"
)

// Check refuses what cannot be meant: a default that no customer could choose,
// a country or a topic that is none.
func (r *PreferenceRules) Check() error {
	for i := range r.Topics {
		if t := &r.Topics[i]; !isTopicName(t.Name) || r.Topic(t.Name) != t {
			return fmt.Errorf("topic %d has no name of up to 50 letters and digits, or the name of another", i+1)
		}
	}
	for i := range r.Defaults {
		if err := r.checkDefault(&r.Defaults[i]); err != nil {
			return fmt.Errorf("default %d: %w", i+1, err)
		}
	}
	return nil
}

func (r *PreferenceRules) checkDefault(d *Default) error {
	for _, c := range d.Countries {
		if region, err := language.ParseRegion(c); err != nil || !region.IsCountry() || region.String() != c {
			return fmt.Errorf("%q is no country of ISO 3166-1", c)
		}
	}
	for _, t := range d.Types {
		if t != Individual && t != Business {
			return fmt.Errorf("%q is no type of customer", t)
		}
	}
	var p problems
	for _, path := range slices.Sorted(maps.Keys(d.Values)) {
		if d.Values[path] == nil {
			return fmt.Errorf("%s has no value", path)
		}
		d.Values[path] = p.preference(path, d.Values[path], r)
		if len(p) > 0 {
			return fmt.Errorf("%s: %s", path, p[0].Msg)
		}
	}
	if p.quietHours(nil, d.Values); len(p) > 0 {
		return fmt.Errorf("%s: %s", p[0].Pointer, p[0].Msg)
	}
	return nil
}

// isTopicName: a name is part of a path, and of the paths of an API.
func isTopicName(s string) bool {
	if s == "" || len(s) > 50 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' && c != '-' {
			return false
		}
	}
	return true
}
