package search

import (
	"strings"
	"unicode/utf8"
)

// How a word was found.
type How uint8

// The ways, the best first.
const (
	Exact How = iota + 1
	Prefix
	Digits // a part of a phone number
	Nickname
	Phonetic
	Typo
	Infix
)

// rank is how well a word matches a term. A document's score is the sum over the
// words of the query of twice the best rank, and one more where a name matched;
// several words that are one term count as often as they are.
type rank uint8

const (
	typo2    rank = 2
	infix    rank = 3
	near     rank = 4 // one typo, or it sounds alike
	nickname rank = 5
	prefix   rank = 6 // or another spelling, several terms, seven digits of a phone number
	exact    rank = 8
)

func (r *rule) score(k rank) uint16 {
	if r.name {
		return 2*uint16(k) + 1
	}
	return 2 * uint16(k)
}

// Match is the definition of what matches, and how well. Every word of the
// query has to match in the texts of kinds that the query has; their order does
// not matter. Higher scores are better.
func Match(q Query, texts []Text) (score uint16, ok bool) { return parse(q).match(texts) }

func (p *plan) match(texts []Text) (score uint16, ok bool) {
	var t taker
	for _, text := range texts {
		if text.Kind.In(p.kinds) {
			t.take(text)
		}
	}
	_, score = p.path(t.terms)
	return score, score > 0
}

// path gives the spans that make up the best score, from the last, and the
// score; none and 0 when the terms do not match.
func (p *plan) path(terms []taken) (path []*span, score uint16) {
	best := make([]uint16, len(p.words)+1) // by words from the front; 0: they do not match
	last := make([]*span, len(p.words)+1)
	for i := range p.spans {
		s := &p.spans[i]
		if s.from > 0 && best[s.from] == 0 {
			continue
		}
		k := s.best(terms)
		if sum := best[s.from] + k*uint16(s.to-s.from); k > 0 && sum > best[s.to] {
			best[s.to], last[s.to] = sum, s
		}
	}
	if score = best[len(p.words)]; score == 0 {
		return nil, 0
	}
	for to := len(p.words); to > 0; to = last[to].from {
		path = append(path, last[to])
	}
	return path, score
}

// best gives the score of a span in a document, 0 when it does not match.
func (s *span) best(terms []taken) (score uint16) {
	if s.word != nil && s.word.address {
		return s.word.addressed(terms)
	}
	for _, t := range terms {
		r := &rules[t.part]
		if k, _ := s.compare(r, string(t.text)); k > 0 {
			score = max(score, r.score(k))
		}
	}
	for p := range parts {
		if s.pieces(p, terms) != nil {
			score = max(score, rules[p].score(prefix))
		}
	}
	return score
}

// compare says how well a span matches one term, 0 for not at all.
func (s *span) compare(r *rule, term string) (rank, How) {
	switch {
	case r.phone:
		return s.phoned(term)
	case r.number:
		if s.lookup && sameNumber(s.text, term) {
			return exact, Exact
		}
		return 0, 0
	case s.word != nil:
		return s.word.compare(r, term)
	case !s.lookup || !r.joined:
		return 0, 0
	case s.text == term:
		return exact, Exact
	case strings.HasPrefix(term, s.text):
		return prefix, Prefix
	}
	return 0, 0
}

func (w *word) compare(r *rule, term string) (rank, How) {
	switch {
	case w.text == term:
		return exact, Exact
	case r.prefix > 0 && w.n >= r.prefix && strings.HasPrefix(term, w.text):
		return prefix, Prefix
	}
	for _, s := range w.spellings {
		if s == term {
			return prefix, Exact
		}
	}
	if r.name {
		for _, s := range w.short {
			if s == term {
				return nickname, Nickname
			}
		}
		if w.sound != 0 && w.sound == sound([]byte(term)) {
			return near, Phonetic
		}
	}
	edits := w.edits + 1
	if r.typo && w.edits > 0 {
		edits = distance([]rune(w.text), []rune(term), w.edits)
	}
	switch {
	case edits <= w.edits && edits == 1:
		return near, Typo
	case w.within(r, term):
		return infix, Infix
	case edits <= w.edits:
		return typo2, Typo
	}
	return 0, 0
}

// within: a part of the term, or the beginning of one in another spelling.
func (w *word) within(r *rule, term string) bool {
	if r.infix > 0 && (w.n >= r.infix || w.infix) && strings.Contains(term, w.text) {
		return true
	}
	for _, s := range w.spellings {
		if r.prefix > 0 && utf8.RuneCountInString(s) >= r.prefix && strings.HasPrefix(term, s) {
			return true
		}
	}
	return false
}

// phoned: the digits are a part of the number. The more of it, the better.
func (s *span) phoned(number string) (k rank, h How) {
	for _, d := range s.phone {
		if strings.Contains(number, d) {
			k, h = max(k, phoneRank(d)), Digits
			if d == number {
				return exact, Exact
			}
		}
	}
	return k, h
}

func phoneRank(digits string) rank {
	if len(digits) >= 7 {
		return prefix
	}
	return infix
}

// sameNumber: the digits of a customer's number without what is before them
// are enough.
func sameNumber(text, term string) bool {
	head, digits := numberOf([]byte(text))
	if len(head) > 0 || len(digits) == 0 {
		return string(head)+string(digits) == term
	}
	_, of := numberOf([]byte(term))
	return string(of) == string(digits)
}

// addressed: what is before the @ is one whole name, and what is behind it the
// beginning of a domain.
func (w *word) addressed(terms []taken) (score uint16) {
	local := w.local == ""
	for _, t := range terms {
		local = local || t.part == part(Email) && string(t.text) == w.local
	}
	if !local {
		return 0
	}
	r := &rules[Email]
	if w.host == "" {
		return r.score(prefix)
	}
	for _, t := range terms {
		if t.part == domain && string(t.text) == w.host {
			return r.score(exact)
		}
		if t.part == domain && strings.HasPrefix(string(t.text), w.host) {
			score = r.score(prefix)
		}
	}
	return score
}

func has(text string, p part, terms []taken) bool {
	for _, t := range terms {
		if t.part == p && string(t.text) == text {
			return true
		}
	}
	return false
}
