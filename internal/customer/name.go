package customer

import (
	"slices"
	"strings"
)

// Name is a person's name. People with a single name have only Given or only
// Family. Every part is at most 100 characters.
type Name struct {
	Given     string `json:"given,omitempty"     class:"personal"`
	Middle    string `json:"middle,omitempty"    class:"personal"`
	Family    string `json:"family,omitempty"    class:"personal"`
	Prefix    string `json:"prefix,omitempty"    class:"personal"`
	Suffix    string `json:"suffix,omitempty"    class:"personal"`
	Preferred string `json:"preferred,omitempty" class:"personal"`
}

// NamePatch changes parts of a name: nil keeps a part, "" clears it.
type NamePatch struct{ Given, Middle, Family, Prefix, Suffix, Preferred *string }

const maxNamePart = 100

// check normalises a name. A name that is given at all needs a given or a
// family name: a prefix alone addresses nobody.
func (n Name) check(p *problems) Name {
	for _, part := range []struct {
		pointer string
		value   *string
	}{
		{"/name/given", &n.Given}, {"/name/middle", &n.Middle}, {"/name/family", &n.Family},
		{"/name/prefix", &n.Prefix}, {"/name/suffix", &n.Suffix}, {"/name/preferred", &n.Preferred},
	} {
		*part.value = p.text(part.pointer, *part.value, maxNamePart)
	}
	if n != (Name{}) && n.Given == "" && n.Family == "" {
		p.add("/name", "name_incomplete", "a name needs a given or a family name")
	}
	return n
}

func (patch NamePatch) apply(n Name) Name {
	set(&n.Given, patch.Given)
	set(&n.Middle, patch.Middle)
	set(&n.Family, patch.Family)
	set(&n.Prefix, patch.Prefix)
	set(&n.Suffix, patch.Suffix)
	set(&n.Preferred, patch.Preferred)
	return n
}

// maxFormer is how many former names a customer is found by.
const maxFormer = 10

// rename keeps the name before, which people go on asking for: somebody who
// married, or was written wrongly.
func (s *State) rename(name Name) {
	before := Name{Given: s.Name.Given, Middle: s.Name.Middle, Family: s.Name.Family}
	s.Name = name
	now := Name{Given: name.Given, Middle: name.Middle, Family: name.Family}
	if before == (Name{}) || before == now {
		return
	}
	former := slices.DeleteFunc(slices.Clone(s.Internal.FormerNames), func(n Name) bool { return n == before || n == now })
	former = append(former, before)
	s.Internal.FormerNames = former[max(0, len(former)-maxFormer):]
}

// Full is the name as one text.
func (n *Name) Full() string {
	return strings.Join(slices.DeleteFunc([]string{n.Prefix, n.Given, n.Middle, n.Family, n.Suffix}, func(part string) bool { return part == "" }), " ")
}

func set[T any](dst, src *T) {
	if src != nil {
		*dst = *src
	}
}
