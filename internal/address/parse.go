package address

import (
	"regexp"
	"slices"
	"strings"
	"sync"
)

// maxLines is more than any address has; a line may be as long as a field.
const maxLines = 12

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

// template is one line of a pattern.
type template struct {
	street  bool
	shapes  []*regexp.Regexp // one for each set of fields that may be there
	literal string           // a line without fields
}

type way struct {
	lines, score int
	parts        []part
}

func (t *template) ways(lines []string) (out []way) {
	if t.street {
		w := way{score: likely[fieldStreet]}
		for _, line := range lines {
			w.lines++
			w.score++
			w.parts = append(slices.Clone(w.parts), part{fieldStreet, line})
			out = append(out, w)
		}
		return out
	}
	if len(lines) == 0 {
		return nil
	}
	if t.literal != "" && lines[0] == t.literal {
		return []way{{lines: 1, score: 70}} // more than a city would
	}
	for _, shape := range t.shapes {
		m := shape.FindStringSubmatch(lines[0])
		if m == nil {
			continue
		}
		w := way{lines: 1}
		for i, name := range shape.SubexpNames() {
			if f, ok := groups[name]; ok && m[i] != "" {
				w.parts = append(w.parts, part{f, m[i]})
				w.score += likely[f]
			} else if name == "known" && m[i] != "" {
				w.score += likely[fieldState]
			}
		}
		out = append(out, w)
	}
	return out
}

// groups are the names of fields in shapes.
var groups = func() map[string]Fields {
	out := map[string]Fields{}
	for letter, f := range fieldOf {
		out[string(letter)] = f
	}
	return out
}()

type patternOf struct {
	f       *Format
	pattern string
}

// templates are compiled once for each country that is parsed.
var templates sync.Map

func templatesOf(f *Format, pattern string) []template {
	key := patternOf{f, pattern}
	if known, ok := templates.Load(key); ok {
		return known.([]template)
	}
	var out []template
	for line := range strings.SplitSeq(pattern, "%n") {
		out = append(out, compile(f, tokenise(line)))
	}
	templates.Store(key, out)
	return out
}

// compile makes a shape for every set of fields of a line, by filling the line
// with marks: so that it reads what Lines writes.
func compile(f *Format, tokens []token) template {
	var own []Fields
	for _, t := range tokens {
		if t.field != 0 {
			own = append(own, t.field)
		}
	}
	switch {
	case len(tokens) == 1 && tokens[0].field == fieldStreet:
		return template{street: true}
	case len(own) == 0:
		return template{literal: fillLine(tokens, &values{})}
	}
	t := template{}
	for set := 1; set < 1<<len(own); set++ {
		var v values
		for i, field := range own {
			if set&(1<<i) == 0 {
				continue
			}
			mark := "\x00" + string(letterOf(field)) + "\x00"
			if field == fieldStreet {
				v.street = []string{mark}
			} else {
				v.texts[slices.Index(fieldNames, field.Names()[0])] = mark
			}
		}
		marked := fillLine(tokens, &v)
		if strings.Contains(marked, "\x00C\x00\x00D\x00") {
			continue // nothing tells where the one ends: it is read as one
		}
		t.shapes = append(t.shapes, f.shape(marked))
	}
	return t
}

func letterOf(f Fields) byte {
	for letter, field := range fieldOf {
		if field == f {
			return letter
		}
	}
	return 0
}

func (f *Format) shape(marked string) *regexp.Regexp {
	var b strings.Builder
	b.WriteByte('^')
	for i, piece := range strings.Split(marked, "\x00") {
		if i%2 == 0 {
			b.WriteString(regexp.QuoteMeta(piece))
			continue
		}
		b.WriteString("(?P<" + piece + ">" + f.expression(piece) + ")")
	}
	b.WriteByte('$')
	return regexp.MustCompile(b.String())
}

// expression is what a field may look like.
func (f *Format) expression(letter string) string {
	switch {
	case letter == "Z" && f.PostalCodePattern != "":
		return f.PostalCodePattern
	case letter == "S" && len(f.Areas) > 0:
		var names []string
		for _, a := range f.Areas {
			for _, name := range append([]string{a.Key, a.Latin}, a.Names...) {
				if name != "" {
					names = append(names, regexp.QuoteMeta(name))
				}
			}
		}
		slices.SortFunc(names, func(x, y string) int { return len(y) - len(x) })
		return "(?P<known>" + strings.Join(names, "|") + ")|.+?"
	}
	return ".+?"
}
