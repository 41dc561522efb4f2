package address

import (
	"strings"
)

// Style says what a formatted address is for.
type Style struct {
	Latin   bool // the Latin order and names, where the country has them
	Label   bool // capital letters where the post wants them
	Foreign bool // with the country's name as the last line, for mail from abroad
}

// Lines writes an address as its country does, line by line, without empty
// ones. A country that is none is written in the commonest order.
func (a Address) Lines(s Style) []string {
	f := FormatOf(a.Country)
	if f == nil {
		f = &Format{Country: a.Country, Name: a.Country, Pattern: defaultPattern}
	}
	values := a.values()
	pattern := f.Pattern
	if s.Latin && f.LatinPattern != "" {
		pattern = f.LatinPattern
		f.latinise(&values)
	}
	if s.Label {
		for i, upper := range values.texts {
			if f.Uppercase&(1<<i) != 0 {
				values.texts[i] = strings.ToUpper(upper)
			}
		}
		if f.Uppercase&fieldStreet != 0 {
			values.street = strings.Split(strings.ToUpper(strings.Join(values.street, "\n")), "\n")
		}
	}
	lines := fill(pattern, &values)
	if s.Foreign && f.Name != "" {
		lines = append(lines, f.Name)
	}
	return lines
}

// values are what a pattern is filled with. Only the street has several lines.
type values struct {
	texts  [8]string // by the order of Fields; the street's is empty
	street []string
}

func (a *Address) values() values {
	return values{[8]string{a.Recipient, a.Company, "", a.DependentLocality, a.City, a.State, a.PostalCode, a.SortingCode}, a.Street}
}

// latinise gives areas their Latin names where they are known.
func (f *Format) latinise(v *values) {
	areas := level{f.Areas, f.byName}
	for _, i := range []int{5, 4, 3} { // state, city, dependent locality
		area := areas.find(v.texts[i])
		if area == nil {
			return
		}
		if area.Latin != "" {
			v.texts[i] = area.Latin
		}
		areas = level{area.Areas, area.byName}
	}
}

// token is a piece of a line: a field, or text between fields.
type token struct {
	field Fields // 0: text
	text  string
}

// fill writes the lines of a pattern.
func fill(pattern string, v *values) (lines []string) {
	for line := range strings.SplitSeq(pattern, "%n") {
		tokens := tokenise(line)
		if len(tokens) == 1 && tokens[0].field == fieldStreet {
			lines = append(lines, v.street...)
			continue
		}
		if text := fillLine(tokens, v); text != "" {
			lines = append(lines, text)
		}
	}
	return lines
}

func tokenise(line string) (out []token) {
	for line != "" {
		i := strings.IndexByte(line, '%')
		if i != 0 {
			if i < 0 {
				i = len(line)
			}
			out = append(out, token{text: line[:i]})
			line = line[i:]
			continue
		}
		out = append(out, token{field: fieldOf[line[1]]})
		line = line[2:]
	}
	return out
}

// fillLine leaves out empty fields and the text that belongs to them: text at
// either end goes with its neighbour, text between two fields needs both. Two
// fields that were apart stay so.
func fillLine(tokens []token, v *values) string {
	var b strings.Builder
	fields, gap := 0, ""
	for i, t := range tokens {
		if t.field == 0 {
			switch {
			case len(tokens) == 1, i == 0 && v.text(tokens[1].field) != "":
				b.WriteString(t.text) // a name alone, or a prefix
			case i > 0 && i == len(tokens)-1 && v.text(tokens[i-1].field) != "":
				b.WriteString(t.text)
			case i > 0 && i < len(tokens)-1:
				gap = separator(gap, t.text, v.text(tokens[i-1].field) != "" && v.text(tokens[i+1].field) != "")
			}
			continue
		}
		text := v.text(t.field)
		if text == "" {
			continue
		}
		if fields++; fields > 1 {
			b.WriteString(gap)
		}
		gap = ""
		b.WriteString(text)
	}
	if fields == 0 && len(tokens) > 1 {
		return ""
	}
	return b.String()
}

// separator keeps text whose both neighbours are there; else a space will do.
func separator(before, text string, whole bool) string {
	switch {
	case whole:
		return text
	case before == "" && strings.ContainsAny(text, " ,-/"):
		return " "
	}
	return before
}

func (v *values) text(f Fields) string {
	if f == fieldStreet {
		return strings.Join(v.street, ", ")
	}
	for i := range v.texts {
		if f == 1<<i {
			return v.texts[i]
		}
	}
	return ""
}

// PatternLines lists the fields of a pattern by JSON names, line by line.
func PatternLines(pattern string) (lines [][]string) {
	for line := range strings.SplitSeq(pattern, "%n") {
		var names []string
		for _, t := range tokenise(line) {
			names = append(names, t.field.Names()...)
		}
		if len(names) > 0 {
			lines = append(lines, names)
		}
	}
	return lines
}
