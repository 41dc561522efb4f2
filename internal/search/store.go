package search

import "encoding/binary"

// store keeps a packed text of each document, those of some neighbours in one
// string: so they take less room, and the garbage collector meets fewer of them.
type store struct {
	blocks []string
	docs   int // that have a text
	bytes  int // of all blocks
	buf    []byte
}

// neighbours are the documents of a block. Each text of a block has its length
// before it; those at its end that are empty may be left out.
const neighbours = 8

// room is up to which number there may be documents.
func (s *store) room() int { return len(s.blocks) * neighbours }

// get gives the text of a document, "" when there is none.
func (s *store) get(doc uint32) string {
	if int(doc) >= s.room() {
		return ""
	}
	block := s.blocks[doc/neighbours]
	for i := doc % neighbours; block != ""; i-- {
		n, w := uvarint(block)
		if i == 0 {
			return block[w : w+n]
		}
		block = block[w+n:]
	}
	return ""
}

// set replaces it.
func (s *store) set(doc uint32, text []byte) {
	for int(doc) >= s.room() {
		s.blocks = append(s.blocks, "")
	}
	old := s.blocks[doc/neighbours]
	s.buf = s.buf[:0]
	kept := 0 // without the empty at the end
	for i, rest := uint32(0), old; rest != "" || i <= doc%neighbours; i++ {
		n, w := 0, 0
		if rest != "" {
			n, w = uvarint(rest)
		}
		value := rest[w : w+n]
		rest = rest[w+n:]
		if i == doc%neighbours {
			s.docs += min(len(text), 1) - min(len(value), 1)
			s.buf = append(binary.AppendUvarint(s.buf, uint64(len(text))), text...)
			n = len(text)
		} else {
			s.buf = append(binary.AppendUvarint(s.buf, uint64(n)), value...)
		}
		if n > 0 {
			kept = len(s.buf)
		}
	}
	s.bytes += kept - len(old)
	s.blocks[doc/neighbours] = string(s.buf[:kept])
}
