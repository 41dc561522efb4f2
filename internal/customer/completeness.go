package customer

import (
	"fmt"
	"slices"
)

// Weights say how much each part counts towards a complete profile. Keys are
// names from completenessFields; a part without a weight does not count.
type Weights map[string]int

type completenessField struct {
	name string
	has  func(*State) bool
}

// completenessFields are the parts that can be weighed, in the order in which
// missing ones are listed.
var completenessFields = []completenessField{
	{"name", func(s *State) bool { return s.Name.Given != "" || s.Name.Family != "" }},
	{"email", func(s *State) bool { return s.Email.Address != "" }},
	{"email.verified", func(s *State) bool { return s.Email.Verified }},
	{"phone", func(s *State) bool { return s.Phone.Number != "" }},
	{"phone.verified", func(s *State) bool { return s.Phone.Verified }},
	{"profile.dateOfBirth", func(s *State) bool { return s.Profile.DateOfBirth != "" }},
	{"profile.gender", func(s *State) bool { return s.Profile.Gender != "" }},
	{"profile.locale", func(s *State) bool { return s.Profile.Locale != "" }},
	{"profile.timezone", func(s *State) bool { return s.Profile.Timezone != "" }},
	{"profile.currency", func(s *State) bool { return s.Profile.Currency != "" }},
	{"addresses", func(s *State) bool { return len(s.Addresses) > 0 }},
}

// DefaultWeights count the core profile; gender is nobody's duty to
// tell, and an address is asked for when there is something to send.
func DefaultWeights() Weights {
	return Weights{"name": 20, "email": 20, "email.verified": 15, "phone": 15, "phone.verified": 5,
		"profile.dateOfBirth": 5, "profile.locale": 10, "profile.timezone": 5, "profile.currency": 5}
}

// Check refuses unknown parts and weights that add up to nothing.
func (w Weights) Check() error {
	total := 0
	for name, weight := range w {
		if weight < 0 {
			return fmt.Errorf("the weight of %q is negative", name)
		}
		if !slices.ContainsFunc(completenessFields, func(f completenessField) bool { return f.name == name }) {
			return fmt.Errorf("%q is not a part that can be weighed", name)
		}
		total += weight
	}
	if total == 0 {
		return fmt.Errorf("the weights add up to nothing")
	}
	return nil
}

// Everything counts every part.
func Everything(string) bool { return true }

// Completeness is the score 0-100, rounded down, and what is missing for 100,
// over the parts that counts picks: a score that counts what a reader may not
// see would tell of it.
func (s *State) Completeness(w Weights, counts func(part string) bool) (score int, missing []string) {
	have, total := 0, 0
	for _, f := range completenessFields {
		weight := w[f.name]
		if weight == 0 || !counts(f.name) {
			continue
		}
		total += weight
		switch {
		case f.has(s):
			have += weight
		default:
			missing = append(missing, f.name)
		}
	}
	if total == 0 {
		return 0, missing
	}
	return 100 * have / total, missing
}
