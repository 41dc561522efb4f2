package search

import "github.com/RoaringBitmap/roaring/v2"

// Found is what a search found. It is of the moment of the search and belongs
// to the caller.
type Found struct {
	docs  *roaring.Bitmap
	tiers []tier // the best first, each document in one
}

type tier struct {
	score uint16
	docs  *roaring.Bitmap
}

// Hit is a document that matches.
type Hit struct {
	Doc   uint32
	Score uint16
}

// Mark is the last hit of a page. The next page begins after it, whatever has
// come and gone since.
type Mark struct {
	Score uint16
	Doc   uint32
}

// Docs are all that match. Not to be changed.
func (f *Found) Docs() *roaring.Bitmap { return f.docs }

// Top gives the n best after a mark, nil being the beginning: by score, then by
// document.
func (f *Found) Top(after *Mark, n int) (hits []Hit) {
	for _, t := range f.tiers {
		if after != nil && t.score > after.Score {
			continue
		}
		it := t.docs.Iterator()
		if after != nil && t.score == after.Score {
			it.AdvanceIfNeeded(after.Doc + 1)
		}
		for it.HasNext() {
			if len(hits) >= n {
				return hits
			}
			hits = append(hits, Hit{it.Next(), t.score})
		}
	}
	return hits
}
