package roster

import "github.com/RoaringBitmap/roaring/v2"

// words is a column of one word a customer, out of few: who has which word is
// as quick to tell as which word somebody has. "" is no word.
type words struct {
	numbers map[string]uint32 // of each word, from 1
	names   []string
	who     []*roaring.Bitmap // by number
	of      []uint32          // number by ordinal; shorter than the customers are many where none has a word
	any     *roaring.Bitmap   // who has a word
}

func newWords() *words {
	return &words{numbers: map[string]uint32{}, names: []string{""}, who: []*roaring.Bitmap{nil}, any: roaring.New()}
}

func (w *words) set(o uint32, word string) {
	before, after := w.number(o), w.numberOf(word)
	if before == after {
		return
	}
	if before != 0 {
		w.who[before].Remove(o)
	}
	if after != 0 {
		w.who[after].Add(o)
		w.any.Add(o)
	} else {
		w.any.Remove(o)
	}
	w.of = grown(w.of, o)
	w.of[o] = after
}

// numberOf numbers a word that was not met before.
func (w *words) numberOf(word string) uint32 {
	if word == "" {
		return 0
	}
	n, ok := w.numbers[word]
	if !ok {
		n = uint32(len(w.names))
		w.numbers[word] = n
		w.names, w.who = append(w.names, word), append(w.who, roaring.New())
	}
	return n
}

func (w *words) number(o uint32) uint32 {
	if int(o) < len(w.of) {
		return w.of[o]
	}
	return 0
}

func (w *words) get(o uint32) string { return w.names[w.number(o)] }

// having gives who has a word: shared, not to be changed.
func (w *words) having(word string) *roaring.Bitmap {
	if n := w.numbers[word]; n != 0 {
		return w.who[n]
	}
	return none
}

// each calls with every word that somebody has.
func (w *words) each(yield func(word string, who *roaring.Bitmap)) {
	for n := 1; n < len(w.names); n++ {
		if !w.who[n].IsEmpty() {
			yield(w.names[n], w.who[n])
		}
	}
}

var none = roaring.New()

// grown makes room for an ordinal. A column that is full grows by a quarter: so
// each value is copied a few times only, however many there are.
func grown[T any](column []T, o uint32) []T {
	n := int(o) + 1
	switch {
	case n <= len(column):
		return column
	case n <= cap(column): // never used, so it is zero
		return column[:n]
	}
	more := make([]T, n, max(n, len(column)+len(column)/4))
	copy(more, column)
	return more
}
