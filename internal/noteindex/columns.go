package noteindex

import (
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/note"
)

// columns are what is known of each note, by number. What filters ask for stands
// apart, so that looking at a million of them touches little memory.
type columns struct {
	at        []int64 // of writing, microseconds since 1970
	kinds     []kind
	authors   []uint32
	customers []uint32

	ids       []uuid.UUID
	texts     []string
	revisions []uint32
	editors   []uint32
	edited    []int64 // 0: never

	free   []uint32 // numbers of notes that are gone
	types  names[string]
	people names[note.Author]
}

// kind is a type, and whether a note is pinned: 0 for a number without a note.
type kind uint16

const pinned kind = 1 << 15

func newColumns() columns {
	c := columns{types: newNames[string](), people: newNames[note.Author]()}
	c.types.of("") // 0 is no type
	return c
}

// names are values that many notes share.
type names[T comparable] struct {
	all []T
	at  map[T]uint32
}

func newNames[T comparable]() names[T] { return names[T]{at: map[T]uint32{}} }

func (n *names[T]) of(v T) uint32 {
	i, ok := n.at[v]
	if !ok {
		i = uint32(len(n.all))
		n.all, n.at[v] = append(n.all, v), i
	}
	return i
}

// take gives a number that is free.
func (c *columns) take() (number uint32) {
	if n := len(c.free); n > 0 {
		number, c.free = c.free[n-1], c.free[:n-1]
		return number
	}
	number = uint32(len(c.ids))
	c.at, c.kinds, c.authors, c.customers = append(c.at, 0), append(c.kinds, 0), append(c.authors, 0), append(c.customers, 0)
	c.ids, c.texts, c.revisions = append(c.ids, uuid.Nil), append(c.texts, ""), append(c.revisions, 0)
	c.editors, c.edited = append(c.editors, 0), append(c.edited, 0)
	return number
}

func (c *columns) set(number, customer uint32, id uuid.UUID, n *note.Note, text string) {
	k := kind(c.types.of(n.Type))
	if n.Pinned {
		k |= pinned
	}
	c.at[number], c.kinds[number], c.authors[number], c.customers[number] = micros(n.CreatedAt), k, c.people.of(n.Author), customer
	c.ids[number], c.texts[number], c.revisions[number] = id, text, uint32(n.Revision)
	c.editors[number], c.edited[number] = c.people.of(n.Editor), micros(n.EditedAt)
}

// give takes a number back.
func (c *columns) give(number uint32) {
	c.kinds[number], c.texts[number], c.ids[number] = 0, "", uuid.Nil
	c.free = append(c.free, number)
}

// note gives what set was given.
func (c *columns) note(number uint32) note.Note {
	k := c.kinds[number]
	return note.Note{Type: c.types.all[k&^pinned], Content: c.texts[number], Pinned: k&pinned != 0, Author: c.people.all[c.authors[number]], CreatedAt: instant(c.at[number]),
		Editor: c.people.all[c.editors[number]], EditedAt: instant(c.edited[number]), Revision: int64(c.revisions[number])}
}

func instant(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micros).UTC()
}

func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}
