package address

import (
	"regexp"
	"strings"
)

// storedCountry and storedArea are the lines of the metadata; see gen.
type storedCountry struct {
	Code     string            `json:"c"`
	Name     string            `json:"n"`
	Format   string            `json:"f"`
	Latin    string            `json:"lf"`
	Required *string           `json:"r"`
	Upper    *string           `json:"u"`
	Zip      string            `json:"z"`
	Examples string            `json:"zx"`
	Prefix   string            `json:"zp"`
	Types    map[string]string `json:"t"`
	Language string            `json:"l"`
	Areas    []storedArea      `json:"a"`
}

type storedArea struct {
	Key      string       `json:"k"`
	Names    []string     `json:"n"`
	Latin    string       `json:"l"`
	ISO      string       `json:"i"`
	Zip      string       `json:"z"`
	Whole    string       `json:"x"`
	Required string       `json:"r"`
	Areas    []storedArea `json:"a"`
}

func decodeAreas(stored []storedArea) ([]*Area, map[string]*Area, error) {
	if len(stored) == 0 {
		return nil, nil, nil
	}
	out, byName := make([]*Area, len(stored)), make(map[string]*Area, 3*len(stored))
	for i := range stored {
		s := &stored[i]
		a := &Area{Key: s.Key, Latin: s.Latin, ISO: s.ISO, Names: s.Names, required: fields(s.Required)}
		var err error
		if a.begins, err = beginningOf(s.Zip); err == nil {
			a.postalCode, err = whole(s.Whole)
		}
		if err == nil {
			a.Areas, a.byName, err = decodeAreas(s.Areas)
		}
		if err != nil {
			return nil, nil, err
		}
		out[i] = a
	}
	// A key is nobody else's name: keys first, then names, then codes.
	for _, names := range []func(*Area) []string{
		func(a *Area) []string { return []string{a.Key} },
		func(a *Area) []string { return append([]string{a.Latin}, a.Names...) },
		func(a *Area) []string { return []string{short(a.Latin)} },
		func(a *Area) []string { return []string{a.ISO} },
	} {
		for _, a := range out {
			for _, name := range names(a) {
				if name = fold(name); name != "" && byName[name] == nil {
					byName[name] = a
				}
			}
		}
	}
	return out, byName, nil
}

// short is a Chinese area's Latin name without the word for what it is:
// "Beijing" of "Beijing Shi".
func short(latin string) string {
	for _, word := range []string{" Shi", " Sheng", " Zizhiqu"} {
		if name, ok := strings.CutSuffix(latin, word); ok {
			return name
		}
	}
	return ""
}

// Area finds an area by its key, any of its names, or its ISO code, nil when
// there is none. Case, accents and punctuation do not matter.
func (f *Format) Area(name string) *Area { return f.byName[fold(name)] }

// Area finds an area within this one.
func (a *Area) Area(name string) *Area { return a.byName[fold(name)] }

func whole(pattern string) (*regexp.Regexp, error) {
	if pattern == "" {
		return nil, nil
	}
	return regexp.Compile(`^(?:` + pattern + `)$`)
}

// beginning is what the postal codes of an area begin with: mostly plain
// digits, so that compiling an expression for each would be most of the load.
type beginning struct {
	plain string
	re    *regexp.Regexp
}

func beginningOf(pattern string) (b beginning, err error) {
	if regexp.QuoteMeta(pattern) == pattern {
		return beginning{plain: pattern}, nil
	}
	b.re, err = regexp.Compile(`^(?:` + pattern + `)`)
	return b, err
}

func (b *beginning) known() bool { return b.re != nil || b.plain != "" }

func (b *beginning) of(code string) bool {
	if b.re != nil {
		return b.re.MatchString(code)
	}
	return strings.HasPrefix(code, b.plain)
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func given(s *string, otherwise string) string {
	if s == nil {
		return otherwise
	}
	return *s
}
