// Package noteindex finds notes of all customers by their words. Everything it
// knows is in memory: texts, and which words are in which of them.
//
// Query.Match is the definition of what is found, and how well it matches; Find
// finds the same by words. What is put is derived from states alone. It may come
// twice, late and in any order: what is older than what is known changes nothing.
//
// The texts have a budget. An index that some of them do not fit into would give
// wrong totals, so that beyond the budget it keeps none, and says what it needs.
package noteindex

import (
	"fmt"
	"math"
	"strings"
	"sync"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/note"
)

// DefaultBudget is how many bytes of text are kept where nothing else is said.
const DefaultBudget = 256 << 20

// Index is the notes. Safe for concurrent use; a batch that is put is seen as a
// whole or not at all.
type Index struct {
	budget int64

	mu       sync.RWMutex
	subjects map[uuid.UUID]subject
	notes    columns
	terms    terms
	taker    taker
	need     int64 // bytes of all texts, kept or not
	full     bool
}

// subject is a customer with notes, or one that is gone.
type subject struct {
	version int64 // of its notes; erased: it is gone for good
	ordinal uint32
	bytes   uint32   // of its texts; there is a limit far below
	notes   []uint32 // numbers
}

// erased is higher than any version.
const erased = math.MaxInt64

// New makes an empty index for so many bytes of text; 0 is DefaultBudget.
func New(budget int64) *Index {
	if budget <= 0 {
		budget = DefaultBudget
	}
	return &Index{budget: budget, subjects: map[uuid.UUID]subject{}, notes: newColumns(), terms: newTerms()}
}

// Subject is a customer with its notes as they are now. State is nil where they
// do not open, and of one that is gone.
type Subject struct {
	ID      uuid.UUID
	Ordinal uint32
	Version int64
	State   *note.State
	Gone    bool // for good, with all notes
}

// Full says that the texts do not fit into their budget. Nothing is found until
// the process starts again with a larger one, or with fewer texts: what was let
// go of is not read again.
type Full struct {
	Need, Budget int64 // bytes of text; Need goes up and down with the notes
}

// Error names the bytes.
func (f Full) Error() string {
	return fmt.Sprintf("the notes have %d bytes of text, and %d may be kept", f.Need, f.Budget)
}

// Put takes in what changed.
func (x *Index) Put(changed []Subject) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for i := range changed {
		x.put(&changed[i])
	}
}

func (x *Index) put(s *Subject) {
	known := x.subjects[s.ID]
	switch {
	case known.version == erased:
		return
	case s.Gone: // also of whom nothing was known: what is late may not bring it back
		known.version = erased
	case s.State == nil:
		known.version = 0
	case known.version >= s.Version:
		return
	default:
		known.version, known.ordinal = s.Version, s.Ordinal
	}
	bytes := textOf(s.State)
	x.need += bytes - int64(known.bytes)
	known.bytes = uint32(bytes)
	if !x.full && x.need > x.budget {
		x.letGo()
	}
	if x.full {
		known.notes = nil
	} else {
		known.notes = x.replace(&known, s.State)
	}
	x.subjects[s.ID] = known
}

func textOf(s *note.State) (bytes int64) {
	if s == nil {
		return 0
	}
	for _, n := range s.Notes {
		if !n.Deleted {
			bytes += int64(len(n.Content))
		}
	}
	return bytes
}

// replace brings the notes of a customer up to a state, and gives their numbers.
// Those that stay as they are cost nothing but a look.
func (x *Index) replace(known *subject, s *note.State) (numbers []uint32) {
	met := make(map[uuid.UUID]bool, len(known.notes))
	for _, number := range known.notes {
		id := x.notes.ids[number]
		if s != nil {
			if n, ok := s.Notes[id.String()]; ok && !n.Deleted {
				met[id] = true
				x.edit(number, &n)
				numbers = append(numbers, number)
				continue
			}
		}
		x.drop(number)
	}
	if s == nil {
		return numbers
	}
	for text, n := range s.Notes {
		if id, err := uuid.Parse(text); err == nil && !n.Deleted && !met[id] {
			numbers = append(numbers, x.add(known.ordinal, id, &n))
		}
	}
	return numbers
}

func (x *Index) add(customer uint32, id uuid.UUID, n *note.Note) (number uint32) {
	number = x.notes.take()
	x.notes.set(number, customer, id, n, strings.Clone(n.Content)) // the state has it among much else
	x.terms.add(x.taker.terms(n.Content), number)
	return number
}

// edit keeps the number, and the text where it is the same.
func (x *Index) edit(number uint32, n *note.Note) {
	text := x.notes.texts[number]
	if text != n.Content {
		x.terms.drop(x.taker.terms(text), number)
		text = strings.Clone(n.Content)
		x.terms.add(x.taker.terms(text), number)
	}
	x.notes.set(number, x.notes.customers[number], x.notes.ids[number], n, text)
}

func (x *Index) drop(number uint32) {
	x.terms.drop(x.taker.terms(x.notes.texts[number]), number)
	x.notes.give(number)
}

// letGo forgets every text, and goes on counting what they need.
func (x *Index) letGo() {
	x.full, x.notes, x.terms = true, newColumns(), newTerms()
	for id, s := range x.subjects {
		s.notes = nil
		x.subjects[id] = s
	}
}
