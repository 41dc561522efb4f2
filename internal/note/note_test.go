package note

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/fault"
)

var now = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

func fold(s *State, events ...Event) *State {
	for i, e := range events {
		e.evolve(s, event.Envelope{OccurredAt: now.Add(time.Duration(i) * time.Minute), Version: int64(i + 1)})
	}
	return s
}

// as is a writer of a role, under the default types.
func as(role string) Writer {
	types := DefaultTypes()
	return Writer{Author{role, role + "-1"}, func(t string) bool { return types.Readable(role, t) }, func(t string) bool { return types.Writable(role, t) }}
}

func TestNotes(t *testing.T) {
	support, compliance := as("support"), as("compliance")
	called := Added{"1", "support", "called", false, support.Author}
	suspects := Added{"2", "compliance", "suspects", true, compliance.Author}
	again, yes, sales := "called again", true, "sales"
	first, second := int64(1), int64(2)
	edited := Edited{NoteID: "1", Content: &again, By: support.Author}
	for _, tc := range []struct {
		name    string
		given   []Event
		when    interface{ Decide(*State) ([]Event, error) }
		then    []Event
		refused *fault.Error
		code    string
	}{
		{name: "written", when: Add{"1", "support", " called\n", false, support}, then: []Event{called}},
		{name: "of a type that it may not write", when: Add{"1", "compliance", "x", false, support}, refused: fault.ErrInvalid, code: "unknown_note_type"},
		{name: "of no type", when: Add{"1", "gossip", "x", false, support}, refused: fault.ErrInvalid, code: "unknown_note_type"},
		{name: "empty", when: Add{"1", "support", " \n", false, support}, refused: fault.ErrInvalid, code: "invalid_content"},
		{name: "too long", when: Add{"1", "support", strings.Repeat("ä", MaxContent+1), false, support}, refused: fault.ErrInvalid, code: "invalid_content"},
		{name: "just not too long", when: Add{"1", "support", strings.Repeat("ä", MaxContent), false, support},
			then: []Event{Added{"1", "support", strings.Repeat("ä", MaxContent), false, support.Author}}},
		{name: "edited", given: []Event{called}, when: Edit{ID: "1", Content: &again, By: support}, then: []Event{edited}},
		{name: "edited to what it says", given: []Event{called, edited}, when: Edit{ID: "1", Content: &again, By: support}},
		{name: "pinned and moved", given: []Event{called}, when: Edit{ID: "1", Pinned: &yes, Type: &sales, By: support}, then: []Event{Edited{NoteID: "1", Type: &sales, Pinned: &yes, By: support.Author}}},
		{name: "by who saw it", given: []Event{called}, when: Edit{ID: "1", Content: &again, By: support, IfMatch: &first}, then: []Event{edited}},
		{name: "by who saw another revision", given: []Event{called}, when: Edit{ID: "1", Content: &again, By: support, IfMatch: &second}, refused: fault.ErrPrecondition},
		{name: "what it may not read is not there", given: []Event{suspects}, when: Edit{ID: "2", Content: &again, By: support}, refused: fault.ErrNotFound},
		{name: "what it may read and not write", given: []Event{called}, when: Edit{ID: "1", Content: &again, By: compliance}, refused: fault.ErrForbidden},
		{name: "none", when: Edit{ID: "1", By: support}, refused: fault.ErrNotFound},
		{name: "deleted", given: []Event{called}, when: Delete{ID: "1", Reason: "a mistake", By: support}, then: []Event{Deleted{"1", "a mistake", support.Author}}},
		{name: "deleted for no reason", given: []Event{called}, when: Delete{ID: "1", Reason: " ", By: support}, refused: fault.ErrInvalid, code: "invalid_reason"},
		{name: "deleted twice", given: []Event{called, Deleted{NoteID: "1"}}, when: Delete{ID: "1", Reason: "x", By: support}, refused: fault.ErrNotFound},
		{name: "edited after it was deleted", given: []Event{called, Deleted{NoteID: "1"}}, when: Edit{ID: "1", Content: &again, By: support}, refused: fault.ErrNotFound},
	} {
		got, err := tc.when.Decide(fold(new(State), tc.given...))
		if d := cmp.Diff(tc.then, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, d)
		}
		if (err == nil) != (tc.refused == nil) || err != nil && !errors.Is(err, tc.refused) || tc.code != "" && fault.From(err).Fields[0].Code != tc.code {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
}

func TestFolding(t *testing.T) {
	text, yes := "called again", true
	s := fold(new(State), Added{"1", "support", "called", false, Author{"support", "a"}})
	before := s.Notes["1"]
	fold(s, Edited{NoteID: "1", Content: &text, Pinned: &yes, By: Author{"admin", "b"}})
	want := Note{"support", text, true, Author{"support", "a"}, now, Author{"admin", "b"}, now, 2, false}
	if d := cmp.Diff(want, s.Notes["1"]); d != "" || before.Content != "called" {
		t.Error(d)
	}
	old := s.Notes
	fold(s, Deleted{"1", "x", Author{"admin", "c"}})
	if n := s.Notes["1"]; n.Content != "" || n.Pinned || !n.Deleted || n.Revision != 3 || n.Editor.ID != "c" {
		t.Errorf("%+v", n)
	}
	if old["1"].Content != text {
		t.Error("a state that others read was changed")
	}
}

func TestNotesAreBounded(t *testing.T) {
	s, support := new(State), as("support")
	for i := range MaxNotes {
		fold(s, Added{NoteID: fmt.Sprint(i), Type: "support", Content: "x"})
	}
	if _, err := (Add{"n", "support", "x", false, support}).Decide(s); fault.CodeOf(err) != "invalid" {
		t.Errorf("one more than there may be: %v", err)
	}
	s = new(State)
	for i := range MaxTotal/MaxContent - 1 {
		fold(s, Added{NoteID: fmt.Sprint(i), Type: "support", Content: strings.Repeat("x", MaxContent)})
	}
	long := strings.Repeat("ä", MaxContent)
	if _, err := (Add{"n", "support", long, false, support}).Decide(s); err == nil {
		t.Error("more than there is room for")
	}
	if _, err := (Edit{ID: "1", Content: &long, By: support}).Decide(fold(s, Added{NoteID: "n", Type: "support", Content: strings.Repeat("x", 4000)})); err == nil {
		t.Error("edited to more than there is room for")
	}
}

func TestWhoReadsWhat(t *testing.T) {
	types := DefaultTypes()
	for _, tc := range []struct {
		role, name  string
		read, write bool
	}{
		{"support", "support", true, true}, {"support", "compliance", false, false}, {"admin", "compliance", false, false}, {"compliance", "compliance", true, true},
		{"compliance", "sales", true, false}, {"marketing", "sales", false, false}, {"customer", "support", false, false}, {"compliance", "gone", true, false}, {"support", "gone", false, false},
	} {
		if types.Readable(tc.role, tc.name) != tc.read || types.Writable(tc.role, tc.name) != tc.write {
			t.Errorf("%s and notes of type %s: read %v, write %v", tc.role, tc.name, !tc.read, !tc.write)
		}
	}
}

func TestTheAggregateBuilds(t *testing.T) {
	if _, err := New(); err != nil {
		t.Error(err)
	}
}
