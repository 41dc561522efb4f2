// Package packed keeps a little of each of very many: what would be a pointer, a
// header and room to grow for each otherwise. It is in memory, by number, for
// numbers from 0 on with few gaps. Nothing is safe for use beside a change.
package packed

import "encoding/binary"

// Store keeps a short text of each number, those of some neighbours in one
// string: so they take less room, and the garbage collector meets fewer of them.
type Store struct {
	blocks []string
	filled int // that have a text
	bytes  int // of all blocks
	buf    []byte
}

// neighbours are the numbers of a block. Each text of a block has its length
// before it, as far as any was set.
const neighbours = 8

// Room is up to which number there may be texts.
func (s *Store) Room() int { return len(s.blocks) * neighbours }

// Filled is how many numbers have a text.
func (s *Store) Filled() int { return s.filled }

// roundedUp is what the runtime adds to a string of some hundred bytes, about.
const roundedUp = 32

// Bytes is what it takes, about.
func (s *Store) Bytes() int { return (16+roundedUp)*cap(s.blocks) + s.bytes }

// Get gives the text of a number, "" when there is none.
func (s *Store) Get(of uint32) string {
	if int(of) >= s.Room() {
		return ""
	}
	block := s.blocks[of/neighbours]
	for i := of % neighbours; block != ""; i-- {
		n, w := Uvarint(block)
		if i == 0 {
			return block[w : w+n]
		}
		block = block[w+n:]
	}
	return ""
}

// Set replaces it.
func (s *Store) Set(of uint32, text []byte) {
	for int(of) >= s.Room() {
		s.blocks = append(s.blocks, "")
	}
	old := s.blocks[of/neighbours]
	s.buf = s.buf[:0]
	rest := old
	for range of % neighbours {
		if rest == "" { // those before it have none
			s.buf = append(s.buf, 0)
			continue
		}
		n, w := Uvarint(rest)
		s.buf, rest = append(s.buf, rest[:w+n]...), rest[w+n:]
	}
	s.filled += min(len(text), 1)
	if rest != "" {
		n, w := Uvarint(rest)
		s.filled -= min(n, 1)
		rest = rest[w+n:]
	}
	s.buf = append(binary.AppendUvarint(s.buf, uint64(len(text))), text...)
	s.buf = append(s.buf, rest...)
	s.bytes += len(s.buf) - len(old)
	s.blocks[of/neighbours] = string(s.buf)
}

// Uvarint reads what binary.AppendUvarint wrote, and tells how many bytes that is.
func Uvarint(s string) (n, width int) {
	for i := 0; ; i++ {
		n |= int(s[i]&0x7f) << (7 * i)
		if s[i] < 0x80 {
			return n, i + 1
		}
	}
}
