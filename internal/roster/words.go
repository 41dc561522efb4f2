package roster

import (
	"github.com/RoaringBitmap/roaring/v2"

	"github.com/acme/customers/internal/packed"
)

// words is a column of one word a customer, out of few: who has which word is
// as quick to tell as which word somebody has. "" is no word.
type words struct {
	numbers map[string]uint32 // of each word, from 1
	names   []string
	spare   []uint32          // numbers of words that nobody has any more
	who     []*roaring.Bitmap // by number
	of      packed.Codes      // number by ordinal
	any     *roaring.Bitmap   // who has a word
}

func newWords() *words {
	return &words{numbers: map[string]uint32{}, names: []string{""}, who: []*roaring.Bitmap{nil}, any: roaring.New()}
}

// set tells whether that is another word.
func (w *words) set(o uint32, word string) (changed bool) {
	before, after := w.number(o), w.numberOf(word)
	if before == after {
		return false
	}
	if before != 0 {
		w.who[before].Remove(o)
		w.leave(before)
	}
	if after != 0 {
		w.who[after].Add(o)
		w.any.Add(o)
	} else {
		w.any.Remove(o)
	}
	w.of.Set(o, after)
	return true
}

// numberOf numbers a word that was not met before.
func (w *words) numberOf(word string) uint32 {
	if word == "" {
		return 0
	}
	n, ok := w.numbers[word]
	if !ok {
		n = uint32(len(w.names))
		if k := len(w.spare); k > 0 {
			n, w.spare = w.spare[k-1], w.spare[:k-1]
		} else {
			w.names, w.who = append(w.names, ""), append(w.who, none)
		}
		w.numbers[word], w.names[n], w.who[n] = n, word, roaring.New()
	}
	return n
}

// leave forgets a word that nobody has any more: some are written by people, as
// a gender is.
func (w *words) leave(number uint32) {
	if w.who[number].IsEmpty() {
		delete(w.numbers, w.names[number])
		w.names[number], w.who[number] = "", none
		w.spare = append(w.spare, number)
	}
}

func (w *words) number(o uint32) uint32 { return w.of.Get(o) }

func (w *words) get(o uint32) string { return w.names[w.number(o)] }

// having gives who has a word: shared, not to be changed.
func (w *words) having(word string) *roaring.Bitmap {
	if n := w.numbers[word]; n != 0 {
		return w.who[n]
	}
	return none
}

// times counts, by number, how many of some customers have each word.
func (w *words) times(who *roaring.Bitmap) []int64 {
	times, buffer := make([]int64, len(w.names)), make([]uint32, batch)
	each := who.ManyIterator()
	for n := each.NextMany(buffer); n > 0; n = each.NextMany(buffer) {
		for _, o := range buffer[:n] {
			times[w.number(o)]++
		}
	}
	return times
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
