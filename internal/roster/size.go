package roster

import (
	"github.com/RoaringBitmap/roaring/v2"
)

// Size is what the roster takes.
type Size struct {
	Customers int64
	Bytes     int64 // about
	Texts     int64 // of Bytes: what texts are found by
	Names     int64 // of Bytes: the orders of names
}

// Measure measures. It counts what grows with the customers, and estimates what Go
// adds to it.
func (r *Roster) Measure() Size {
	r.mu.RLock()
	defer r.mu.RUnlock()
	s := Size{Customers: int64(r.customers.GetCardinality()), Texts: int64(r.texts.Size().Bytes())}
	for _, c := range r.keyed {
		s.Names += int64(len(c.keys)) * 150 // keys and their places in the order, by a heap profile
	}
	s.Names += int64(len(r.sorted.parts))*4 + int64(len(r.sorted.odd))*100
	for _, o := range r.orders.made {
		s.Names += int64(len(o.who))*4 + sizeOf(o.same) + sizeOf(o.since)
	}
	s.Bytes = s.Texts + s.Names + int64(len(r.ids))*(16+8) + r.columnBytes() + r.segmentBytes()
	return s
}

func (r *Roster) columnBytes() (n int64) {
	for _, w := range r.words {
		n += w.bytes()
	}
	for _, f := range r.flags {
		n += sizeOf(f)
	}
	n += r.addresses.bytes(1) + r.complete.bytes(1) + r.born.bytes(4) + r.registered.bytes(8) + r.lastHere.bytes(8) + r.lastActive.bytes(8)
	e := &r.elsewhere
	n += e.orders.bytes(4) + e.tickets.bytes(4) + e.firstAt.bytes(8) + e.lastAt.bytes(8) + e.lastThere.bytes(8)
	for _, w := range e.consents {
		n += w.bytes()
	}
	for _, spent := range e.spent {
		n += spent.bytes()
	}
	return n + r.tags.bytes() + r.attrs.bytes()
}

func (r *Roster) segmentBytes() (n int64) {
	for _, m := range r.segments.of {
		n += sizeOf(m.seen) + sizeOf(m.latest) + sizeOf(m.ever)
	}
	return n
}

func (w *words) bytes() int64 {
	n := int64(w.of.Bytes()) + sizeOf(w.any) + int64(len(w.names))*100
	for _, who := range w.who[1:] {
		n += sizeOf(who)
	}
	return n
}

func (n *numbers[N]) bytes(each int64) int64 {
	total := int64(len(n.of)) * each
	if n.order != nil {
		total += int64(n.order.Len()) * 24
	}
	return total
}

func sizeOf(b *roaring.Bitmap) int64 { return int64(b.GetSizeInBytes()) }
