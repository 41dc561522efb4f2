package scan

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"strings"
)

// anchor is how many bytes of a spelling its occurrences are found by.
const anchor = 8

// Set is many values, looked for at once: one hash look-up at each byte,
// whatever their number. Spellings are found by their first eight bytes and
// then compared whole.
type Set struct {
	values []string
	filter []uint64 // a bit for each hash that occurs
	slots  []slot
	shift  int // of the slots' hash
}

type slot struct {
	anchor uint64
	what   uint32 // value*maxForms + form + 1; 0 is empty
}

// Hit is one occurrence.
type Hit struct {
	Value  int // index of the value
	Form   string
	Offset int
}

// NewSet takes the values. One of fewer than eight bytes would be found by
// chance and is refused.
func NewSet(values []string) (*Set, error) {
	size := bits.Len(uint(len(values)*len(forms)*2) * 2)
	s := &Set{values: values, slots: make([]slot, 1<<size), shift: 64 - size, filter: make([]uint64, 1<<(size+3-6))}
	for i, v := range values {
		if len(v) < anchor {
			return nil, fmt.Errorf("value %d is too short to be told from chance", i)
		}
		seen := map[string]bool{}
		for form := range len(forms) * len(cases) {
			if text := spell(v, form); len(text) >= anchor && !seen[text] {
				seen[text] = true
				s.add(text, uint32(i*maxForms+form+1))
			}
		}
	}
	return s, nil
}

func hash(a uint64) uint64 { return (a ^ a>>29) * 0x9e3779b97f4a7c15 }

func (s *Set) add(text string, what uint32) {
	a := binary.LittleEndian.Uint64([]byte(text))
	h := hash(a)
	bit := h >> (s.shift - 3)
	s.filter[bit/64] |= 1 << (bit % 64)
	at := h >> s.shift
	for n := 0; s.slots[at].what != 0; at = (at + 1) & uint64(len(s.slots)-1) {
		if n++; n > len(s.slots)-2 {
			panic("scan: the table is full")
		}
	}
	s.slots[at] = slot{a, what}
}

// Search calls found for every occurrence in data.
func (s *Set) Search(data []byte, found func(Hit)) {
	shift := s.shift - 3
	for i := 0; i+anchor <= len(data); i++ {
		a := binary.LittleEndian.Uint64(data[i:])
		h := hash(a)
		if bit := h >> shift; s.filter[bit/64]&(1<<(bit%64)) == 0 {
			continue
		}
		for at := h >> s.shift; s.slots[at].what != 0; at = (at + 1) & uint64(len(s.slots)-1) {
			if s.slots[at].anchor == a {
				s.confirm(data, i, int(s.slots[at].what-1), found)
			}
		}
	}
}

func (s *Set) confirm(data []byte, i, what int, found func(Hit)) {
	value, form := what/maxForms, what%maxForms
	text := spell(s.values[value], form)
	if len(data)-i >= len(text) && strings.HasPrefix(string(data[i:i+len(text)]), text) {
		found(Hit{value, formName(form), i})
	}
}
