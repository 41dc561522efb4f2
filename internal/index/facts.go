package index

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"math"
	"slices"
	"sync"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/packed"
)

// Facts are the facts of all customers, in one array a column, indexed by
// ordinal, and their sums. Safe for concurrent use: a batch of the log is shown
// as a whole or not at all.
type Facts struct {
	weights customer.Weights
	parts   []string // of completeness, sorted

	mu         sync.RWMutex
	position   int64 // of the log, up to which all is applied
	ordinals   map[uuid.UUID]uint32
	ids        []uuid.UUID
	versions   []int64 // 0: nothing is known; erased: it is gone for good
	statuses   []uint8 // index into names
	types      []uint8
	scores     []uint8
	flags      []Flags
	addresses  []uint8
	validated  []uint8
	missing    []uint16
	registered []int64
	activated  []int64
	names      []string // of statuses and types, as they were met
	unreadable map[uuid.UUID]struct{}
	sum        sums
}

// erased marks the ordinal of an erased customer: higher than any version.
const erased = math.MaxInt64

func newFacts(weights customer.Weights) *Facts {
	f := &Facts{weights: weights, ordinals: map[uuid.UUID]uint32{}, unreadable: map[uuid.UUID]struct{}{}, sum: newSums()}
	f.parts = slices.Sorted(maps.Keys(weights))
	return f
}

// apply makes a batch visible. A change that is not newer than what is known
// changes nothing, so that a batch may come again. position may be 0: unknown.
func (f *Facts) apply(changes []change[customer.State], position int64) {
	facts := make([]Fact, len(changes))
	for i := range changes {
		if c := &changes[i]; c.now.State != nil {
			facts[i] = f.derive(c.id, &c.now)
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range changes {
		switch c := &changes[i]; {
		case c.gone:
			f.remove(c.id, erased)
			delete(f.unreadable, c.id)
		case c.unreadable:
			f.remove(c.id, 0)
			f.unreadable[c.id] = struct{}{}
		default:
			f.set(&facts[i])
		}
	}
	f.position = max(f.position, position)
}

func (f *Facts) set(fact *Fact) {
	o := int(fact.Ordinal)
	f.grow(o + 1)
	if f.versions[o] >= fact.Version {
		return
	}
	f.take(o)
	f.ordinals[fact.ID] = uint32(o)
	delete(f.unreadable, fact.ID)
	f.ids[o], f.versions[o] = fact.ID, fact.Version
	f.statuses[o], f.types[o] = f.name(string(fact.Status)), f.name(string(fact.Type))
	f.scores[o], f.flags[o], f.missing[o] = fact.Score, fact.Flags, fact.missing
	f.addresses[o], f.validated[o] = fact.Addresses, fact.Validated
	f.registered[o], f.activated[o] = fact.RegisteredAt, fact.ActivatedAt
	f.sum.add(f, o, 1)
}

// remove forgets a customer, and for version erased for good. One that was
// never known has no ordinal to remember it by: its snapshot is gone, so that
// nothing brings it back.
func (f *Facts) remove(id uuid.UUID, version int64) {
	o, ok := f.ordinals[id]
	if !ok || f.versions[o] == erased {
		return
	}
	f.take(int(o))
	f.versions[o] = version
}

// take subtracts what is known of an ordinal.
func (f *Facts) take(o int) {
	if v := f.versions[o]; v != 0 && v != erased {
		f.sum.add(f, o, -1)
	}
}

func (f *Facts) grow(n int) {
	if n <= len(f.ids) {
		return
	}
	f.ids = packed.Grown(f.ids, n)
	f.versions = packed.Grown(f.versions, n)
	f.statuses = packed.Grown(f.statuses, n)
	f.types = packed.Grown(f.types, n)
	f.scores = packed.Grown(f.scores, n)
	f.flags = packed.Grown(f.flags, n)
	f.addresses = packed.Grown(f.addresses, n)
	f.validated = packed.Grown(f.validated, n)
	f.missing = packed.Grown(f.missing, n)
	f.registered = packed.Grown(f.registered, n)
	f.activated = packed.Grown(f.activated, n)
}

// name gives the number of a status or type.
func (f *Facts) name(s string) uint8 {
	i := slices.Index(f.names, s)
	if i < 0 {
		i = len(f.names)
		f.names = append(f.names, s)
	}
	return uint8(i)
}

// At gives the fact of an ordinal, and false when nothing is known of it.
func (f *Facts) At(ordinal int64) (Fact, bool) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.at(int(ordinal))
}

func (f *Facts) at(o int) (Fact, bool) {
	if o < 0 || o >= len(f.ids) || f.versions[o] == 0 || f.versions[o] == erased {
		return Fact{}, false
	}
	return Fact{ID: f.ids[o], Ordinal: int64(o), Version: f.versions[o], Status: customer.Status(f.names[f.statuses[o]]),
		Type: customer.Type(f.names[f.types[o]]), Score: f.scores[o], Flags: f.flags[o], Addresses: f.addresses[o], Validated: f.validated[o], missing: f.missing[o],
		RegisteredAt: f.registered[o], ActivatedAt: f.activated[o]}, true
}

// Ordinals gives the ordinals of those customers that are known, in any order,
// and who is not.
func (f *Facts) Ordinals(ids []uuid.UUID) (known []uint32, others []uuid.UUID) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	for _, id := range ids {
		if o, ok := f.ordinals[id]; ok {
			known = append(known, o)
		} else {
			others = append(others, id)
		}
	}
	return known, others
}

// Count tells how many of some ordinals are customers.
func (f *Facts) Count(ordinals *roaring.Bitmap) (n int64) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	ordinals.Iterate(func(o uint32) bool {
		if int(o) < len(f.versions) && f.versions[o] != 0 && f.versions[o] != erased {
			n++
		}
		return true
	})
	return n
}

// Having lists the customers that have a flag, in the order of ordinals.
func (f *Facts) Having(flag Flags) (ids []uuid.UUID) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	for o := range f.ids {
		if v := f.versions[o]; v != 0 && v != erased && f.flags[o]&flag != 0 {
			ids = append(ids, f.ids[o])
		}
	}
	return ids
}

// Unreadable is how many customers could not be opened.
func (f *Facts) Unreadable() int {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return len(f.unreadable)
}

// Hash sums up all facts and their sums: two models that know the same have
// the same, whichever way they came to know it.
func (f *Facts) Hash() [32]byte {
	f.mu.RLock()
	defer f.mu.RUnlock()
	h := sha256.New()
	for o := range f.ids {
		if fact, ok := f.at(o); ok {
			fmt.Fprintf(h, "%+v\n", fact)
		}
	}
	s := f.statistics()
	s.Position = 0
	fmt.Fprintf(h, "%+v\n", s) // maps are printed in the order of keys
	for _, id := range slices.SortedFunc(maps.Keys(f.unreadable), compareIDs) {
		fmt.Fprintf(h, "unreadable %s\n", id)
	}
	return [32]byte(h.Sum(nil))
}
