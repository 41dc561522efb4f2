package search

import (
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
)

// postings hold the documents of terms. A term has a reference to its own. Most
// terms have one document, which stands in place of it; some have a few, in a
// slot of the size that fits; common ones have a bitmap. There is no pointer but
// to bitmaps, and one step to documents.
type postings struct {
	slots [classes][]uint32
	free  [classes][]uint32
	bits  []*roaring.Bitmap
	spare []uint32 // of bits
}

// none also fills what of a slot is free, so that slots are sorted and need no
// length.
//
// A reference is a document, none, or shared with class and slot.
const (
	none      = ^uint32(0)
	shared    = uint32(1) << 31
	slotBit   = 27
	classes   = len(room)
	bitsClass = 15
)

// room is how many documents a slot has; more than the last are better off in a
// bitmap.
var room = [...]int{2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256}

func refOf(class int, slot uint32) uint32 { return shared | uint32(class)<<slotBit | slot }

// split takes apart what refOf put together.
func split(v uint32) (class int, slot uint32) {
	return int(v &^ shared >> slotBit), v & (1<<slotBit - 1)
}

// slot gives all room of a slot.
func (p *postings) slot(class int, slot uint32) []uint32 {
	n := room[class]
	return p.slots[class][int(slot)*n:][:n:n]
}

// filled is what of a slot is documents.
func filled(slot []uint32) []uint32 {
	n := len(slot)
	for n > 0 && slot[n-1] == none {
		n--
	}
	return slot[:n]
}

// add is idempotent.
func (p *postings) add(ref *uint32, doc uint32) {
	v := *ref
	switch {
	case v == none:
		*ref = doc
		return
	case v&shared == 0:
		if v != doc {
			*ref = p.put(0, []uint32{min(v, doc), max(v, doc)})
		}
		return
	}
	class, at := split(v)
	if class == bitsClass {
		p.bits[at].Add(doc)
		return
	}
	slot := p.slot(class, at)
	docs := filled(slot)
	i := len(docs)
	if docs[i-1] >= doc {
		var found bool
		if i, found = slices.BinarySearch(docs, doc); found {
			return
		}
	}
	if len(docs) < len(slot) {
		copy(slot[i+1:], slot[i:len(docs)])
		slot[i] = doc
		return
	}
	more := slices.Insert(slices.Clone(docs), i, doc)
	p.release(class, at)
	*ref = p.put(class+1, more)
}

// put keeps documents in a class and gives the reference to them.
func (p *postings) put(class int, docs []uint32) uint32 {
	if class >= classes {
		at := uint32(len(p.bits))
		if n := len(p.spare); n > 0 {
			at, p.spare = p.spare[n-1], p.spare[:n-1]
		} else {
			p.bits = append(p.bits, nil)
		}
		p.bits[at] = roaring.BitmapOf(docs...)
		return refOf(bitsClass, at)
	}
	n := room[class]
	at := uint32(len(p.slots[class]) / n)
	if k := len(p.free[class]); k > 0 {
		at, p.free[class] = p.free[class][k-1], p.free[class][:k-1]
	} else {
		p.slots[class] = append(p.slots[class], empty[:n]...)
	}
	copy(p.slot(class, at), docs)
	return refOf(class, at)
}

var empty = slices.Repeat([]uint32{none}, room[len(room)-1])

func (p *postings) release(class int, at uint32) {
	copy(p.slot(class, at), empty)
	p.free[class] = append(p.free[class], at)
}

// drop takes a document away and tells whether the term has no more.
func (p *postings) drop(ref *uint32, doc uint32) (empty bool) {
	v := *ref
	if v == none || v&shared == 0 {
		if v == doc {
			*ref = none
		}
		return *ref == none
	}
	class, at := split(v)
	if class == bitsClass {
		p.bits[at].Remove(doc)
		if n := p.bits[at].GetCardinality(); n <= uint64(room[classes-3]) {
			*ref = p.put(classes-3, p.bits[at].ToArray())
			p.bits[at] = nil
			p.spare = append(p.spare, at)
		}
		return false
	}
	slot := p.slot(class, at)
	docs := filled(slot)
	i, found := slices.BinarySearch(docs, doc)
	if !found {
		return false
	}
	copy(slot[i:], docs[i+1:])
	slot[len(docs)-1] = none
	docs = docs[:len(docs)-1]
	switch {
	case len(docs) == 1:
		*ref = docs[0]
		p.release(class, at)
	case class > 1 && len(docs) <= room[class-2]:
		docs = slices.Clone(docs)
		p.release(class, at)
		*ref = p.put(class-2, docs)
	}
	return false
}

// bitmap gives the documents of a term; not to be changed.
func (p *postings) bitmap(v uint32) *roaring.Bitmap {
	switch {
	case v == none:
		return roaring.New()
	case v&shared == 0:
		return roaring.BitmapOf(v)
	}
	class, at := split(v)
	if class == bitsClass {
		return p.bits[at]
	}
	return roaring.BitmapOf(filled(p.slot(class, at))...)
}

func (p *postings) bytes() (n int) {
	n = 4 * (cap(p.spare) + 2*cap(p.bits))
	for i := range p.slots {
		n += 4 * (cap(p.slots[i]) + cap(p.free[i]))
	}
	for _, b := range p.bits {
		if b != nil {
			n += int(b.GetSizeInBytes()) + 48*(1+int(b.Stats().Containers))
		}
	}
	return n
}
