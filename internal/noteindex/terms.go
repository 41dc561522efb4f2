package noteindex

import (
	"bytes"
	"slices"
	"unicode/utf8"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/tidwall/btree"

	"github.com/acme/customers/internal/search"
)

// terms are what notes are found by, each with the numbers of its notes:
//
//   - every word that is not dense,
//   - the word with a mark behind it for notes that have it twice, and with
//     another for four times: how often is a part of how well a note matches,
//   - every letter of dense words, and every two that stand side by side.
//
// Marks sort before letters, so that a word, its marks and the words that begin
// with it follow one another.
type terms struct {
	at    map[string]uint32 // for looking up the words of a note: in the order that takes about three times as long
	order btree.Map[string, uint32]
	posts []posting
	free  []uint32
	bytes int64 // of the terms' texts
}

const (
	twice     = "\x01"
	fourTimes = "\x02"
)

// taker makes the terms of texts. It keeps its buffers.
type taker struct {
	split search.Splitter
	buf   []byte
	spans [][2]int
	words [][]byte
	out   [][]byte
}

// terms gives each term of a text once; good until the next call.
func (t *taker) terms(text string) [][]byte {
	t.buf, t.spans, t.words, t.out = t.buf[:0], t.spans[:0], t.words[:0], t.out[:0]
	for _, w := range t.split.Split(text, false) {
		if w.Dense {
			t.grams(w.Text)
		} else {
			t.words = append(t.words, w.Text)
		}
	}
	slices.SortFunc(t.words, bytes.Compare)
	for i, n := 0, 0; i < len(t.words); i += n {
		w := t.words[i]
		for n = 1; i+n < len(t.words) && bytes.Equal(w, t.words[i+n]); n++ {
		}
		t.out = append(t.out, w)
		if n >= 2 {
			t.marked(w, twice)
		}
		if n >= 4 {
			t.marked(w, fourTimes)
		}
	}
	if len(t.spans) > 0 {
		t.settle()
	}
	return t.out
}

// grams notes the letters of a dense word, and its pairs.
func (t *taker) grams(word []byte) {
	before := -1
	for i := 0; i < len(word); {
		_, n := utf8.DecodeRune(word[i:])
		if at := len(t.buf); before >= 0 {
			t.buf = append(t.buf, word[before:i+n]...)
			t.spans = append(t.spans, [2]int{at, len(t.buf)}, [2]int{at + i - before, len(t.buf)})
		} else {
			t.buf = append(t.buf, word[:n]...)
			t.spans = append(t.spans, [2]int{at, len(t.buf)})
		}
		before, i = i, i+n
	}
}

func (t *taker) marked(word []byte, mark string) {
	at := len(t.buf)
	t.buf = append(append(t.buf, word...), mark...)
	t.spans = append(t.spans, [2]int{at, len(t.buf)})
}

// settle hands over what was put together in the buffer, now that it stays
// where it is.
func (t *taker) settle() {
	from := len(t.out)
	for _, s := range t.spans {
		t.out = append(t.out, t.buf[s[0]:s[1]:s[1]])
	}
	slices.SortFunc(t.out[from:], bytes.Compare)
	t.out = t.out[:from+len(slices.CompactFunc(t.out[from:], bytes.Equal))]
}

func (t *terms) add(of [][]byte, number uint32) {
	for _, text := range of {
		term, ok := t.find(text)
		if !ok {
			term = t.fresh()
			key := string(text)
			t.at[key] = term
			t.order.Set(key, term)
			t.bytes += int64(len(text))
		}
		t.posts[term].add(number)
	}
}

func newTerms() terms { return terms{at: map[string]uint32{}} }

func (t *terms) find(text []byte) (term uint32, ok bool) {
	term, ok = t.at[string(text)]
	return term, ok
}

func (t *terms) fresh() (term uint32) {
	if n := len(t.free); n > 0 {
		term, t.free = t.free[n-1], t.free[:n-1]
		t.posts[term] = posting{one: none}
		return term
	}
	t.posts = append(t.posts, posting{one: none})
	return uint32(len(t.posts) - 1)
}

func (t *terms) drop(of [][]byte, number uint32) {
	for _, text := range of {
		if term, ok := t.find(text); ok && t.posts[term].drop(number) {
			delete(t.at, string(text))
			t.order.Delete(string(text))
			t.free = append(t.free, term)
			t.bytes -= int64(len(text))
		}
	}
}

// exact gives the notes of a term, nil for none.
func (t *terms) exact(text string) *posting {
	if term, ok := t.at[text]; ok {
		return &t.posts[term]
	}
	return nil
}

// posting is the notes of a term. Most terms have one.
type posting struct {
	one  uint32 // none, where many is not nil
	many *many
}

// many are some notes in order, or as a bitmap.
type many struct {
	few  []uint32
	bits *roaring.Bitmap
}

const (
	none = ^uint32(0)
	// mostFew notes are a list. Of fewer than half as many, a bitmap becomes one.
	mostFew = 64
)

func (p *posting) add(number uint32) {
	switch {
	case p.many == nil && p.one == none:
		p.one = number
	case p.many == nil && p.one != number:
		p.many = &many{few: []uint32{min(p.one, number), max(p.one, number)}}
		p.one = none
	case p.many != nil:
		p.many.add(number)
	}
}

func (m *many) add(number uint32) {
	if m.bits != nil {
		m.bits.Add(number)
		return
	}
	at, met := slices.BinarySearch(m.few, number)
	switch {
	case met:
	case len(m.few) < mostFew:
		m.few = slices.Insert(m.few, at, number)
	default:
		m.bits = roaring.BitmapOf(m.few...)
		m.bits.Add(number)
		m.few = nil
	}
}

// drop tells whether there are no more.
func (p *posting) drop(number uint32) (empty bool) {
	if p.many == nil {
		if p.one == number {
			p.one = none
		}
		return p.one == none
	}
	m := p.many
	if m.drop(number); m.bits == nil && len(m.few) == 1 {
		p.one, p.many = m.few[0], nil
	}
	return false
}

func (m *many) drop(number uint32) {
	if m.bits != nil {
		if m.bits.Remove(number); m.bits.GetCardinality() < mostFew/2 {
			m.few, m.bits = m.bits.ToArray(), nil
		}
		return
	}
	if at, met := slices.BinarySearch(m.few, number); met {
		m.few = slices.Delete(m.few, at, at+1)
	}
}

// each calls for every note.
func (p *posting) each(do func(number uint32)) {
	switch {
	case p == nil || p.many == nil && p.one == none:
	case p.many == nil:
		do(p.one)
	case p.many.bits == nil:
		for _, number := range p.many.few {
			do(number)
		}
	default:
		var buffer [256]uint32
		all := p.many.bits.ManyIterator()
		for n := all.NextMany(buffer[:]); n > 0; n = all.NextMany(buffer[:]) {
			for _, number := range buffer[:n] {
				do(number)
			}
		}
	}
}
