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
// before it, as far as any was set.
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
	rest := old
	for range doc % neighbours {
		if rest == "" { // those before it have none
			s.buf = append(s.buf, 0)
			continue
		}
		n, w := uvarint(rest)
		s.buf, rest = append(s.buf, rest[:w+n]...), rest[w+n:]
	}
	s.docs += min(len(text), 1)
	if rest != "" {
		n, w := uvarint(rest)
		s.docs -= min(n, 1)
		rest = rest[w+n:]
	}
	s.buf = append(binary.AppendUvarint(s.buf, uint64(len(text))), text...)
	s.buf = append(s.buf, rest...)
	s.bytes += len(s.buf) - len(old)
	s.blocks[doc/neighbours] = string(s.buf)
}
