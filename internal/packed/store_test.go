package packed

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// TestStore: whatever was set, the texts are those a plain map would have.
func TestStore(t *testing.T) {
	var s Store
	r, want := rand.New(rand.NewPCG(3, 3)), map[uint32]string{}
	for range 5000 {
		doc, text := uint32(r.IntN(100)), strings.Repeat("x", max(0, r.IntN(400)-200)*r.IntN(2))
		s.Set(doc, []byte(text))
		if want[doc] = text; text == "" {
			delete(want, doc)
		}
		bytes := 0
		for doc := range uint32(120) {
			if got := s.Get(doc); got != want[doc] {
				t.Fatalf("document %d has %d bytes of %d", doc, len(got), len(want[doc]))
			}
		}
		for _, b := range s.blocks {
			bytes += len(b)
		}
		if s.filled != len(want) || s.bytes != bytes {
			t.Fatalf("%d documents of %d, %d bytes of %d", s.filled, len(want), s.bytes, bytes)
		}
	}
}
