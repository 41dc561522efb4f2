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
	noted []noted // until flush
	heap  int     // bytes of the lists
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
		if n > 1 && r.infix > 0 {
			g.note(key(a, b, c), term)
		}
		if c >= utf8.RuneSelf && r.infix > 0 && dense(c) {
			g.note(key(0, 0, c), term)
			if b != 0 {
				g.note(key(0, b, c), term)
			}
		}
		a, b = b, c
	}
}

// now adds a term to a list at once, for what is costly to look for otherwise.
func (g *grams) now(k uint64, term uint32) {
	at, ok := g.list(k)
	if !ok {
		at = g.newList(k, term)
	}
	g.heap += g.lists[at].add([]uint32{term})
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

// note puts a term down for a list.
func (g *grams) note(k uint64, term uint32) {
	at, ok := g.list(k)
	if !ok {
		at = g.newList(k, term)
	}
	g.noted = append(g.noted, noted{at, term})
}

// noted is a term that is to come into a list.
type noted struct{ list, term uint32 }

// flush brings what was noted into the lists, one list after the other: they
// are many and far apart in memory.
func (g *grams) flush() {
	starts := make([]uint32, len(g.lists)+1)
	for _, n := range g.noted {
		starts[n.list+1]++
	}
	for i := 1; i < len(starts); i++ {
		starts[i] += starts[i-1]
	}
	terms := make([]uint32, len(g.noted))
	for _, n := range g.noted {
		terms[starts[n.list]] = n.term
		starts[n.list]++
	}
	from := uint32(0)
	for i := range g.lists {
		if to := starts[i]; to > from {
			g.heap += g.lists[i].add(terms[from:to])
			from = to
		}
	}
	g.noted = nil
}

// add appends terms, of which none is less than what is there, and tells how
// many bytes the list has grown.
func (l *list) add(terms []uint32) (grown int) {
	was := cap(l.diffs)
	for _, term := range terms {
		if l.n > 0 && l.last == term {
			continue
		}
		if len(l.diffs)+binary.MaxVarintLen32 > cap(l.diffs) {
			l.diffs = append(make([]byte, 0, len(l.diffs)+len(l.diffs)/8+8), l.diffs...)
		}
		l.diffs = binary.AppendUvarint(l.diffs, uint64(term-l.last))
		l.last = term
		l.n++
	}
	return cap(l.diffs) - was
}

// ofPrefix gives the key that every term with a prefix has. It is sure when no
// other term has it.
func ofPrefix(text string, n int) (k uint64, sure bool) {
	var rs [3]rune
	i := 0
	for _, r := range text {
		if i == 3 {
			break
		}
		rs[0], rs[1], rs[2] = rs[1], rs[2], r
		i++
	}
	return atStart | key(rs[0], rs[1], rs[2]), n <= 3
}

// ofInfix gives the keys of what is anywhere in a term.
func ofInfix(r *rule, text string, n int) (keys []uint64, sure bool) {
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

// rarest gives the list of the key that has the fewest terms, all that have
// every key among them; nil when there are none.
func (g *grams) rarest(keys ...uint64) (best *list) {
	for _, k := range keys {
		at, ok := g.list(k)
		if !ok {
			return nil
		}
		if l := &g.lists[at]; best == nil || l.n < best.n {
			best = l
		}
	}
	return best
}

// some walks a list: as many terms at a time as there is room.
func (l *list) some(room []uint32) iter.Seq[[]uint32] {
	return func(yield func([]uint32) bool) {
		if l == nil {
			return
		}
		term := uint32(0)
		for b := l.diffs; len(b) > 0; {
			n := 0
			for n < len(room) && len(b) > 0 {
				d, w := uint32(b[0]), 1
				if d >= 0x80 {
					v, k := binary.Uvarint(b)
					d, w = uint32(v), k
				}
				b = b[w:]
				term += d
				room[n] = term
				n++
			}
			if !yield(room[:n]) {
				return
			}
		}
	}
}

func (g *grams) bytes() int { return g.heap + 32*cap(g.lists) + 24*len(g.at) + 4*cap(g.plain) }
