package gazetteer

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"strings"
)

// table is one country: places in the order in which they are found, biggest
// first. As decoded it is
//
//	number of places, number of areas (uint32, little endian)
//	areas, each ended by \n
//	one byte a place: its area, counted from 1; 0 is none
//	six planes of one byte a place: latitude and longitude, 24 bits each, in
//	  1e-4 degrees from -180, high bytes first; all zero is "not known"
//	one line a place: name \t key \t key ... \n
//
// Columns stand as planes because they compress better so, and are read where
// they stand.
type table struct {
	areas  []string
	area   []byte
	planes []byte
	text   string
	lines  []uint32 // where a place's line begins
	slots  []slot   // open addressing, linear probing
}

// slot is a key: where it begins in the text (0: free) and whose it is.
type slot struct{ key, place uint32 }

var errCut = errors.New("the table is cut short")

func decode(raw []byte) (*table, error) {
	if len(raw) < 8 {
		return nil, errCut
	}
	n, areas := int(binary.LittleEndian.Uint32(raw)), int(binary.LittleEndian.Uint32(raw[4:]))
	raw = raw[8:]
	if n > len(raw) || areas > math.MaxUint8 {
		return nil, errCut
	}
	t := &table{}
	for range areas {
		end := bytes.IndexByte(raw, '\n')
		if end < 0 {
			return nil, errCut
		}
		t.areas, raw = append(t.areas, string(raw[:end])), raw[end+1:]
	}
	if len(raw) < 7*n {
		return nil, errCut
	}
	columns := bytes.Clone(raw[:7*n]) // so that nothing keeps raw
	t.area, t.planes, t.text = columns[:n], columns[n:], string(raw[7*n:])
	return t, t.index(n)
}

// index finds the lines and puts every key into a slot. Places come in their
// order, so equal keys are probed in it too.
func (t *table) index(n int) error {
	t.lines, t.slots = make([]uint32, 0, n), make([]slot, strings.Count(t.text, "\t")*4/3+1)
	begin, key, hash := 0, 0, seed
	for i := range len(t.text) {
		c := t.text[i]
		if c >= ' ' {
			hash = mix(hash, c)
			continue
		}
		if key > 0 {
			t.insert(hash, key)
		}
		if hash, key = seed, i+1; c == '\n' {
			t.lines, begin, key = append(t.lines, uint32(begin)), i+1, 0
		}
	}
	if begin != len(t.text) || len(t.lines) != n {
		return errCut
	}
	return nil
}

// insert takes the next free slot for a key of the line that is being read.
func (t *table) insert(hash uint32, key int) {
	i := t.home(hash)
	for t.slots[i].key != 0 {
		i = t.next(i)
	}
	t.slots[i] = slot{uint32(key), uint32(len(t.lines))}
}

func (t *table) find(key string) (found []Spot) {
	hash, last := seed, -1
	for i := range len(key) {
		hash = mix(hash, key[i])
	}
	for i := t.home(hash); t.slots[i].key != 0; i = t.next(i) {
		s := t.slots[i]
		if word(t.text[s.key:]) == key && int(s.place) != last {
			found, last = append(found, t.spot(int(s.place))), int(s.place)
		}
	}
	return found
}

func (t *table) spot(place int) Spot {
	s := Spot{Name: word(t.text[t.lines[place]:])}
	if a := t.area[place]; a > 0 && int(a) <= len(t.areas) {
		s.Area = t.areas[a-1]
	}
	s.Latitude, s.Longitude = t.degrees(place, 0), t.degrees(place, 3)
	return s
}

// degrees reads the three planes of a coordinate.
func (t *table) degrees(place, plane int) float64 {
	n := len(t.area)
	at := plane*n + place
	v := int(t.planes[at])<<16 | int(t.planes[at+n])<<8 | int(t.planes[at+2*n])
	if v == 0 {
		return 0
	}
	return float64(v-1800000) / 1e4
}

// word is the text up to the next separator.
func word(s string) string {
	for i := range len(s) {
		if s[i] < ' ' {
			return s[:i]
		}
	}
	return s
}

// seed and mix are FNV-1a.
const seed = uint32(2166136261)

func mix(hash uint32, c byte) uint32 { return (hash ^ uint32(c)) * 16777619 }

// home is the first slot to look at.
func (t *table) home(hash uint32) int {
	return int(uint64(hash) * uint64(len(t.slots)) >> 32)
}

func (t *table) next(i int) int {
	if i++; i == len(t.slots) {
		return 0
	}
	return i
}
