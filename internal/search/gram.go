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
	plain []uint32 // at+1 for keys of ASCII letters and digits, once there are many terms
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

// key4 is of four digits. Phone numbers have no sounds to mix it up with.
func key4(b []byte) uint64 {
	return sounds | uint64(binary.BigEndian.Uint32(b))
}

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

// many terms make a table worth its half megabyte.
const many = 50_000

// plainKey gives the place of a key in the table.
func plainKey(k uint64) (at int, ok bool) {
	a, b, c := k>>42&(1<<21-1), k>>21&(1<<21-1), k&(1<<21-1)
	if (a|b|c) > 127 || k&sounds != 0 {
		return 0, false
	}
	return ((int(k>>63)*narrowed+int(narrow[a]))*narrowed+int(narrow[b]))*narrowed + int(narrow[c]), true
}

// narrowed is how many of them there are, and none.
const narrowed = 38

// narrow numbers what words consist of in ASCII, with the dot of domains.
var narrow = func() (n [128]uint8) {
	for i, c := range []byte("abcdefghijklmnopqrstuvwxyz0123456789.") {
		n[c] = uint8(i + 1)
	}
	return n
}()

func (g *grams) list(k uint64) (at uint32, ok bool) {
	if g.plain != nil {
		if i, ok := plainKey(k); ok {
			return g.plain[i] - 1, g.plain[i] > 0
		}
	}
	at, ok = g.at[k]
	return at, ok
}

func (g *grams) newList(k uint64, term uint32) (at uint32) {
	at = uint32(len(g.lists))
	g.lists = append(g.lists, list{})
	if term > many && g.plain == nil {
		g.plain = make([]uint32, 2*narrowed*narrowed*narrowed)
		for k, at := range g.at {
			if i, ok := plainKey(k); ok {
				g.plain[i] = at + 1
				delete(g.at, k)
			}
		}
	}
	if i, ok := plainKey(k); ok && g.plain != nil {
		g.plain[i] = at + 1
	} else {
		g.at[k] = at
	}
	return at
}

func (g *grams) note(k uint64, term uint32) {
	at, ok := g.list(k)
	if !ok {
		at = g.newList(k, term)
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
		at, ok := g.list(k)
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

func (g *grams) bytes() int { return g.heap + 32*cap(g.lists) + 24*len(g.at) + 4*cap(g.plain) }
