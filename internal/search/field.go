package search

import (
	"bytes"
	"hash/maphash"
	"iter"
	"unicode/utf8"
)

// field is the dictionary of one part: its distinct terms, numbered as they
// came, and what leads to them. Nothing is sorted, so that a new term costs
// the same at any size. A term that no document has any more is wiped, and its
// number is not used again; when there are many of those, all is written anew.
type field struct {
	rule  *rule
	seed  maphash.Seed
	blob  []byte
	ends  []uint32 // of terms, in blob
	slots []uint32 // hash table: see slotOf
	used  int      // slots, with those of wiped terms
	dead  int
	post  postings
	signs []uint32 // by term, when typos count
	grams grams
	// Terms from noted on are not among the grams yet: they are added many at
	// a time, list by list, and until then looked at one by one.
	noted uint32
	heads map[string]int // what is before the digits of numbers, how many times
}

// A slot has the number of a term and one bit more than nothing, and above that
// bits of its hash, so that most others need not be looked at: a dictionary
// holds up to most terms.
const (
	wiped   = ^uint32(0)
	termBit = 26
	most    = 1<<termBit - 2
)

func slotOf(term uint32, hash uint64) uint32 { return (term + 1) | tag(hash) }

func tag(hash uint64) uint32 { return uint32(hash>>32) &^ (1<<termBit - 1) }

func termOf(slot uint32) uint32 { return slot&(1<<termBit-1) - 1 }

func newField(r *rule) *field {
	return &field{rule: r, seed: maphash.MakeSeed(), slots: make([]uint32, 16), grams: newGrams(), heads: map[string]int{}}
}

func (f *field) text(term uint32) []byte {
	start := uint32(0)
	if term > 0 {
		start = f.ends[term-1]
	}
	return f.blob[start:f.ends[term]]
}

// find looks a term up.
func (f *field) find(text []byte) (term uint32, ok bool) {
	at, ok := f.slot(text, f.hash(text))
	return termOf(f.slots[at]), ok
}

func (f *field) hash(text []byte) uint64 { return maphash.Bytes(f.seed, text) }

// slot is where a term is, or would be.
func (f *field) slot(text []byte, hash uint64) (at int, ok bool) {
	mask := len(f.slots) - 1
	bits := tag(hash)
	for at = int(hash) & mask; ; at = (at + 1) & mask {
		switch s := f.slots[at]; {
		case s == 0:
			return at, false
		case s != wiped && s&^(1<<termBit-1) == bits && string(f.text(termOf(s))) == string(text):
			return at, true
		}
	}
}

// add notes that a document has a term.
func (f *field) add(text []byte, doc uint32) (term uint32) {
	hash := f.hash(text)
	at, ok := f.slot(text, hash)
	if ok {
		term = termOf(f.slots[at])
		f.post.add(term, doc)
		return term
	}
	if term = uint32(len(f.ends)); term > most {
		panic("search: too many terms")
	}
	f.blob = append(f.blob, text...)
	f.ends = append(f.ends, uint32(len(f.blob)))
	f.post.one = append(f.post.one, doc)
	f.slots[at] = slotOf(term, hash)
	if f.used++; f.used*4 > len(f.slots)*3 {
		f.rehash(2 * len(f.slots))
	}
	if f.rule.typo {
		f.signs = append(f.signs, signature(text))
	}
	if f.rule.number {
		head, _ := numberOf(text)
		f.heads[string(head)]++
	}
	if f.rule.name {
		if s := sound(text); s != 0 {
			f.grams.now(sounds|s, term)
		}
	}
	if waiting := term - f.noted; waiting > 2048 || waiting > 16+f.noted/4 {
		f.note()
	}
	return term
}

// note brings the terms that wait among the grams.
func (f *field) note() {
	if f.rule.prefix > 0 || f.rule.phone {
		for term := f.noted; term < uint32(len(f.ends)); term++ {
			if f.post.one[term] != none {
				f.grams.add(f.rule, f.text(term), term)
			}
		}
		f.grams.flush()
	}
	f.noted = uint32(len(f.ends))
}

// waiting walks the terms that are not among the grams.
func (f *field) waiting() iter.Seq2[uint32, []byte] {
	return func(yield func(uint32, []byte) bool) {
		for term := f.noted; term < uint32(len(f.ends)); term++ {
			if f.post.one[term] != none && !yield(term, f.text(term)) {
				return
			}
		}
	}
}

func (f *field) rehash(size int) {
	f.slots, f.used = make([]uint32, size), 0
	for term := range uint32(len(f.ends)) {
		if f.post.one[term] == none {
			continue
		}
		hash := f.hash(f.text(term))
		at := int(hash) & (size - 1)
		for f.slots[at] != 0 {
			at = (at + 1) & (size - 1)
		}
		f.slots[at] = slotOf(term, hash)
		f.used++
	}
}

// drop notes that a document no longer has a term. One that nobody has is
// personal data without a reason.
func (f *field) drop(term, doc uint32) {
	if f.post.one[term] == none || !f.post.drop(term, doc) {
		return
	}
	text := f.text(term)
	at, _ := f.slot(text, f.hash(text))
	f.slots[at] = wiped
	if f.rule.number {
		head, _ := numberOf(text)
		if f.heads[string(head)]--; f.heads[string(head)] == 0 {
			delete(f.heads, string(head))
		}
	}
	clear(text)
	if f.rule.typo {
		f.signs[term] = 0
	}
	f.dead++
}

// tidy writes the dictionary anew when most of it is dead.
func (f *field) tidy() {
	if f.dead <= 1024 || f.dead <= len(f.ends)/2 {
		return
	}
	n := newField(f.rule)
	one := f.post.one
	n.post, n.post.one = f.post, nil
	for term, v := range one {
		if v != none {
			n.post.one[n.add(f.text(uint32(term)), 0)] = v
		}
	}
	*f = *n
}

// prefixed gathers the documents of all terms that begin with a text of n runes.
func (f *field) prefixed(text string, n int, g *gather) {
	key, sure := ofPrefix(text, n)
	keys := []uint64{key}
	if !sure && f.rule.infix > 0 { // what comes later may be rarer
		more, _ := ofInfix(f.rule, text, n)
		keys = append(keys, more[1:]...)
	}
	f.gather(g, f.grams.rarest(keys...), sure, []byte(text), bytes.HasPrefix)
}

// containing gathers those of all terms that contain it.
func (f *field) containing(text string, n int, g *gather) {
	keys, sure := ofInfix(f.rule, text, n)
	f.gather(g, f.grams.rarest(keys...), sure, []byte(text), bytes.Contains)
}

// gather takes the terms of a list, all if that is sure, and those that wait.
func (f *field) gather(g *gather, l *list, sure bool, sub []byte, is func(text, sub []byte) bool) {
	for terms := range l.some(g.buf[:]) {
		if !sure {
			terms = f.these(g.fresh(&f.post, terms), sub, is)
		}
		g.terms(&f.post, terms...)
	}
	for term, text := range f.waiting() {
		if is(text, sub) {
			g.terms(&f.post, term)
		}
	}
}

// these are the terms of which something is so, in the place of all.
func (f *field) these(terms []uint32, sub []byte, is func(text, sub []byte) bool) []uint32 {
	n := 0
	for _, term := range terms {
		if is(f.text(term), sub) {
			terms[n] = term
			n++
		}
	}
	return terms[:n]
}

// near calls with every term that is at most so many edits away.
func (f *field) near(w *word, found func(term uint32, edits int)) {
	text := []rune(w.text)
	var other [longestTypo + 2]rune
	want := signature([]byte(w.text))
	for term, s := range f.signs {
		if far(s, want, w.edits) || s == 0 {
			continue
		}
		t := f.text(uint32(term))
		if s>>27 == 31 && utf8.RuneCount(t) > len(text)+w.edits { // the signature ends there
			continue
		}
		if d := distance(text, appendRunes(other[:0], t), w.edits); 0 < d && d <= w.edits {
			found(uint32(term), d)
		}
	}
}

func (f *field) bytes() (terms, post, gram int) {
	terms = cap(f.blob) + 4*(cap(f.ends)+cap(f.slots)+cap(f.signs))
	return terms, f.post.bytes(), f.grams.bytes()
}
