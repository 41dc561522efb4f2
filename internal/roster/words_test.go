package roster

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"
)

// Whatever was set, words are those that a map would have, and nothing is kept of
// one that nobody has any more.
func TestWordsAreForgottenWithTheLastWhoHasThem(t *testing.T) {
	w, want, r := newWords(), map[uint32]string{}, rand.New(rand.NewPCG(5, 5))
	for step := range 5000 {
		o, word := r.Uint32N(40), ""
		if r.IntN(3) > 0 {
			word = fmt.Sprint("word", r.IntN(60))
		}
		if changed := w.set(o, word); changed != (want[o] != word) {
			t.Fatalf("step %d: changed is %v", step, changed)
		}
		if want[o] = word; word == "" {
			delete(want, o)
		}
		having := map[string]*roaring.Bitmap{}
		for o := range uint32(40) {
			if w.get(o) != want[o] || w.any.Contains(o) != (want[o] != "") {
				t.Fatalf("step %d: %d has %q, not %q", step, o, w.get(o), want[o])
			}
			if word := want[o]; word != "" {
				noted(having, word).Add(o)
			}
		}
		for word, who := range having {
			if !w.having(word).Equals(who) {
				t.Fatalf("step %d: %s is that of %v", step, word, w.having(word))
			}
		}
		if len(w.numbers) != len(having) || strings.Count(strings.Join(w.names, " "), "word") != len(having) || len(w.names) > 42 {
			t.Fatalf("step %d: %d words are kept of %d", step, len(w.numbers), len(having))
		}
		n := 0
		w.each(func(string, *roaring.Bitmap) { n++ })
		if n != len(having) || w.bytes() == 0 {
			t.Fatalf("step %d: %d words of %d", step, n, len(having))
		}
	}
	if len(want) == 0 || !none.IsEmpty() {
		t.Error("nothing is told above")
	}
}
