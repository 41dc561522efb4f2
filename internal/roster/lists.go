package roster

import (
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
)

// lists is a column of several words a customer, as tags are.
type lists struct {
	who map[string]*roaring.Bitmap
	of  map[uint32][]string // sorted
	any *roaring.Bitmap     // who has any
}

func newLists() *lists {
	return &lists{map[string]*roaring.Bitmap{}, map[uint32][]string{}, roaring.New()}
}

// set keeps words, which are sorted and not changed any more.
func (l *lists) set(o uint32, words []string) {
	before := l.of[o]
	if slices.Equal(before, words) {
		return
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
	if len(words) == 0 {
		delete(l.of, o)
		l.any.Remove(o)
		return
	}
	l.of[o] = words
	l.any.Add(o)
}

// having gives who has a word: shared, not to be changed.
func (l *lists) having(word string) *roaring.Bitmap {
	if who := l.who[word]; who != nil {
		return who
	}
	return none
}
