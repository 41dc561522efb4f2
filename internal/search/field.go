package search

import (
	"bytes"
	"hash/maphash"
	"iter"
	"unicode/utf8"

	"github.com/RoaringBitmap/roaring/v2"
)

// field is the dictionary of one part: its distinct terms, numbered as they
// came, and what leads to them. Nothing is sorted, so that a new term costs
// the same at any size, and nothing of its size is ever copied at once, so that
// none takes long. A term that no document has any more is wiped, and its
// number is not used again.
type field struct {
	rule   *rule
	seed   maphash.Seed
	pages  []page
	n      uint32 // terms, with those that are dead
	dead   uint32
	slots  [shards]table
	post   *postings
	grams  grams
	noted  uint32         // terms from here on wait to come among the grams, many at a time
	heads  map[string]int // what is before the digits of numbers, how many times
	old    *field         // with what is still to be brought from there; nil mostly
	copied uint32         // terms of old that were
}

// page has the terms of some numbers.
type page struct {
	blob  []byte
	ends  []uint32 // of terms, in blob
	refs  []uint32 // to documents: see postings
	signs []uint32 // when typos count
}

const (
	pageBit  = 12
	pageSize = 1 << pageBit
)

// table is a part of a hash table: see slotOf.
type table struct {
	slots []uint32
	used  int // with those of wiped terms
}

// A slot has the number of a term and one bit more than nothing, and above that
// bits of its hash, so that most others need not be looked at: a dictionary
// holds up to most terms.
const (
	wiped   = ^uint32(0)
	termBit = 26
	most    = 1<<termBit - 2
	shards  = 64
)

func slotOf(term uint32, hash uint64) uint32 { return (term + 1) | tag(hash) }

func tag(hash uint64) uint32 { return uint32(hash>>32) &^ (1<<termBit - 1) }

func termOf(slot uint32) uint32 { return slot&(1<<termBit-1) - 1 }

func newField(r *rule) *field {
	return &field{rule: r, seed: maphash.MakeSeed(), post: new(postings), grams: newGrams(), heads: map[string]int{}}
}

func (f *field) text(term uint32) []byte {
	p, i := &f.pages[term>>pageBit], term%pageSize
	if i == 0 {
		return p.blob[:p.ends[0]]
	}
	return p.blob[p.ends[i-1]:p.ends[i]]
}

// ref is where the documents of a term are.
func (f *field) ref(term uint32) *uint32 { return &f.pages[term>>pageBit].refs[term%pageSize] }

// live is how many terms some document has.
func (f *field) live() uint32 {
	if f.old != nil {
		return f.n - f.dead + f.old.live()
	}
	return f.n - f.dead
}

// both are this dictionary and the one before it, if there is anything left.
func (f *field) both() []*field {
	if f.old != nil {
		return []*field{f, f.old}
	}
	return []*field{f}
}

// find looks a term up.
func (f *field) find(text []byte) (term uint32, ok bool) {
	at, ok := f.slot(text, f.hash(text))
	if !ok {
		return 0, false
	}
	return termOf(*at), true
}

// docs gives the documents of a text, nil for none.
func (f *field) docs(text string) *roaring.Bitmap {
	for _, f := range f.both() {
		if term, ok := f.find([]byte(text)); ok {
			return f.post.bitmap(*f.ref(term))
		}
	}
	return nil
}

func (f *field) hash(text []byte) uint64 { return maphash.Bytes(f.seed, text) }

// slot is where a term is, or would be if there is a table.
func (f *field) slot(text []byte, hash uint64) (at *uint32, ok bool) {
	slots := f.slots[hash>>40%shards].slots
	if len(slots) == 0 {
		return nil, false
	}
	mask, bits := len(slots)-1, tag(hash)
	for i := int(hash) & mask; ; i = (i + 1) & mask {
		switch s := slots[i]; {
		case s == 0:
			return &slots[i], false
		case s != wiped && s&^(1<<termBit-1) == bits && string(f.text(termOf(s))) == string(text):
			return &slots[i], true
		}
	}
}

// add notes that a document has a term.
func (f *field) add(text []byte, doc uint32) (term uint32) {
	hash := f.hash(text)
	if at, ok := f.slot(text, hash); ok {
		term = termOf(*at)
		f.post.add(f.ref(term), doc)
		return term
	}
	ref := doc
	if f.old != nil {
		if term, ok := f.old.find(text); ok {
			ref = f.old.give(term)
			f.post.add(&ref, doc)
		}
	}
	return f.append(text, hash, ref)
}

// append gives a term the next number.
func (f *field) append(text []byte, hash uint64, ref uint32) (term uint32) {
	if term = f.n; term > most {
		panic("search: too many terms")
	}
	f.n++
	if term%pageSize == 0 {
		if term > 0 {
			f.pages[term>>pageBit-1].blob = bytes.Clone(f.pages[term>>pageBit-1].blob) // without what was room to grow
		}
		f.pages = append(f.pages, page{})
	}
	p := &f.pages[term>>pageBit]
	p.blob = append(p.blob, text...)
	p.ends = appended(p.ends, uint32(len(p.blob)))
	p.refs = appended(p.refs, ref)
	if f.rule.typo {
		p.signs = appended(p.signs, signature(text))
	}
	f.enter(term, hash)
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

// appended appends and never takes more room than a page has.
func appended(column []uint32, v uint32) []uint32 {
	if n := len(column); n == cap(column) {
		column = append(make([]uint32, 0, min(max(16, 2*n), pageSize)), column...)
	}
	return append(column, v)
}

// enter puts a term into the hash table.
func (f *field) enter(term uint32, hash uint64) {
	t := &f.slots[hash>>40%shards]
	if (t.used+1)*4 > len(t.slots)*3 {
		before := t.slots
		t.slots, t.used = make([]uint32, max(4, 2*len(before))), 0
		for _, s := range before {
			if s != 0 && s != wiped {
				t.put(s, f.hash(f.text(termOf(s))))
			}
		}
	}
	t.put(slotOf(term, hash), hash)
}

func (t *table) put(slot uint32, hash uint64) {
	mask := len(t.slots) - 1
	at := int(hash) & mask
	for t.slots[at] != 0 {
		at = (at + 1) & mask
	}
	t.slots[at] = slot
	t.used++
}

// note brings the terms that wait among the grams.
func (f *field) note() {
	if f.rule.prefix > 0 || f.rule.phone {
		for term := f.noted; term < f.n; term++ {
			if *f.ref(term) != none {
				f.grams.add(f.rule, f.text(term), term)
			}
		}
		f.grams.flush()
	}
	f.noted = f.n
}

// waiting walks the terms that are not among the grams.
func (f *field) waiting() iter.Seq2[uint32, []byte] {
	return func(yield func(uint32, []byte) bool) {
		for term := f.noted; term < f.n; term++ {
			if *f.ref(term) != none && !yield(term, f.text(term)) {
				return
			}
		}
	}
}

// drop notes that a document no longer has a term. One that nobody has is
// personal data without a reason.
func (f *field) drop(term, doc uint32) {
	if ref := f.ref(term); *ref != none && f.post.drop(ref, doc) {
		f.wipe(term)
	}
}

// give takes a term out and gives where its documents are.
func (f *field) give(term uint32) (ref uint32) {
	at := f.ref(term)
	ref, *at = *at, none
	f.wipe(term)
	return ref
}

func (f *field) wipe(term uint32) {
	text := f.text(term)
	at, _ := f.slot(text, f.hash(text))
	*at = wiped
	if f.rule.number {
		head, _ := numberOf(text)
		if f.heads[string(head)]--; f.heads[string(head)] == 0 {
			delete(f.heads, string(head))
		}
	}
	clear(text)
	if f.rule.typo {
		f.pages[term>>pageBit].signs[term%pageSize] = 0
	}
	f.dead++
}

// step is how many terms are brought over at a time.
const step = 128

// tidied gives the dictionary to go on with. When most of one is dead, another
// takes its place, and has what is left brought over bit by bit.
func (f *field) tidied() *field {
	if old := f.old; old != nil {
		for end := min(f.copied+step, old.n); f.copied < end; f.copied++ {
			if ref := *old.ref(f.copied); ref != none {
				text := old.text(f.copied)
				f.append(text, f.hash(text), ref)
				old.give(f.copied)
			}
		}
		if f.copied == old.n {
			f.old = nil
		}
		return f
	}
	if f.dead <= 1024 || f.dead <= f.n/2 {
		return f
	}
	n := newField(f.rule)
	n.seed, n.post, n.old = f.seed, f.post, f
	return n
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
			terms, g.first = f.these(g.fresh(f, terms), sub, is)
		}
		g.terms(f, terms...)
	}
	for term, text := range f.waiting() {
		if is(text, sub) {
			g.terms(f, term)
		}
	}
}

// these are the terms of which something is so, in the place of all.
func (f *field) these(terms []uint32, sub []byte, is func(text, sub []byte) bool) (out []uint32, first byte) {
	for _, term := range terms { // all are asked for before the first is used
		first |= f.text(term)[0]
	}
	n := 0
	for _, term := range terms {
		if is(f.text(term), sub) {
			terms[n] = term
			n++
		}
	}
	return terms[:n], first
}

// near calls with every term that is at most so many edits away.
func (f *field) near(w *word, found func(term uint32, edits int)) {
	text := []rune(w.text)
	var other [longestTypo + 2]rune
	want := signature([]byte(w.text))
	for n := range f.pages {
		for i, s := range f.pages[n].signs {
			if far(s, want, w.edits) || s == 0 {
				continue
			}
			term := uint32(n)<<pageBit | uint32(i)
			t := f.text(term)
			if s>>27 == 31 && utf8.RuneCount(t) > len(text)+w.edits { // the signature ends there
				continue
			}
			if d := distance(text, appendRunes(other[:0], t), w.edits); 0 < d && d <= w.edits {
				found(term, d)
			}
		}
	}
}

func (f *field) bytes() (terms, refs, gram int) {
	for i := range f.pages {
		p := &f.pages[i]
		terms += cap(p.blob) + 4*(cap(p.ends)+cap(p.signs)) + 96
		refs += 4 * cap(p.refs)
	}
	for i := range f.slots {
		terms += 4 * cap(f.slots[i].slots)
	}
	return terms, refs, f.grams.bytes()
}
