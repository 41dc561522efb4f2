package rule

import (
	"cmp"
	"slices"
)

// Source is the rule as it was written.
func (r *Rule) Source() string { return r.source }

// Clocks lists its comparisons with now, each once.
func (r *Rule) Clocks() []Clock { return slices.Clone(r.clocks) }

// Refs lists the fields that it mentions, by key where they are kept by key; a
// segment is the key of customer.segments.
func (r *Rule) Refs() []Ref { return slices.Clone(r.refs) }

// Fields lists the fields that it mentions, in the order of the vocabulary.
func (r *Rule) Fields() []Field {
	var out []Field
	for _, ref := range r.refs {
		if len(out) == 0 || out[len(out)-1].ID != ref.ID {
			out = append(out, ref.Field())
		}
	}
	return out
}

// Groups lists the permission groups of its fields. Who may not see one of
// them may not filter by the rule: whom it selects tells what they hold.
func (r *Rule) Groups() (groups []string) {
	for _, f := range r.Fields() {
		groups = append(groups, f.Group)
	}
	slices.Sort(groups)
	return slices.Compact(groups)
}

// Segments lists the segments that it depends on.
func (r *Rule) Segments() (keys []string) {
	for _, ref := range r.refs {
		if ref.ID == Segments {
			keys = append(keys, ref.Key)
		}
	}
	return keys
}

func compareRefs(a, b Ref) int { return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Key, b.Key)) }
