// Package search finds customers by short personal texts: names, addresses of
// e-mail, phone numbers, identifiers. It is pure and in memory, and exact by
// construction: Match defines what matches and how well, and Search finds just
// that, on every document. It has no locks of its own: Put and Remove exclude
// all else, Search and Texts run beside each other.
package search

import (
	"hash/maphash"
	"slices"
	"sync"

	"github.com/acme/customers/internal/packed"
)

// Kind is what a text is.
type Kind uint8

// The kinds of texts; at most 16.
const (
	Name Kind = iota
	Preferred
	Former
	Email
	Phone      // in E.164
	Number     // of the customer: C-00001234
	ExternalID // what other systems call the customer
	City
	Company
	Tag
	kinds
)

// Kinds is a set of kinds.
type Kinds uint16

// All are all kinds.
const All Kinds = 1<<kinds - 1

// Of makes a set.
func Of(ks ...Kind) (set Kinds) {
	for _, k := range ks {
		set |= 1 << k
	}
	return set
}

// In tells whether a set has the kind.
func (k Kind) In(set Kinds) bool { return set>>k&1 == 1 }

// Text is one value as it is shown.
type Text struct {
	Kind  Kind
	Value string
}

// Index holds the texts of documents. Documents are numbered below 1<<31, from
// 0 on with few gaps, for it keeps arrays by number.
type Index struct {
	fields [parts]*field
	texts  packed.Store
	moving bool // some dictionary has one before it

	seed    maphash.Seed
	gathers sync.Pool // of *gather: searches run beside each other
	batches sync.Pool // of *Batch, likewise
	scratch taker
	now     []held
}

// held is a term that a document has.
type held struct {
	part part
	term uint32
}

// New makes an empty index.
func New() *Index {
	x := &Index{seed: maphash.MakeSeed()}
	x.gathers.New = func() any { return new(gather) }
	x.batches.New = func() any { return &Batch{seed: x.seed} }
	for p := range x.fields {
		x.fields[p] = newField(&rules[p], x.seed)
	}
	return x
}

// Put replaces what is known of a document: PutOf for one.
func (x *Index) Put(doc uint32, texts []Text) {
	b := x.Batch()
	x.PutOf(b, b.Add(doc, texts))
	x.Done(b)
}

// replace adds first and takes away last: what stays is never dropped from the
// dictionary in between.
func (x *Index) replace(doc uint32, old string, terms []taken, hashes []uint64) {
	x.now = x.now[:0]
	for i, t := range terms {
		x.now = append(x.now, held{t.part, x.fields[t.part].add(t.text, hashes[i], doc)})
	}
	if old == "" && !x.moving {
		return
	}
	x.scratch.reset()
	for t := range unpack(old) {
		x.scratch.take(t)
	}
	for _, t := range x.scratch.terms {
		f := x.fields[t.part]
		if id, ok := f.find(t.text); ok {
			if !slices.Contains(x.now, held{t.part, id}) {
				f.drop(id, doc)
			}
		} else if f.old != nil {
			if id, ok := f.old.find(t.text); ok {
				f.old.drop(id, doc)
			}
		}
	}
	x.moving = false
	for p, f := range x.fields {
		x.fields[p] = f.tidied()
		x.moving = x.moving || x.fields[p].old != nil
	}
}

// Remove forgets a document. Terms that only it had are wiped.
func (x *Index) Remove(doc uint32) { x.Put(doc, nil) }

// Texts gives what was put.
func (x *Index) Texts(doc uint32) (texts []Text) {
	for t := range unpack(x.texts.Get(doc)) {
		texts = append(texts, t)
	}
	return texts
}

// unpack walks the texts of a document.
func unpack(s string) func(yield func(Text) bool) {
	return func(yield func(Text) bool) {
		for s != "" {
			n, w := packed.Uvarint(s[1:])
			t := Text{Kind(s[0]), s[1+w : 1+w+n]}
			s = s[1+w+n:]
			if !yield(t) {
				return
			}
		}
	}
}
