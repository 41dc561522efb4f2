package roster

import (
	"encoding/binary"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/acme/customers/internal/packed"
)

// lists is a column of several words a customer, as tags are. Those of many are
// the same, and kept once.
type lists struct {
	who     map[string]*roaring.Bitmap
	of      packed.Codes      // number of the set by ordinal; 0: none
	numbers map[string]uint32 // of each set, by its words put together
	sets    []set
	spare   []uint32        // numbers of sets that nobody has any more
	any     *roaring.Bitmap // who has any
}

// set is some words, sorted.
type set struct {
	key   string // their place in numbers
	words []string
	times int // how many have just these
}

func newLists() *lists {
	return &lists{who: map[string]*roaring.Bitmap{}, numbers: map[string]uint32{}, sets: []set{{}}, any: roaring.New()}
}

// get gives the words of a customer: shared, not to be changed.
func (l *lists) get(o uint32) []string { return l.sets[l.of.Get(o)].words }

// set keeps words, which are sorted and not changed any more, and tells whether
// they are others.
func (l *lists) set(o uint32, words []string) (changed bool) {
	before := l.get(o)
	if slices.Equal(before, words) {
		return false
	}
	for _, word := range before {
		if l.who[word].Remove(o); l.who[word].IsEmpty() {
			delete(l.who, word)
		}
	}
	for _, word := range words {
		if l.who[word] == nil {
			l.who[word] = roaring.New()
		}
		l.who[word].Add(o)
	}
	l.leave(l.of.Get(o))
	l.of.Set(o, l.join(words))
	if len(words) == 0 {
		l.any.Remove(o)
	} else {
		l.any.Add(o)
	}
	return true
}

// join gives the number of the set of some words.
func (l *lists) join(words []string) (number uint32) {
	if len(words) == 0 {
		return 0
	}
	var all []byte // with lengths: no character is for us to put between words
	for _, word := range words {
		all = append(binary.AppendUvarint(all, uint64(len(word))), word...)
	}
	key := string(all)
	number, ok := l.numbers[key]
	if !ok {
		number = uint32(len(l.sets))
		if n := len(l.spare); n > 0 {
			number, l.spare = l.spare[n-1], l.spare[:n-1]
		} else {
			l.sets = append(l.sets, set{})
		}
		l.numbers[key] = number
		l.sets[number] = set{key: key, words: words}
	}
	l.sets[number].times++
	return number
}

// leave forgets a set that nobody has any more: tags are written by people.
func (l *lists) leave(number uint32) {
	if s := &l.sets[number]; number != 0 {
		if s.times--; s.times == 0 {
			delete(l.numbers, s.key)
			*s = set{}
			l.spare = append(l.spare, number)
		}
	}
}

// having gives who has a word: shared, not to be changed.
func (l *lists) having(word string) *roaring.Bitmap {
	if who := l.who[word]; who != nil {
		return who
	}
	return none
}

func (l *lists) bytes() int64 {
	n := int64(l.of.Bytes()) + sizeOf(l.any)
	for i := range l.sets {
		n += 150 + int64(2*len(l.sets[i].key)+16*len(l.sets[i].words)) // in the map, too
	}
	for _, who := range l.who {
		n += sizeOf(who)
	}
	return n
}
