package roster

import (
	"cmp"
	"slices"
	"strings"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/acme/customers/internal/rule"
)

// Facet is a field whose values are counted. Its name is the field's path
// without the customer: status, profile.language, consents.marketing.
type Facet struct {
	Name  string
	Field rule.Ref
}

// Count is how many have a value.
type Count struct {
	Value string `json:"value"`
	Count int64  `json:"count"`
}

// maxCounts is how many values of a facet are told, the most frequent.
const maxCounts = 50

// ParseFacet finds a field whose values can be counted: words and lists of them.
func ParseFacet(name string) (Facet, bool) {
	for _, f := range rule.Vocabulary() {
		path := strings.TrimPrefix(f.Path, "customer.")
		switch {
		case path == name && (f.Kind == rule.Text || f.Kind == rule.Texts):
			return Facet{name, rule.Ref{ID: f.ID}}, true
		case f.Kind == rule.Consent && strings.HasPrefix(name, path+"."):
			return Facet{name, rule.Ref{ID: f.ID, Key: name[len(path)+1:]}}, true
		}
	}
	return Facet{}, false
}

func (r *Roster) count(facets []Facet, matched *roaring.Bitmap) map[string][]Count {
	if len(facets) == 0 {
		return nil
	}
	out := map[string][]Count{}
	for _, f := range facets {
		counts := r.counted(f.Field, matched)
		slices.SortFunc(counts, func(a, b Count) int { return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Value, b.Value)) })
		out[f.Name] = counts[:min(len(counts), maxCounts)]
	}
	return out
}

// fewMatched is below how many matches each is asked for its words, rather than
// each word for those who match.
const fewMatched = 20_000

func (r *Roster) counted(f rule.Ref, matched *roaring.Bitmap) []Count {
	counts := []Count{}
	column, isWord := textColumns[f.ID]
	if !isWord || matched.GetCardinality() >= fewMatched {
		r.values(f, func(value string, who *roaring.Bitmap) {
			if n := who.AndCardinality(matched); n > 0 {
				counts = append(counts, Count{value, int64(n)})
			}
		})
		return counts
	}
	w := r.words[column]
	for number, n := range w.times(matched) {
		if number != 0 && n > 0 {
			counts = append(counts, Count{w.names[number], n})
		}
	}
	return counts
}

// values calls with every value of a field and who has it.
func (r *Roster) values(f rule.Ref, yield func(string, *roaring.Bitmap)) {
	switch f.ID {
	case rule.Tags:
		for tag, who := range r.tags.who {
			yield(tag, who)
		}
	case rule.Segments:
		for key, m := range r.segments.keys {
			yield(key, m.seen)
		}
	case rule.Consents:
		if w := r.elsewhere.consents[f.Key]; w != nil {
			w.each(yield)
		}
	default:
		r.words[textColumns[f.ID]].each(yield)
	}
}
