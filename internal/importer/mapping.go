package importer

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/acme/customers/internal/remote"
)

// Mapping says what the columns of a CSV file mean.
type Mapping struct {
	// Rules are "column=target", as given by --map; the target "-" drops the
	// column. What no rule names goes by its own name.
	Rules []string
	// IgnoreUnknown drops columns that nothing is known for.
	IgnoreUnknown bool
}

// column is a mapped column. Its name came from a rule or is one we know, so
// it may be shown.
type column struct {
	index int
	name  string
	target
}

// plan is a mapping applied to a header row.
type plan struct {
	width   int // columns of the file
	columns []column
	dropped int
}

// apply finds out what each column of the header is.
func (m Mapping) apply(header []string) (plan, error) {
	rules, err := m.parse()
	if err != nil {
		return plan{}, err
	}
	if err := checkHeader(header); err != nil {
		return plan{}, err
	}
	p := plan{width: len(header)}
	var unknown []string
	for i, name := range header {
		path, ruled := rules[name]
		delete(rules, name)
		if !ruled {
			path = known(name)
		}
		switch path {
		case "-":
			p.dropped++
			continue
		case "":
			p.dropped++
			unknown = append(unknown, shown(i, name))
			continue
		}
		t, err := parseTarget(path)
		if err != nil {
			return plan{}, err
		}
		p.columns = append(p.columns, column{i, name, t})
	}
	return p, cmp.Or(missing(rules), p.twice(), m.unknown(unknown), p.empty(), m.unlocated(p))
}

// parse reads the rules. The last '=' separates: column names may have some.
func (m Mapping) parse() (map[string]string, error) {
	rules := map[string]string{}
	for _, rule := range m.Rules {
		i := strings.LastIndexByte(rule, '=')
		if i < 0 {
			return nil, usage(`a mapping is "column=target", like "Vorname=name.given"`)
		}
		name, path := strings.TrimSpace(rule[:i]), strings.TrimSpace(rule[i+1:])
		if _, twice := rules[name]; twice || name == "" || path == "" {
			return nil, usage(`a mapping is "column=target", and a column has one`)
		}
		if path != "-" {
			if _, err := parseTarget(path); err != nil {
				return nil, err
			}
		}
		rules[name] = path
	}
	return rules, nil
}

// looksLikeValue recognises a file without a header row: an e-mail address, a
// phone number, a date or a number names no column.
var looksLikeValue = regexp.MustCompile(`@.*\.|^\+?[0-9][0-9 ()./:-]*$`)

func checkHeader(header []string) error {
	seen := map[string]bool{}
	for i, name := range header {
		if looksLikeValue.MatchString(name) {
			return usage(fmt.Sprintf("the first row must name the columns, but its column %d looks like a value", i+1))
		}
		if name != "" && seen[name] {
			return usage("two columns have the same name: " + shown(i, name))
		}
		seen[name] = true
	}
	return nil
}

// presentable are names that may be shown; anything else may be a value.
var presentable = regexp.MustCompile(`^[\p{L}_][\p{L}\p{M}\p{N} _.:/-]{0,40}$`)

func shown(i int, name string) string {
	if presentable.MatchString(name) {
		return fmt.Sprintf("%q", name)
	}
	return fmt.Sprintf("column %d", i+1)
}

func missing(rules map[string]string) error {
	if len(rules) == 0 {
		return nil
	}
	names := make([]string, 0, len(rules))
	for name := range rules {
		names = append(names, fmt.Sprintf("%q", name))
	}
	slices.Sort(names)
	return usage("the file has no column " + strings.Join(names, ", "))
}

func (p plan) twice() error {
	seen := map[string]string{}
	for _, c := range p.columns {
		if first, twice := seen[c.path]; twice {
			return usage(fmt.Sprintf("columns %q and %q both mean %s; map one of them to -", first, c.name, c.path))
		}
		seen[c.path] = c.name
	}
	return nil
}

func (m Mapping) unknown(names []string) error {
	if len(names) == 0 || m.IgnoreUnknown {
		return nil
	}
	return usage("unknown columns: " + strings.Join(names, ", ") + "; map them with --map or drop them with --ignore-unknown")
}

func (p plan) empty() error {
	if len(p.columns) == 0 {
		return usage("no column of the file is known; map some with --map")
	}
	return nil
}

// register builds the registration of a row, or says why it cannot. prefixes
// are those of its addresses.
func (p plan) register(cells []string, number int64) (r *remote.Registration, prefixes []string, rejects []Reject) {
	d := &draft{}
	for _, c := range p.columns {
		cell := strings.TrimSpace(cells[c.index])
		if cell == "" {
			continue
		}
		if code := c.set(d, cell); code != "" {
			rejects = append(rejects, Reject{Row: number, Column: c.name, Code: code, Message: localReasons[code]})
		}
	}
	prefixes = d.finish()
	return &d.Registration, prefixes, rejects
}

// names are the columns that a problem's pointer is about: those mapped to it,
// or below it when it is about a whole object. "" is about the whole row.
func (p plan) names(pointer string) string {
	if pointer == "" {
		return ""
	}
	var names []string
	for _, c := range p.columns {
		if pointer == c.pointer || strings.HasPrefix(pointer, c.pointer+"/") || strings.HasPrefix(c.pointer, pointer+"/") {
			names = append(names, c.name)
		}
	}
	return strings.Join(names, ", ")
}

// squeeze leaves of a name what people agree on: letters and digits.
func squeeze(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

// known gives the target of a column by its name alone: a target's own path,
// or one of the names that people use.
func known(name string) string {
	if strings.HasPrefix(name, "externalIds.") || strings.HasPrefix(name, "profile.attributes.") {
		return name
	}
	if _, ok := plain[name]; ok {
		return name
	}
	if _, ok := postal[name]; ok {
		return name
	}
	return aliases[squeeze(name)]
}

var aliases = invert(map[string]string{
	"email":               "email emailaddress mail emailadresse",
	"phone":               "phone phonenumber telephone telephonenumber tel mobile mobilenumber mobilephone cell cellphone telefon",
	"userId":              "userid",
	"type":                "type customertype",
	"name.given":          "namegiven given givenname first firstname forename vorname prénom",
	"name.middle":         "namemiddle middle middlename",
	"name.family":         "namefamily family familyname last lastname surname nachname",
	"name.prefix":         "nameprefix prefix nameprefixes honorific",
	"name.suffix":         "namesuffix suffix",
	"name.preferred":      "namepreferred preferred preferredname nickname knownas",
	"profile.dateOfBirth": "profiledateofbirth dateofbirth dob birthdate birthday birthdaydate geburtsdatum",
	"profile.gender":      "profilegender gender",
	"profile.locale":      "profilelocale locale language preferredlanguage",
	"profile.timezone":    "profiletimezone timezone tz",
	"profile.currency":    "profilecurrency currency preferredcurrency",
	"tags":                "tags tag labels",
}, addressAliases())

func invert(tables ...map[string]string) map[string]string {
	out := map[string]string{}
	for _, names := range tables {
		for path, all := range names {
			for name := range strings.FieldsSeq(all) {
				out[name] = path
			}
		}
	}
	return out
}
