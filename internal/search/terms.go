package search

import "bytes"

// part is what a dictionary is kept of: a kind, or the words and the domains of
// e-mail addresses, which are looked for in other ways than what is before the @
// as a whole.
type part uint8

const (
	local  = part(kinds) // words before the @, when there are several
	domain = local + 1
	parts  = domain + 1
)

func (p part) kind() Kind {
	if p >= local {
		return Email
	}
	return Kind(p)
}

// rule says how the terms of a part are looked for.
type rule struct {
	name   bool // ranks above others; nicknames and sound count
	typo   bool
	prefix int  // runes that a prefix has at least; 0: no prefixes
	infix  int  // likewise; dense scripts need one
	cover  bool // a word may be several terms without a space between
	joined bool // words of a query may be one term
	phone  bool
	number bool
}

var (
	aName = rule{name: true, typo: true, prefix: 1, infix: 3, cover: true, joined: true}
	aWord = rule{typo: true, prefix: 1, infix: 3, cover: true, joined: true}
	rules = [parts]rule{
		Name: aName, Preferred: aName, Former: aName, City: aWord, Company: aWord, Tag: aWord,
		Email:      {typo: true, prefix: 1, infix: 3, joined: true},
		local:      {typo: true, prefix: 1},           // what is within a word is within the whole, too
		domain:     {typo: true, prefix: 3, infix: 3}, // or one letter would find everybody at .com
		ExternalID: {prefix: 1, infix: 3, joined: true},
		Phone:      {phone: true},
		Number:     {number: true},
	}
)

// taker takes texts apart into terms.
type taker struct {
	folder folder
	arena  []byte
	terms  []taken
}

type taken struct {
	part part
	text []byte
}

func (t *taker) reset() { t.arena, t.terms = t.arena[:0], t.terms[:0] }

// take adds the terms of a text. What they consist of stays valid when the
// arena moves, for nothing is written twice before the next reset.
func (t *taker) take(text Text) {
	switch p := part(text.Kind); text.Kind {
	case Email:
		t.email(text.Value)
	case Phone:
		if t.folder.split(text.Value); len(t.folder.buf) > 0 {
			t.keep(p, onlyDigits(t.folder.buf))
		}
	case Number:
		if t.folder.split(text.Value); len(t.folder.buf) > 0 {
			head, digits := numberOf(t.folder.buf)
			t.keep(p, head, digits)
		}
	case ExternalID:
		t.folder.split(text.Value)
		t.keep(p, t.folder.buf)
	default:
		if text.Kind < kinds {
			t.words(p, text.Value)
		}
	}
}

func (t *taker) words(p part, s string) {
	t.folder.split(s)
	t.each(p)
}

func (t *taker) each(p part) {
	for i := range t.folder.ends {
		t.keep(p, t.folder.word(i))
	}
}

// email: what is before the @ in one, and its words when there are several; the
// labels of the domain and all of them with dots.
func (t *taker) email(s string) {
	at := lastAt(s)
	t.folder.split(s[:at])
	if t.keep(part(Email), t.folder.buf); len(t.folder.ends) > 1 {
		t.each(local)
	}
	if at == len(s) {
		return
	}
	if t.words(domain, s[at+1:]); len(t.folder.ends) > 1 {
		t.keep(domain, t.folder.dotted())
	}
}

// dotted gives the words with dots between.
func (f *folder) dotted() []byte {
	f.wide = f.wide[:0]
	for i := range f.ends {
		if i > 0 {
			f.wide = append(f.wide, '.')
		}
		f.wide = append(f.wide, f.word(i)...)
	}
	return f.wide
}

// lastAt gives the place of the last @, the length of s when there is none.
func lastAt(s string) int {
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] == '@' {
			return i
		}
	}
	return len(s)
}

func (t *taker) keep(p part, pieces ...[]byte) {
	start := len(t.arena)
	for _, s := range pieces {
		t.arena = append(t.arena, s...)
	}
	if len(t.arena) > start {
		t.terms = append(t.terms, taken{p, t.arena[start:len(t.arena):len(t.arena)]})
	}
}

func onlyDigits(b []byte) []byte {
	if i := bytes.IndexFunc(b, notDigit); i < 0 {
		return b
	}
	var out []byte
	for _, c := range b {
		if '0' <= c && c <= '9' {
			out = append(out, c)
		}
	}
	return out
}

func notDigit(r rune) bool { return r < '0' || r > '9' }

// numberOf splits a customer's number into what is before its last digits and
// those without leading zeros, which nobody has to type.
func numberOf(b []byte) (head, digits []byte) {
	i := bytes.LastIndexFunc(b, notDigit)
	if i < 0 {
		return nil, bytes.TrimLeft(b, "0")
	}
	for i++; i < len(b) && (b[i] < '0' || b[i] > '9'); i++ { // the rest of a letter of several bytes
	}
	return b[:i], bytes.TrimLeft(b[i:], "0")
}
