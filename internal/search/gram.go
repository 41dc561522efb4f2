package search

import (
	"encoding/binary"
	"iter"
	"unicode/utf8"
)

// grams lead from pieces of three letters to the terms that have them, and from
// the first one, two or three letters to those that begin so; in dense scripts
// from single letters and pairs, too. Phone numbers go by four digits. A list
// grows at its end only, as terms are numbered in the order in which they come,
// so that it is kept as differences.
type grams struct {
	at    map[uint64]uint32
	ascii []uint32 // for the most common: at+1, by three letters or digits
	lists []list
	heap  int // bytes of the lists
}

type list struct {
	diffs []byte
	n     uint32
	last  uint32
}

// Keys are up to three runes of 21 bits each; none that is in a word needs the
// highest.
const (
	atStart = 1 << 63
	sounds  = 1 << 62
)

func key(a, b, c rune) uint64 { return uint64(a)<<42 | uint64(b)<<21 | uint64(c) }

// key4 is of four digits.
func key4(b []byte) uint64 { return uint64(binary.BigEndian.Uint32(b)) }

func newGrams() grams { return grams{at: map[uint64]uint32{}} }

func (g *grams) add(r *rule, text []byte, term uint32) {
	if r.phone {
		for i := 0; i+4 <= len(text); i++ {
			g.note(key4(text[i:]), term)
		}
		return
	}
	var a, b rune
	n := 0
	for i := 0; i < len(text); n++ {
		c, w := rune(text[i]), 1
		if c >= utf8.RuneSelf {
			c, w = utf8.DecodeRune(text[i:])
		}
		i += w
		if n < 3 {
			g.note(atStart|key(a, b, c), term)
		}
		if n > 1 {
			g.note(key(a, b, c), term)
		}
		if c >= utf8.RuneSelf && dense(c) {
			g.note(key(0, 0, c), term)
			if b != 0 {
				g.note(key(0, b, c), term)
			}
		}
		a, b = b, c
	}
	if r.name {
		if s := sound(text); s != 0 {
			g.note(sounds|s, term)
		}
	}
}

func (g *grams) note(k uint64, term uint32) {
	at, ok := g.at[k]
	if !ok {
		at = uint32(len(g.lists))
		g.lists = append(g.lists, list{})
		g.at[k] = at
	}
	l := &g.lists[at]
	if l.n > 0 && l.last == term {
		return
	}
	was := cap(l.diffs)
	l.diffs = binary.AppendUvarint(l.diffs, uint64(term-l.last))
	l.last = term
	l.n++
	g.heap += cap(l.diffs) - was
}

// ofPrefix gives the keys that every term with a prefix has. It is sure when
// no other term has them.
func (g *grams) ofPrefix(text string, n int) (keys []uint64, sure bool) {
	rs := []rune(text)
	switch n {
	case 1:
		return append(keys, atStart|key(0, 0, rs[0])), true
	case 2:
		return append(keys, atStart|key(0, rs[0], rs[1])), true
	}
	keys = append(keys, atStart|key(rs[0], rs[1], rs[2]))
	for i := 3; i < n; i++ {
		keys = append(keys, key(rs[i-2], rs[i-1], rs[i]))
	}
	return keys, n == 3
}

// ofInfix does so for what is anywhere in a term.
func (g *grams) ofInfix(r *rule, text string, n int) (keys []uint64, sure bool) {
	if r.phone {
		for i := 0; i+4 <= len(text); i++ {
			keys = append(keys, key4([]byte(text[i:i+4])))
		}
		return keys, n == 4
	}
	rs := []rune(text)
	switch n {
	case 1:
		return append(keys, key(0, 0, rs[0])), true
	case 2:
		return append(keys, key(0, rs[0], rs[1])), true
	}
	for i := 2; i < n; i++ {
		keys = append(keys, key(rs[i-2], rs[i-1], rs[i]))
	}
	return keys, n == 3
}

// rarest walks the terms of the key that has the fewest; it has all that have
// every key.
func (g *grams) rarest(keys []uint64) iter.Seq[uint32] {
	var best *list
	for _, k := range keys {
		at, ok := g.at[k]
		if !ok {
			best = nil
			break
		}
		if l := &g.lists[at]; best == nil || l.n < best.n {
			best = l
		}
	}
	return func(yield func(uint32) bool) {
		if best == nil {
			return
		}
		term := uint32(0)
		for b := best.diffs; len(b) > 0; {
			d, n := uint32(b[0]), 1
			if d >= 0x80 {
				v, w := binary.Uvarint(b)
				d, n = uint32(v), w
			}
			b = b[n:]
			if term += d; !yield(term) {
				return
			}
		}
	}
}

func (g *grams) bytes() int { return g.heap + 32*cap(g.lists) + 24*len(g.at) + 4*cap(g.ascii) }
