package roster

import (
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
)

// lists is a column of several words a customer, as tags are.
type lists struct {
	who map[string]*roaring.Bitmap
	of  map[uint32][]string // sorted; the words are those of who
}

func newLists() *lists { return &lists{map[string]*roaring.Bitmap{}, map[uint32][]string{}} }

func (l *lists) set(o uint32, words []string) {
	before := l.of[o]
	if slices.Equal(before, words) {
		return
	}
	for _, word := range before {
		if !slices.Contains(words, word) {
			l.remove(o, word)
		}
	}
	for _, word := range words {
		l.add(o, word)
	}
}

func (l *lists) add(o uint32, word string) {
	at, has := slices.BinarySearch(l.of[o], word)
	if has {
		return
	}
	if l.who[word] == nil {
		l.who[word] = roaring.New()
	}
	l.who[word].Add(o)
	l.of[o] = slices.Insert(slices.Clip(l.of[o]), at, word)
}

func (l *lists) remove(o uint32, word string) {
	at, has := slices.BinarySearch(l.of[o], word)
	if !has {
		return
	}
	l.who[word].Remove(o)
	if len(l.of[o]) == 1 {
		delete(l.of, o)
		return
	}
	l.of[o] = slices.Delete(slices.Clone(l.of[o]), at, at+1)
}

// having gives who has a word: shared, not to be changed.
func (l *lists) having(word string) *roaring.Bitmap {
	if who := l.who[word]; who != nil {
		return who
	}
	return none
}
