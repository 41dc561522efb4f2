package noteindex

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/acme/customers/internal/search"
)

// Snippet is a part of a text around the first place that matches.
type Snippet struct {
	Text       string
	Highlights []Range // what matches, in order, without overlaps
}

// Range is a part of a snippet, in characters (code points) from Start up to End.
type Range struct{ Start, End int }

const (
	snippetRunes = 160
	leading      = 40 // of them, at most, are before the first match
	cutMark      = "…"
)

// snippetOf cuts at the borders of words, where there are any near, and marks
// what was cut off. What nothing was asked of begins at its beginning.
func snippetOf(text string, clauses []clause) Snippet {
	places := placesOf(text, clauses)
	start, end := 0, len(text)
	if utf8.RuneCountInString(text) > snippetRunes {
		if len(places) > 0 {
			start = backward(text, places[0].Start)
		}
		end = forward(text, start, places)
	}
	s := Snippet{Text: text[start:end]}
	shift := start
	if start > 0 {
		s.Text = cutMark + s.Text
		shift -= len(cutMark)
	}
	if end < len(text) {
		s.Text += cutMark
	}
	for _, p := range places {
		if p.Start >= start && p.End <= end {
			s.Highlights = append(s.Highlights, Range{p.Start - shift, p.End - shift})
		}
	}
	s.inRunes()
	return s
}

// backward gives where a snippet begins whose first match is at a byte.
func backward(text string, match int) int {
	at, border := match, match
	for range leading {
		if at == 0 {
			return 0
		}
		r, n := utf8.DecodeLastRuneInString(text[:at])
		if unicode.IsSpace(r) {
			border = at
		}
		at -= n
	}
	if at == 0 {
		return 0
	}
	if border == match { // one long word, or a script without spaces
		return at
	}
	return border
}

// forward gives where a snippet ends that begins at a byte. It cuts through no
// match that would fit.
func forward(text string, start int, places []Range) int {
	at, border := start, -1
	for n := 0; n < snippetRunes && at < len(text); n++ {
		r, width := utf8.DecodeRuneInString(text[at:])
		if unicode.IsSpace(r) {
			border = at
		}
		at += width
	}
	if at == len(text) {
		return at
	}
	if border <= start+(at-start)*3/4 { // none near
		border = at
	}
	for _, p := range places {
		if p.Start < border && border < p.End && p.Start > start {
			return p.Start
		}
	}
	return border
}

// inRunes counts ranges in characters, as those who show them do.
func (s *Snippet) inRunes() {
	at, runes := 0, 0
	count := func(to int) int {
		runes += utf8.RuneCountInString(s.Text[at:to])
		at = to
		return runes
	}
	for i := range s.Highlights {
		s.Highlights[i].Start = count(s.Highlights[i].Start)
		s.Highlights[i].End = count(s.Highlights[i].End)
	}
}

// placesOf gives the bytes of a text that match, in order and without overlaps.
func placesOf(text string, clauses []clause) (places []Range) {
	if len(clauses) == 0 {
		return nil
	}
	var s search.Splitter
	words := s.Split(text, true)
	for i := range clauses {
		c := &clauses[i]
		for at := c.at(words, 0); at >= 0; at = c.at(words, at+1) {
			places = append(places, c.places(&s, words[at:])...)
		}
	}
	slices.SortFunc(places, func(a, b Range) int { return cmp.Or(a.Start-b.Start, b.End-a.End) })
	return joined(places)
}

// places are those of a clause that stands at the beginning of some words: of a
// phrase all of it, otherwise what of the word was asked for.
func (c *clause) places(s *search.Splitter, words []search.Word) (out []Range) {
	if len(c.words) > 1 {
		first, last := &words[0], &words[len(c.words)-1]
		start, _ := s.Place(first, 0, len(first.Text))
		_, end := s.Place(last, 0, len(last.Text))
		return []Range{{start, end}}
	}
	w, found := c.words[0].text, string(words[0].Text)
	if !c.words[0].dense {
		start, end := s.Place(&words[0], 0, len(w))
		return []Range{{start, end}}
	}
	for from := 0; ; {
		i := strings.Index(found[from:], w)
		if i < 0 {
			return out
		}
		start, end := s.Place(&words[0], from+i, from+i+len(w))
		out = append(out, Range{start, end})
		from += i + len(w)
	}
}

// joined makes one of those that overlap.
func joined(places []Range) (out []Range) {
	for _, p := range places {
		if n := len(out); n > 0 && p.Start < out[n-1].End {
			out[n-1].End = max(out[n-1].End, p.End)
			continue
		}
		out = append(out, p)
	}
	return out
}
