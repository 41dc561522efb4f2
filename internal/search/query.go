package search

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Query is what is looked for, and in which kinds: what somebody may not see
// finds nothing for them. No kinds find nothing.
type Query struct {
	Text  string
	Kinds Kinds
}

// What of a query counts; the rest is ignored.
const (
	MaxRunes = 200
	MaxWords = 10
)

// Words counts the words of a query, also beyond MaxWords. Without any, a query
// finds nothing.
func Words(q string) int { return len(wordsOf(clip(q))) }

// word is one word of a query.
type word struct {
	text   string
	n      int  // runes
	edits  int  // typos it may have
	digits bool // nothing else
	infix  bool // any part of a term counts, however short
	// spellings are other ways to write it: ü and ue.
	spellings []string
	sound     uint64
	short     []string // names it may be short for, or that are short for it
	// address: it has an @. local may be empty, and so may host, with dots.
	address     bool
	local, host string
}

// span are one or more words of a query that are read as one: "jean luc" may
// be Jeanluc, and "079 123 45 67" is one number.
type span struct {
	from, to int
	text     string
	n        int
	word     *word    // when it is just one
	phone    []string // digits to be found in a number, with and without leading zeros
	lookup   bool     // may be a term other than a phone number
}

// plan is a query taken apart. A document matches when spans that match it
// make up the query.
type plan struct {
	kinds Kinds
	words []word
	spans []span // by their end
}

// longestSpan are the words that may be one term; digits may be in more groups.
const longestSpan = 3

func parse(q Query) *plan {
	p := &plan{kinds: q.Kinds, words: wordsOf(clip(q.Text))}
	p.words = p.words[:min(len(p.words), MaxWords)]
	for to := 1; to <= len(p.words); to++ {
		for from := to - 1; from >= 0; from-- {
			if s, ok := spanOf(p.words, from, to); ok {
				p.spans = append(p.spans, s)
			}
		}
	}
	return p
}

// longestFirst reads the query from its other end when the word there is longer:
// what comes after the first word is looked for among what that has found, and
// long words find less. It comes to the same.
func (p *plan) longestFirst() {
	n := len(p.words)
	if n == 0 || p.words[0].n >= p.words[n-1].n {
		return
	}
	for i := range p.spans {
		s := &p.spans[i]
		s.from, s.to = n-s.to, n-s.from
	}
	slices.SortStableFunc(p.spans, func(a, b span) int { return a.to - b.to })
}

func spanOf(words []word, from, to int) (span, bool) {
	s := span{from: from, to: to, lookup: to-from <= longestSpan}
	digits := true
	for i := from; i < to; i++ {
		w := &words[i]
		if w.address && to-from > 1 {
			return s, false
		}
		digits = digits && w.digits
		s.text += w.text
		s.n += w.n
	}
	if to-from == 1 {
		s.word = &words[from]
	}
	if digits && s.n <= 20 {
		for _, d := range []string{s.text, strings.TrimLeft(s.text, "0")} {
			if len(d) >= shortestPhone && (len(s.phone) == 0 || s.phone[0] != d) {
				s.phone = append(s.phone, d)
			}
		}
	}
	return s, s.lookup || len(s.phone) > 0
}

// shortestPhone are the digits that a part of a phone number has at least.
const shortestPhone = 4

// clip also takes away the zero that is not dialled from abroad.
func clip(q string) string {
	n := 0
	for i := range q {
		if n++; n > MaxRunes {
			q = q[:i]
			break
		}
	}
	return strings.ReplaceAll(q, "(0)", " ")
}

func wordsOf(q string) (words []word) {
	var f folder
	for chunk := range strings.FieldsSeq(q) {
		if at := lastAt(chunk); at < len(chunk) {
			if w, ok := addressOf(&f, chunk[:at], chunk[at+1:]); ok {
				words = append(words, w)
				continue
			}
		}
		f.split(chunk)
		first := len(words)
		for i := range f.ends {
			words = append(words, newWord(string(f.word(i))))
		}
		if long := umlauts.Replace(chunk); long != chunk {
			f.split(long)
			for i := range min(len(f.ends), len(words)-first) {
				words[first+i].spell(string(f.word(i)))
			}
		}
	}
	return words
}

func addressOf(f *folder, local, host string) (w word, ok bool) {
	f.split(local)
	w = word{address: true, local: string(f.buf)}
	f.split(host)
	w.host = string(f.dotted())
	w.text = w.local + "@" + w.host
	w.n = utf8.RuneCountInString(w.text)
	return w, w.local != "" || w.host != ""
}

func newWord(text string) word {
	w := word{text: text, n: utf8.RuneCountInString(text), digits: strings.IndexFunc(text, notDigit) < 0}
	w.infix = strings.IndexFunc(text, func(r rune) bool { return !dense(r) }) < 0
	if strings.IndexFunc(text, unicode.IsDigit) < 0 {
		w.edits = editsOf(w.n)
	}
	w.sound = sound([]byte(text))
	w.short = nicknames()[text]
	if w.n >= shortestSpelling {
		w.spell(plain.Replace(text))
	}
	return w
}

// shortestSpelling: Sue is not Su, nor Joe Jo.
const shortestSpelling = 5

func (w *word) spell(other string) {
	if other != w.text {
		w.spellings = append(w.spellings, other)
	}
}

// umlauts are written with a letter more where there is no key for them; plain
// reads such a spelling.
var (
	umlauts = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "å", "aa", "ø", "oe", "Ä", "Ae", "Ö", "Oe", "Ü", "Ue", "Å", "Aa", "Ø", "Oe",
		"a\u0308", "ae", "o\u0308", "oe", "u\u0308", "ue", "a\u030a", "aa", "A\u0308", "Ae", "O\u0308", "Oe", "U\u0308", "Ue", "A\u030a", "Aa")
	plain = strings.NewReplacer("ae", "a", "oe", "o", "ue", "u", "aa", "a")
)
