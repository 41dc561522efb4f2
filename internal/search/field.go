package search

import (
	"bytes"
	"hash/maphash"
	"iter"

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
	alike  alike          // when typos count
	noted  uint32         // terms from here on wait to come among the grams, many at a time
	heads  map[string]int // what is before the digits of numbers, how many times
	old    *field         // with what is still to be brought from there; nil mostly
	copied uint32         // terms of old that were
}

// page has the terms of some numbers.
type page struct {
	blob []byte
	ends []uint32 // of terms, in blob
	refs []uint32 // to documents: see postings
}

const (
	pageBit  = 12
	pageSize = 1 << pageBit
)

func newField(r *rule, seed maphash.Seed) *field {
	return &field{rule: r, seed: seed, post: new(postings), grams: newGrams(), heads: map[string]int{}}
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

// add notes that a document has a term of this hash.
func (f *field) add(text []byte, hash uint64, doc uint32) (term uint32) {
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
		f.alike.add(term, text)
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
	if f.rule.typo {
		f.alike.wipe(term, text)
	}
	clear(text)
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
	n := newField(f.rule, f.seed)
	n.post, n.old = f.post, f
	return n
}

func (f *field) bytes() (terms, refs, gram int) {
	for i := range f.pages {
		p := &f.pages[i]
		terms += cap(p.blob) + 4*cap(p.ends) + 72
		refs += 4 * cap(p.refs)
	}
	for i := range f.slots {
		terms += 4 * cap(f.slots[i].slots)
	}
	return terms + f.alike.bytes(), refs, f.grams.bytes()
}
