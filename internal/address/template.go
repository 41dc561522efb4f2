package address

import (
	"regexp"
	"slices"
	"strings"
	"sync"
)

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
