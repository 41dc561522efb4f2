// Package note decides what may happen to the notes that are kept about a
// customer. It is pure, as customer is. One stream holds all notes of one
// customer; every revision stays in it, also of what was deleted.
//
// In clear is only that there is a note: its type says something about a
// person, too.
package note

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/acme/customers/internal/event"
)

// Stream is the stream type of this aggregate.
const Stream = "note"

// State is the notes of a customer.
type State struct {
	Notes map[string]Note `json:"notes,omitempty" class:"personal"` // by id
}

// Note is a note as it is now.
type Note struct {
	Type      string    `json:"type"`
	Content   string    `json:"content"` // "" once it is deleted
	Pinned    bool      `json:"pinned,omitempty"`
	Author    Author    `json:"author"`
	CreatedAt time.Time `json:"createdAt"`
	Editor    Author    `json:"editor,omitzero"` // of the last change
	EditedAt  time.Time `json:"editedAt,omitzero"`
	Revision  int64     `json:"revision"` // from 1
	Deleted   bool      `json:"deleted,omitempty"`
}

// Author is who wrote something.
type Author struct {
	Role string `json:"role"`
	ID   string `json:"id,omitempty"`
}

// Event is a fact about a note.
type Event interface {
	evolve(s *State, env event.Envelope)
}

// Added says that a note was written.
type Added struct {
	NoteID  string `json:"noteId"           class:"public"`
	Type    string `json:"type"             class:"personal"`
	Content string `json:"content"          class:"personal"`
	Pinned  bool   `json:"pinned,omitempty" class:"personal"`
	By      Author `json:"by"               class:"personal"`
}

// Edited holds what changed of a note.
type Edited struct {
	NoteID  string  `json:"noteId"            class:"public"`
	Type    *string `json:"type,omitempty"    class:"personal"`
	Content *string `json:"content,omitempty" class:"personal"`
	Pinned  *bool   `json:"pinned,omitempty"  class:"personal"`
	By      Author  `json:"by"                class:"personal"`
}

// Deleted says that a note is no longer shown. Its revisions stay, for those
// who look after what was done.
type Deleted struct {
	NoteID string `json:"noteId" class:"public"`
	Reason string `json:"reason" class:"personal"`
	By     Author `json:"by"     class:"personal"`
}

func (e Added) evolve(s *State, env event.Envelope) {
	s.put(e.NoteID, Note{Type: e.Type, Content: e.Content, Pinned: e.Pinned, Author: e.By, CreatedAt: env.OccurredAt, Revision: 1})
}

func (e Edited) evolve(s *State, env event.Envelope) {
	n := s.Notes[e.NoteID]
	n.Revision++
	n.Editor, n.EditedAt = e.By, env.OccurredAt
	if e.Type != nil {
		n.Type = *e.Type
	}
	if e.Content != nil {
		n.Content = *e.Content
	}
	if e.Pinned != nil {
		n.Pinned = *e.Pinned
	}
	s.put(e.NoteID, n)
}

func (e Deleted) evolve(s *State, env event.Envelope) {
	n := s.Notes[e.NoteID]
	n.Revision++
	n.Content, n.Pinned, n.Deleted, n.Editor, n.EditedAt = "", false, true, e.By, env.OccurredAt
	s.put(e.NoteID, n)
}

// put leaves the map alone that others read.
func (s *State) put(id string, n Note) {
	notes := make(map[string]Note, len(s.Notes)+1)
	maps.Copy(notes, s.Notes)
	notes[id] = n
	s.Notes = notes
}

// Events lists every event: the catalogue follows from it.
func Events() []event.Definition {
	return []event.Definition{
		event.Define[Added]("NoteAdded", "A note about the customer was written.", event.Routine),
		event.Define[Edited]("NoteEdited", "A note about the customer was changed, pinned or unpinned; its earlier revisions stay.", event.Routine),
		event.Define[Deleted]("NoteDeleted", "A note about the customer is no longer shown.", event.Routine),
	}
}

// New builds the aggregate.
func New() (*event.Aggregate[State], error) {
	return event.NewAggregate(Stream, func(s *State, e any, env event.Envelope) { e.(Event).evolve(s, env) },
		func(*State) []event.Claim { return nil }, Events()...)
}

// Of gives the note that an event is about.
func Of(e any) (id string) {
	switch e := e.(type) {
	case *Added:
		return e.NoteID
	case *Edited:
		return e.NoteID
	case *Deleted:
		return e.NoteID
	}
	return ""
}

// TypeOf gives the type that an event gives a note, "" where it gives none.
func TypeOf(e any) string {
	switch e := e.(type) {
	case *Added:
		return e.Type
	case *Edited:
		if e.Type != nil {
			return *e.Type
		}
	}
	return ""
}

// Type is a kind of note, and which roles may read and write it.
type Type struct {
	Name  string   `json:"name"`
	Read  []string `json:"read"`
	Write []string `json:"write"`
}

// Types are the kinds of notes.
type Types []Type

// DefaultTypes are those of the specification. What compliance writes is read
// by compliance alone.
func DefaultTypes() Types {
	staff := []string{"support", "admin", "service"}
	readers := []string{"support", "admin", "service", "compliance"}
	return Types{{"support", readers, staff}, {"sales", readers, staff}, {"compliance", []string{"compliance"}, []string{"compliance"}}}
}

// Readable tells whether a role may read notes of a type. A type that is no
// longer configured is read by compliance alone.
func (t Types) Readable(role, name string) bool {
	if i := t.find(name); i >= 0 {
		return slices.Contains(t[i].Read, role)
	}
	return role == "compliance"
}

// Writable tells whether a role may write notes of a type.
func (t Types) Writable(role, name string) bool {
	i := t.find(name)
	return i >= 0 && slices.Contains(t[i].Write, role)
}

func (t Types) find(name string) int {
	return slices.IndexFunc(t, func(one Type) bool { return one.Name == name })
}

// Check refuses types that cannot be meant. roles are those that may be named.
func (t Types) Check(roles []string) error {
	for i, one := range t {
		if !isName(one.Name) || t.find(one.Name) != i {
			return fmt.Errorf("type %d has no name of up to 50 of a-z, A-Z, 0-9, _ and -, or the name of another", i+1)
		}
		for _, role := range slices.Concat(one.Read, one.Write) {
			if !slices.Contains(roles, role) {
				return fmt.Errorf("type %q names %q, which is none of %s", one.Name, role, strings.Join(roles, ", "))
			}
		}
		for _, role := range one.Write {
			if !slices.Contains(one.Read, role) {
				return fmt.Errorf("type %q is written by %q, which may not read it", one.Name, role)
			}
		}
	}
	return nil
}

func isName(s string) bool {
	return s != "" && len(s) <= 50 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == ""
}
