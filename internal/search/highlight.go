package search

import (
	"cmp"
	"slices"
	"strings"
)

// Highlighted is a part of a text that a word of a query matches: bytes of its
// value from Start up to End.
type Highlighted struct {
	Text       int // index
	Start, End int
	How        How
}

// Highlight shows why texts match a query: for every word, or words that are
// one term, where it matches best in each text. It gives nothing when they do
// not match, and nothing of kinds that the query has not.
func Highlight(q Query, texts []Text) (out []Highlighted) {
	p := parse(q)
	var t taker
	var all []traced
	for i, text := range texts {
		if text.Kind.In(q.Kinds) {
			t.take(text)
			all = append(all, trace(i, text)...)
		}
	}
	path, _ := p.path(t.terms)
	for _, s := range path {
		out = append(out, s.highlight(all, t.terms)...)
	}
	slices.SortFunc(out, func(a, b Highlighted) int {
		return cmp.Or(a.Text-b.Text, a.Start-b.Start, a.End-b.End, int(a.How)-int(b.How))
	})
	return slices.CompactFunc(out, func(a, b Highlighted) bool { return a.Text == b.Text && a.Start == b.Start && a.End == b.End })
}

// traced is a term that knows where it comes from, by byte.
type traced struct {
	index    int // of the text
	part     part
	text     string
	from, to []int32
}

func trace(index int, text Text) (out []traced) {
	f := folder{track: true}
	if text.Kind == Email {
		at := lastAt(text.Value)
		f.split(text.Value[:at])
		out = append(f.traces(index, local), f.traced(index, part(Email), 0, len(f.buf)))
		if at < len(text.Value) {
			f.split(text.Value[at+1:])
			hosts := append(f.traces(index, domain), f.tracedHost(index))
			for i := range hosts {
				hosts[i].move(int32(at + 1))
			}
			out = append(out, hosts...)
		}
		return out
	}
	f.split(text.Value)
	switch {
	case len(f.buf) == 0:
		return nil
	case text.Kind == ExternalID, text.Kind == Phone:
		t := f.traced(index, part(text.Kind), 0, len(f.buf))
		if text.Kind == Phone {
			t.onlyDigits()
		}
		return []traced{t}
	case text.Kind == Number:
		head, digits := numberOf(f.buf)
		t := traced{index: index, part: part(Number), text: string(head) + string(digits)}
		for range t.text { // nothing but the whole is ever found
			t.from, t.to = append(t.from, f.from[0]), append(t.to, f.to[len(f.to)-1])
		}
		return []traced{t}
	}
	return f.traces(index, part(text.Kind))
}

// traces gives the words.
func (f *folder) traces(index int, p part) (out []traced) {
	for i := range f.ends {
		out = append(out, f.traced(index, p, f.start(i), f.ends[i]))
	}
	return out
}

func (f *folder) traced(index int, p part, a, b int) traced {
	return traced{index, p, string(f.buf[a:b]), slices.Clone(f.from[a:b]), slices.Clone(f.to[a:b])}
}

// tracedHost is the domain with its dots.
func (f *folder) tracedHost(index int) traced {
	t := traced{index: index, part: domain, text: string(f.dotted())}
	for i := range f.ends {
		if i > 0 {
			dot := f.to[f.start(i)-1]
			t.from, t.to = append(t.from, dot), append(t.to, dot+1)
		}
		t.from, t.to = append(t.from, f.from[f.start(i):f.ends[i]]...), append(t.to, f.to[f.start(i):f.ends[i]]...)
	}
	return t
}

func (t *traced) move(by int32) {
	for i := range t.from {
		t.from[i] += by
		t.to[i] += by
	}
}

func (t *traced) onlyDigits() {
	n := 0
	for i := range len(t.text) {
		if !notDigit(rune(t.text[i])) {
			t.from[n], t.to[n] = t.from[i], t.to[i]
			n++
		}
	}
	t.text = string(onlyDigits([]byte(t.text)))
}

// bytes marks some of the term.
func (t *traced) bytes(a, b int, how How) Highlighted {
	return Highlighted{t.index, int(t.from[a]), int(t.to[b-1]), how}
}

// highlight gives where a span matches best in each text.
func (s *span) highlight(all []traced, terms []taken) (out []Highlighted) {
	best := map[int]rank{}
	for i := range all {
		if k, _, ok := s.mark(&all[i], terms); ok {
			best[all[i].index] = max(best[all[i].index], k)
		}
	}
	for i := range all {
		if k, h, ok := s.mark(&all[i], terms); ok && k == best[all[i].index] {
			out = append(out, h)
		}
	}
	return out
}

func (s *span) mark(t *traced, terms []taken) (k rank, h Highlighted, ok bool) {
	if t.text == "" {
		return 0, h, false
	}
	if s.word != nil && s.word.address {
		return s.word.mark(t)
	}
	k, how := s.compare(&rules[t.part], t.text)
	for _, part := range s.pieces(t.part, terms) {
		if k < prefix && part == t.text {
			k, how = prefix, Exact
		}
	}
	a, b := 0, len(t.text)
	switch how {
	case 0:
		return 0, h, false
	case Prefix:
		b = len(s.text)
	case Infix:
		if a = strings.Index(t.text, s.text); a < 0 {
			a = 0 // the beginning in another spelling
		} else {
			b = a + len(s.text)
		}
	case Digits:
		for _, d := range s.phone {
			if at := strings.Index(t.text, d); at >= 0 {
				a, b = at, at+len(d)
				break
			}
		}
	}
	return k, t.bytes(a, b, how), true
}

// mark of an address: all before the @, and of the domain what was typed.
func (w *word) mark(t *traced) (k rank, h Highlighted, ok bool) {
	switch {
	case t.part == part(Email) && w.local == t.text:
		return exact, t.bytes(0, len(t.text), Exact), true
	case t.part != domain || w.host == "" || !strings.HasPrefix(t.text, w.host):
		return 0, h, false
	case t.text == w.host:
		return exact, t.bytes(0, len(t.text), Exact), true
	}
	return exact, t.bytes(0, len(w.host), Prefix), true
}

// pieces are the terms that a word is put together of.
func (s *span) pieces(p part, terms []taken) []string {
	if s.word == nil || !rules[p].cover {
		return nil
	}
	return pieces(s.text, p, terms, longestSpan)
}

func pieces(text string, p part, terms []taken, most int) []string {
	for _, t := range terms {
		rest, ok := strings.CutPrefix(text, string(t.text))
		if !ok || t.part != p || rest == "" || most == 1 {
			continue
		}
		if has(rest, p, terms) {
			return []string{string(t.text), rest}
		}
		if more := pieces(rest, p, terms, most-1); more != nil {
			return append(more, string(t.text))
		}
	}
	return nil
}
