package note

import (
	"strings"
	"unicode/utf8"

	"github.com/acme/customers/internal/fault"
)

// Limits of the notes of one customer, so that they can be read at once.
const (
	MaxNotes   = 1000      // deleted ones, too
	MaxContent = 5000      // characters of a note
	MaxTotal   = 256 << 10 // bytes of all of them
	maxReason  = 500       // characters
)

// Writer is who asks for a change, and which types it may read and write.
type Writer struct {
	Author   Author
	Readable func(noteType string) bool
	Writable func(noteType string) bool
}

// Add writes a note.
type Add struct {
	ID      string
	Type    string
	Content string
	Pinned  bool
	By      Writer
}

// Decide refuses a type that the writer may not write as one that is not there.
func (c Add) Decide(s *State) ([]Event, error) {
	c.Content = strings.TrimSpace(c.Content)
	var p problems
	p.writable(c.By, c.Type)
	p.content(c.Content)
	if err := p.err(); err != nil {
		return nil, err
	}
	if len(s.Notes) >= MaxNotes || s.size()+len(c.Content) > MaxTotal {
		return nil, fault.ErrInvalid.At(fault.Field{Code: "too_many_notes", Msg: "a customer has at most 1000 notes, and 256 KiB of them"})
	}
	return []Event{Added{c.ID, c.Type, c.Content, c.Pinned, c.By.Author}}, nil
}

// Edit changes what it sets.
type Edit struct {
	ID      string
	Type    *string
	Content *string
	Pinned  *bool
	By      Writer
	IfMatch *int64 // the revision that the writer saw
}

// Decide records what really changes. A note that the writer may not read is
// not there.
func (c Edit) Decide(s *State) ([]Event, error) {
	n, err := s.writable(c.ID, c.By, c.IfMatch)
	if err != nil {
		return nil, err
	}
	var p problems
	e := Edited{NoteID: c.ID, By: c.By.Author}
	if c.Type != nil && *c.Type != n.Type {
		p.writable(c.By, *c.Type)
		e.Type = c.Type
	}
	if c.Content != nil {
		if content := strings.TrimSpace(*c.Content); content != n.Content {
			p.content(content)
			e.Content = &content
		}
	}
	if c.Pinned != nil && *c.Pinned != n.Pinned {
		e.Pinned = c.Pinned
	}
	if err := p.err(); err != nil {
		return nil, err
	}
	if e.Content != nil && s.size()-len(n.Content)+len(*e.Content) > MaxTotal {
		return nil, fault.ErrInvalid.At(fault.Field{Code: "too_many_notes", Msg: "the notes of a customer have at most 256 KiB"})
	}
	if e.Type == nil && e.Content == nil && e.Pinned == nil {
		return nil, nil
	}
	return []Event{e}, nil
}

// Delete takes a note out of sight.
type Delete struct {
	ID      string
	Reason  string
	By      Writer
	IfMatch *int64
}

// Decide wants a reason.
func (c Delete) Decide(s *State) ([]Event, error) {
	if _, err := s.writable(c.ID, c.By, c.IfMatch); err != nil {
		return nil, err
	}
	reason := strings.TrimSpace(c.Reason)
	if n := utf8.RuneCountInString(reason); n == 0 || n > maxReason {
		return nil, fault.ErrInvalid.At(fault.Field{Pointer: "/reason", Code: "invalid_reason", Msg: "a note is deleted for a reason of up to 500 characters"})
	}
	return []Event{Deleted{c.ID, reason, c.By.Author}}, nil
}

// writable finds a note that a writer may change.
func (s *State) writable(id string, by Writer, ifMatch *int64) (Note, error) {
	n, ok := s.Notes[id]
	switch {
	case !ok || n.Deleted || !by.Readable(n.Type):
		return n, fault.ErrNotFound
	case !by.Writable(n.Type):
		return n, fault.ErrForbidden
	case ifMatch != nil && *ifMatch != n.Revision:
		return n, fault.ErrPrecondition
	}
	return n, nil
}

func (s *State) size() (n int) {
	for _, one := range s.Notes {
		n += len(one.Content)
	}
	return n
}

// problems collects what is wrong with a command.
type problems []fault.Field

func (p *problems) writable(by Writer, noteType string) {
	if !by.Writable(noteType) {
		*p = append(*p, fault.Field{Pointer: "/type", Code: "unknown_note_type", Msg: "there is no such type of note that you may write"})
	}
}

func (p *problems) content(content string) {
	if n := utf8.RuneCountInString(content); n == 0 || n > MaxContent {
		*p = append(*p, fault.Field{Pointer: "/content", Code: "invalid_content", Msg: "a note has 1 to 5000 characters"})
	}
}

func (p problems) err() error {
	if len(p) == 0 {
		return nil
	}
	return fault.ErrInvalid.At(p...)
}
