package search

import (
	"encoding/binary"
	"hash/maphash"
)

// Batch is the texts of some documents made ready to be put. That is the half of
// the work that needs no lock: whatever else is done with the index may be done
// beside it.
type Batch struct {
	seed maphash.Seed
	taker
	hashes []uint64 // of each term
	pack   []byte
	docs   []readied
}

// readied is where what belongs to a document ends.
type readied struct {
	doc         uint32
	pack, terms int
}

// Batch begins an empty one. It is the caller's until Done.
func (x *Index) Batch() *Batch {
	b := x.batches.Get().(*Batch)
	b.reset()
	b.hashes, b.pack, b.docs = b.hashes[:0], b.pack[:0], b.docs[:0]
	return b
}

// Done gives a batch back.
func (x *Index) Done(b *Batch) { x.batches.Put(b) }

// Add makes a document ready, the n-th from 0 on. Texts of unknown kinds are left
// out.
func (b *Batch) Add(doc uint32, texts []Text) (n int) {
	for _, t := range texts {
		if t.Kind < kinds {
			b.pack = append(b.pack, byte(t.Kind))
			b.pack = binary.AppendUvarint(b.pack, uint64(len(t.Value)))
			b.pack = append(b.pack, t.Value...)
			b.take(t)
		}
	}
	for _, t := range b.terms[len(b.hashes):] {
		b.hashes = append(b.hashes, maphash.Bytes(b.seed, t.text))
	}
	b.docs = append(b.docs, readied{doc, len(b.pack), len(b.terms)})
	return len(b.docs) - 1
}

// PutOf replaces what is known of the n-th document of a batch. The same texts
// again change nothing.
func (x *Index) PutOf(b *Batch, n int) {
	var before readied
	if n > 0 {
		before = b.docs[n-1]
	}
	d := b.docs[n]
	pack := b.pack[before.pack:d.pack]
	old := x.texts.Get(d.doc)
	if old == string(pack) {
		return
	}
	x.texts.Set(d.doc, pack)
	x.replace(d.doc, old, b.terms[before.terms:d.terms], b.hashes[before.terms:d.terms])
}
