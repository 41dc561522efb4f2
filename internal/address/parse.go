package address

import (
	"slices"
	"strings"
)

// maxLines is more than any address has, and maxLine longer than any line
// (bytes): expressions are slow on what is no address.
const (
	maxLines = 12
	maxLine  = 800
)

// Parse reads the lines of a label as the country writes them, in its own
// script or in Latin. What a line is can be a guess (a company or a street),
// but written again the lines are the same. It reports false for lines that
// cannot be an address of the country.
func Parse(country string, lines []string) (Address, bool) {
	f := FormatOf(strings.ToUpper(country))
	if f == nil || len(lines) == 0 || len(lines) > maxLines {
		return Address{}, false
	}
	clean := make([]string, len(lines))
	for i := range lines {
		if len(lines[i]) > maxLine {
			return Address{}, false
		}
		clean[i] = tidy(lines[i])
	}
	a, ok := f.read(clean)
	if f.postalCode == nil || f.Required&fieldPostalCode == 0 || ok && a.PostalCode != "" {
		return a, ok
	}
	for i := range clean {
		if code, _ := f.tidyPostalCode(clean[i]); f.postalCode.MatchString(code) {
			clean[i] = code // a code alone, however it was typed
		}
	}
	return f.read(clean)
}

// read finds the best reading in either order.
func (f *Format) read(lines []string) (Address, bool) {
	best := reading{}
	for _, pattern := range slices.Compact([]string{f.Pattern, or(f.LatinPattern, f.Pattern)}) {
		r := reader{templates: templatesOf(f, pattern), lines: lines, best: map[[2]int]reading{}}
		if got := r.read(0, 0); got.ok && (!best.ok || got.score > best.score) {
			best = got
		}
	}
	if !best.ok {
		return Address{}, false
	}
	a := Address{Country: f.Country}
	for _, p := range best.parts {
		a.set(p.field, p.text)
	}
	return a, true
}

func (a *Address) set(f Fields, text string) {
	if f == fieldStreet {
		a.Street = append(a.Street, text)
		return
	}
	*[]*string{&a.Recipient, &a.Company, nil, &a.DependentLocality, &a.City, &a.State, &a.PostalCode, &a.SortingCode}[slices.Index(fieldNames, f.Names()[0])] = text
}

type part struct {
	field Fields
	text  string
}

// reading is one way to read the lines from some point on, and how likely.
type reading struct {
	ok    bool
	score int
	parts []part
}

func (r reading) with(score int, parts ...part) reading {
	r.score += score
	r.parts = append(slices.Clone(parts), r.parts...)
	return r
}

// likely is what it counts for a reading that it has a field.
var likely = map[Fields]int{fieldStreet: 100, fieldPostalCode: 80, fieldCity: 60, fieldState: 20,
	fieldRecipient: 10, fieldCompany: 5, fieldDependentLocality: 8, fieldSortingCode: 3}

// reader finds the best reading: lines and templates in their order, each
// template for at most one line, but for the street.
type reader struct {
	templates []template
	lines     []string
	best      map[[2]int]reading
}

func (r *reader) read(line, tmpl int) reading {
	at := [2]int{line, tmpl}
	if known, ok := r.best[at]; ok {
		return known
	}
	out := reading{}
	switch {
	case tmpl == len(r.templates):
		out.ok = line == len(r.lines)
	default:
		out = r.read(line, tmpl+1) // the template is left out
		for _, way := range r.templates[tmpl].ways(r.lines[line:]) {
			if rest := r.read(line+way.lines, tmpl+1); rest.ok {
				if got := rest.with(way.score, way.parts...); !out.ok || got.score > out.score {
					out = got
				}
			}
		}
	}
	r.best[at] = out
	return out
}
