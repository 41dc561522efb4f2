package search

import "hash/maphash"

// table is a part of a hash table: see slotOf.
type table struct {
	slots []uint32
	used  int // with those of wiped terms
}

// A slot has the number of a term and one bit more than nothing, and above that
// bits of its hash, so that most others need not be looked at: a dictionary
// holds up to most terms.
const (
	wiped   = ^uint32(0)
	termBit = 26
	most    = 1<<termBit - 2
	shards  = 64
)

func slotOf(term uint32, hash uint64) uint32 { return (term + 1) | tag(hash) }

func tag(hash uint64) uint32 { return uint32(hash>>32) &^ (1<<termBit - 1) }

func termOf(slot uint32) uint32 { return slot&(1<<termBit-1) - 1 }

func (f *field) hash(text []byte) uint64 { return maphash.Bytes(f.seed, text) }

// slot is where a term is, or would be if there is a table.
func (f *field) slot(text []byte, hash uint64) (at *uint32, ok bool) {
	slots := f.slots[hash>>40%shards].slots
	if len(slots) == 0 {
		return nil, false
	}
	mask, bits := len(slots)-1, tag(hash)
	for i := int(hash) & mask; ; i = (i + 1) & mask {
		switch s := slots[i]; {
		case s == 0:
			return &slots[i], false
		case s != wiped && s&^(1<<termBit-1) == bits && string(f.text(termOf(s))) == string(text):
			return &slots[i], true
		}
	}
}

// enter puts a term into the hash table.
func (f *field) enter(term uint32, hash uint64) {
	t := &f.slots[hash>>40%shards]
	if (t.used+1)*4 > len(t.slots)*3 {
		before := t.slots
		t.slots, t.used = make([]uint32, max(4, 2*len(before))), 0
		for _, s := range before {
			if s != 0 && s != wiped {
				t.put(s, f.hash(f.text(termOf(s))))
			}
		}
	}
	t.put(slotOf(term, hash), hash)
}

func (t *table) put(slot uint32, hash uint64) {
	mask := len(t.slots) - 1
	at := int(hash) & mask
	for t.slots[at] != 0 {
		at = (at + 1) & mask
	}
	t.slots[at] = slot
	t.used++
}
