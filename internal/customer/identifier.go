package customer

import (
	"regexp"
	"slices"
)

// Limits of a customer's identifiers and tags.
const (
	MaxExternalIDs = 20
	MaxTags        = 50
	maxIdentifier  = 128 // characters
	maxTag         = 50  // characters
)

var sourceName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]{0,31}$`)

// identifier checks an opaque id of another system; "" stays "".
func (p *problems) identifier(pointer, raw string) string { return p.text(pointer, raw, maxIdentifier) }

// externalIDs checks ids by source. Keys never appear in pointers.
func (p *problems) externalIDs(ids map[string]string) map[string]string {
	if len(ids) == 0 {
		return nil
	}
	if len(ids) > MaxExternalIDs {
		p.add("/externalIds", "too_many", "a customer has at most 20 external ids")
		return nil
	}
	out := make(map[string]string, len(ids))
	for source, id := range ids {
		if !sourceName.MatchString(source) {
			p.add("/externalIds", "invalid_source", "a source is a letter followed by at most 31 letters, digits, '.', '_' or '-'")
			continue
		}
		if out[source] = p.identifier("/externalIds/*", id); out[source] == "" {
			p.add("/externalIds/*", "empty", "the id is empty")
		}
	}
	return out
}

// tags normalises, sorts and removes duplicates.
func (p *problems) tags(raw []string) []string {
	if len(raw) > MaxTags {
		p.add("/tags", "too_many", "a customer has at most 50 tags")
		return nil
	}
	var out []string
	for _, t := range raw {
		if t = p.text("/tags/*", t, maxTag); t == "" {
			p.add("/tags/*", "empty", "a tag is empty")
			continue
		}
		out = append(out, t)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
