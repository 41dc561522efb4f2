package importer

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/acme/customers/internal/remote"
)

// A setter puts a cell, which is not empty, into a registration. It gives a
// reject code when the cell cannot be what the column is said to be; the
// rules of a customer are the service's.
type setter func(d *draft, cell string) (code string)

// A target is a member of a registration that a column can be mapped to.
type target struct {
	path    string // as in --map: name.given
	pointer string // as in the service's problems: /name/given
	set     setter
	locates bool // of an address: it is one
}

func text(field func(*remote.Registration) *string) setter {
	return func(d *draft, cell string) string {
		*field(&d.Registration) = cell
		return ""
	}
}

// plain are the targets with a fixed path.
var plain = map[string]setter{
	"type":                text(func(r *remote.Registration) *string { return &r.Type }),
	"userId":              text(func(r *remote.Registration) *string { return &r.UserID }),
	"email":               text(func(r *remote.Registration) *string { return &r.Email }),
	"phone":               text(func(r *remote.Registration) *string { return &r.Phone }),
	"name.given":          text(func(r *remote.Registration) *string { return &r.Name.Given }),
	"name.middle":         text(func(r *remote.Registration) *string { return &r.Name.Middle }),
	"name.family":         text(func(r *remote.Registration) *string { return &r.Name.Family }),
	"name.prefix":         text(func(r *remote.Registration) *string { return &r.Name.Prefix }),
	"name.suffix":         text(func(r *remote.Registration) *string { return &r.Name.Suffix }),
	"name.preferred":      text(func(r *remote.Registration) *string { return &r.Name.Preferred }),
	"profile.dateOfBirth": text(func(r *remote.Registration) *string { return &r.Profile.DateOfBirth }),
	"profile.gender":      text(func(r *remote.Registration) *string { return &r.Profile.Gender }),
	"profile.locale":      text(func(r *remote.Registration) *string { return &r.Profile.Locale }),
	"profile.timezone":    text(func(r *remote.Registration) *string { return &r.Profile.Timezone }),
	"profile.currency":    text(func(r *remote.Registration) *string { return &r.Profile.Currency }),
	"tags":                setTags,
}

var (
	sourceName   = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]{0,31}$`)
	attributeKey = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]{0,63}$`)
)

// parseTarget reads the right side of --map.
func parseTarget(path string) (target, error) {
	if source, ok := strings.CutPrefix(path, "externalIds."); ok {
		if !sourceName.MatchString(source) {
			return target{}, usage("a source of external ids is a letter followed by at most 31 letters, digits, '.', '_' or '-'")
		}
		return target{path: path, pointer: "/externalIds/*", set: func(r *draft, cell string) string {
			if r.ExternalIDs == nil {
				r.ExternalIDs = map[string]string{}
			}
			r.ExternalIDs[source] = cell
			return ""
		}}, nil
	}
	if key, ok := strings.CutPrefix(path, "profile.attributes."); ok {
		return attribute(key)
	}
	if t, ok := postal[path]; ok {
		return t, nil
	}
	set, ok := plain[path]
	if !ok {
		return target{}, usage("there is no " + strconv.Quote(path) + " to map a column to; see --help")
	}
	return target{path: path, pointer: "/" + strings.ReplaceAll(path, ".", "/"), set: set}, nil
}

// attribute reads key[:type].
func attribute(spec string) (target, error) {
	key, kind, typed := strings.Cut(spec, ":")
	if !attributeKey.MatchString(key) {
		return target{}, usage("an attribute's key is a letter followed by at most 63 letters, digits, '.', '_' or '-'")
	}
	parse, ok := kinds[kind]
	if !ok || typed && kind == "" {
		return target{}, usage("an attribute's type is string, number or boolean")
	}
	return target{path: "profile.attributes." + key, pointer: "/profile/attributes/*", set: func(r *draft, cell string) string {
		value, code := parse(cell)
		if code != "" {
			return code
		}
		if r.Profile.Attributes == nil {
			r.Profile.Attributes = remote.Attributes{}
		}
		r.Profile.Attributes[key] = value
		return ""
	}}, nil
}

// kinds are the types of an attribute. The default keeps the cell as it is:
// a postcode or an article number is not a number.
var kinds = map[string]func(cell string) (value any, code string){
	"":        asString,
	"string":  asString,
	"number":  asNumber,
	"boolean": asBoolean,
}

func asString(cell string) (any, string) { return cell, "" }

// jsonNumber is RFC 8259's grammar, with a sign and zeros allowed in front:
// spreadsheets write them. A decimal comma is refused, for 1,234 is also a
// thousand.
var jsonNumber = regexp.MustCompile(`^[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

func asNumber(cell string) (any, string) {
	f, err := strconv.ParseFloat(cell, 64)
	if err != nil || !jsonNumber.MatchString(cell) {
		return nil, "invalid_number"
	}
	return f, ""
}

func asBoolean(cell string) (any, string) {
	switch strings.ToLower(cell) {
	case "true", "yes", "y", "1":
		return true, ""
	case "false", "no", "n", "0":
		return false, ""
	}
	return nil, "invalid_boolean"
}

// setTags takes several tags in one cell, separated by '|', ';' or ','.
func setTags(r *draft, cell string) string {
	for tag := range strings.FieldsFuncSeq(cell, func(c rune) bool { return c == '|' || c == ';' || c == ',' }) {
		if tag = strings.TrimSpace(tag); tag != "" {
			r.Tags = append(r.Tags, tag)
		}
	}
	return ""
}
