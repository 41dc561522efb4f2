package address

import (
	"bufio"
	"bytes"
	"compress/gzip"
	_ "embed"

	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	jsonv2 "github.com/go-json-experiment/json"
)

//go:generate go run ./gen

//go:embed metadata.jsonl.gz
var metadata []byte

// Format is how one country writes addresses.
type Format struct {
	Country  string // ISO 3166-1 alpha-2
	Name     string // English, upper case
	Language string // BCP 47 of the names of areas, "" where it is not told

	Pattern      string // of a label, in the country's own script
	LatinPattern string // where it differs, else ""

	Required  Fields // what may not be empty
	Uppercase Fields // what a label has in capital letters

	PostalCodePattern string   // regular expression of a whole code; "" where there are none
	PostalCodes       []string // examples
	PostalCodePrefix  string   // "CH-", which labels put before the code

	// Types say what fields are called here: "state" is a "prefecture".
	Types map[string]string

	Areas []*Area // administrative areas, by key; none where none are listed

	postalCode *regexp.Regexp
	byName     map[string]*Area
}

// Area is an administrative area or, below one, a city or district.
type Area struct {
	Key   string // what an address holds: "CA", "東京都"
	Latin string // where the key is in another script
	ISO   string // ISO 3166-2 without the country, "" where it is not told
	Names []string
	Areas []*Area

	begins     beginning      // what its postal codes begin with
	postalCode *regexp.Regexp // its own pattern
	required   Fields
	byName     map[string]*Area
}

// Fields is a set of address fields.
type Fields uint16

// The fields, by the letters that patterns have.
const (
	fieldRecipient Fields = 1 << iota
	fieldCompany
	fieldStreet
	fieldDependentLocality
	fieldCity
	fieldState
	fieldPostalCode
	fieldSortingCode
)

var fieldOf = map[byte]Fields{'N': fieldRecipient, 'O': fieldCompany, 'A': fieldStreet, 'D': fieldDependentLocality,
	'C': fieldCity, 'S': fieldState, 'Z': fieldPostalCode, 'X': fieldSortingCode}

// fieldNames are the JSON names, in the order of the bits.
var fieldNames = []string{"recipient", "company", "street", "dependentLocality", "city", "state", "postalCode", "sortingCode"}

// Names lists the set by JSON names.
func (f Fields) Names() []string {
	out := []string{}
	for i, name := range fieldNames {
		if f&(1<<i) != 0 {
			out = append(out, name)
		}
	}
	return out
}

func fields(letters string) (f Fields) {
	for i := range len(letters) {
		f |= fieldOf[letters[i]]
	}
	return f
}

// Used is what the country's labels show.
func (f *Format) Used() Fields {
	var used Fields
	for _, pattern := range []string{f.Pattern, f.LatinPattern} {
		for i := strings.IndexByte(pattern, '%'); i >= 0 && i+1 < len(pattern); {
			used |= fieldOf[pattern[i+1]]
			next := strings.IndexByte(pattern[i+1:], '%')
			if next < 0 {
				break
			}
			i += 1 + next
		}
	}
	return used
}

// What a country has of which nothing is told.
const (
	defaultPattern  = "%N%n%O%n%A%n%C"
	defaultRequired = "AC"
	defaultUpper    = "C"
)

// table holds a line of the metadata for each country; it is decoded when it
// is first asked for.
var table = sync.OnceValue(func() map[string]*entry {
	t, err := readTable(metadata)
	if err != nil {
		panic(fmt.Sprintf("address: the embedded metadata: %v", err))
	}
	return t
})

type entry struct {
	raw    []byte
	once   sync.Once
	format *Format
}

func readTable(packed []byte) (map[string]*entry, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	t := map[string]*entry{}
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		line := bytes.Clone(lines.Bytes())
		code, ok := bytes.CutPrefix(line, []byte(`{"c":"`))
		if !ok || len(code) < 2 {
			return nil, fmt.Errorf("line %d is no country", len(t)+1)
		}
		t[string(code[:2])] = &entry{raw: line}
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if len(t) < 240 {
		return nil, fmt.Errorf("%d countries", len(t))
	}
	return t, nil
}

// FormatOf gives the format of a country by its ISO 3166-1 alpha-2 code, nil
// for what is none. It is shared: do not change it.
func FormatOf(country string) *Format {
	e := table()[country]
	if e == nil {
		return nil
	}
	e.once.Do(func() {
		f, err := decode(e.raw)
		if err != nil {
			panic(fmt.Sprintf("address: the embedded metadata of %s: %v", country, err))
		}
		e.format, e.raw = f, nil
	})
	return e.format
}

// Countries lists all codes, sorted.
func Countries() []string {
	var out []string
	for code := range table() {
		out = append(out, code)
	}
	slices.Sort(out)
	return out
}

func decode(raw []byte) (*Format, error) {
	var c storedCountry
	if err := jsonv2.Unmarshal(raw, &c); err != nil {
		return nil, err
	}
	f := &Format{Country: c.Code, Name: c.Name, Language: c.Language, Pattern: or(c.Format, defaultPattern), LatinPattern: c.Latin,
		Required: fields(given(c.Required, defaultRequired)), Uppercase: fields(given(c.Upper, defaultUpper)),
		PostalCodePattern: or(patterns[c.Code], c.Zip), PostalCodePrefix: c.Prefix, Types: c.Types}
	if c.Examples != "" {
		f.PostalCodes = strings.Split(c.Examples, ",")
	}
	var err error
	if f.postalCode, err = whole(f.PostalCodePattern); err != nil {
		return nil, err
	}
	f.Pattern, f.LatinPattern = once(f.Pattern), once(f.LatinPattern)
	f.Areas, f.byName, err = decodeAreas(c.Areas)
	return f, err
}

// once leaves out what a pattern has a second time (Côte d'Ivoire's sorting
// code): nobody could tell it from the first.
func once(pattern string) string {
	for _, letter := range "NOADCSZX" {
		field := "%" + string(letter)
		if i := strings.Index(pattern, field); i >= 0 {
			pattern = pattern[:i+2] + strings.TrimSuffix(strings.ReplaceAll(pattern[i+2:], " "+field, ""), field)
		}
	}
	return pattern
}
