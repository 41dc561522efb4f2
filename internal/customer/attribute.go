package customer

import (
	"maps"
	"math"
	"regexp"
)

// Limits of custom attributes.
const (
	MaxAttributes     = 50
	maxAttributeValue = 1000    // characters
	maxExact          = 1 << 53 // from here on a float64 is not every integer (RFC 8259, 6)
)

var attributeKey = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]{0,63}$`)

// attributes checks typed values: a string, a number (float64, finite) or a
// boolean; nil removes. Keys may name a person, so they appear in no pointer.
func (p *problems) attributes(pointer string, attrs map[string]any) map[string]any {
	if len(attrs) > MaxAttributes {
		p.add(pointer, "too_many", "a customer has at most 50 attributes")
		return nil
	}
	var out map[string]any
	for key, value := range attrs {
		if !attributeKey.MatchString(key) {
			p.add(pointer, "invalid_key", "a key is a letter followed by at most 63 letters, digits, '.', '_' or '-'")
			continue
		}
		switch v := value.(type) {
		case nil, bool:
		case string:
			value = p.text(pointer+"/*", v, maxAttributeValue)
		case float64:
			if math.IsNaN(v) || math.Abs(v) >= maxExact {
				p.add(pointer+"/*", "invalid_number", "a number must be below 2^53: larger ones would be changed")
			}
		default:
			p.add(pointer+"/*", "invalid_type", "a value is a string, a number or a boolean")
		}
		if out == nil {
			out = make(map[string]any, len(attrs))
		}
		out[key] = value
	}
	return out
}

// mergeAttributes gives old with change applied, and never changes old: states
// are shared with readers.
func mergeAttributes(old, change map[string]any) map[string]any {
	if len(change) == 0 {
		return old
	}
	out := make(map[string]any, len(old)+len(change))
	maps.Copy(out, old)
	for key, value := range change {
		if value == nil {
			delete(out, key)
		} else {
			out[key] = value
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// changedAttributes keeps what differs from old, nil when nothing does.
func changedAttributes(old, change map[string]any) map[string]any {
	var out map[string]any
	for key, value := range change {
		before, had := old[key]
		if value == before && (had || value == nil) {
			continue
		}
		if out == nil {
			out = map[string]any{}
		}
		out[key] = value
	}
	return out
}
