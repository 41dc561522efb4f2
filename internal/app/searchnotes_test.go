package app_test

import (
	"fmt"
	"testing"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/eventstore/memory"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/note"
	"github.com/acme/customers/internal/noteindex"
)

// unfound counts how often one instance does not find what another was told, or
// finds what is not so any more, with the answer to the change in hand.
func unfound(t *testing.T, one, other *app.App, rounds int) (stale int) {
	t.Helper()
	all := []*app.App{one, other}
	for _, a := range all {
		for a.Model.SearchReady(t.Context()) != nil {
		}
	}
	finds := func(a *app.App, text string, want int64) {
		got, err := a.SearchNotes(t.Context(), admin(), app.NoteSearch{Text: text, Limit: 10})
		check(t, err)
		if got.Total != want {
			stale++
		}
	}
	for round := range rounds {
		v, err := all[round%2].Register(t.Context(), admin(), customer.Register{Email: uuid.NewString() + "@example.test"})
		check(t, err)
		n, err := all[round%2].AddNote(t.Context(), admin(), v.ID, note.Add{Type: "support", Content: fmt.Sprintf("first%d", round)})
		check(t, err)
		for _, a := range all {
			finds(a, fmt.Sprintf("first%d", round), 1)
		}
		_, err = one.EditNote(t.Context(), admin(), v.ID, note.Edit{ID: n.ID, Content: new(fmt.Sprintf("second%d", round))})
		check(t, err)
		for _, a := range all {
			finds(a, fmt.Sprintf("first%d", round), 0)
			finds(a, fmt.Sprintf("second%d", round), 1)
		}
		_, err = other.DeleteNote(t.Context(), admin(), v.ID, note.Delete{ID: n.ID, Reason: "wrong"})
		check(t, err)
		for _, a := range all {
			finds(a, fmt.Sprintf("second%d", round), 0)
		}
	}
	return stale
}

// unfollowing is a model whose index of notes stands still.
type unfollowing struct {
	app.Model
	index *noteindex.Index
}

func (u unfollowing) NoteIndex() *noteindex.Index { return u.index }

func TestANoteIsFoundAtOnceOnEveryInstance(t *testing.T) {
	pairs(t, func(t *testing.T, one, other *app.App) {
		if n := unfound(t, one, other, 30); n > 0 {
			t.Errorf("%d stale answers", n)
		}
	})
	_, keys := stores(t)
	t.Run("control: an instance that does not follow", func(t *testing.T) {
		store := memory.Open()
		t.Cleanup(func() { store.Close() })
		still := func(m app.Model) app.Model { return unfollowing{m, noteindex.New(0)} }
		if unfound(t, instance(t, store, keys, sameModel), instance(t, store, keys, still), 2) == 0 {
			t.Error("nobody notices")
		}
	})
}

// What the caller asks for names the bytes that operators have to give.
func TestASearchOfNotesThatDoNotFitSaysHowManyBytesTheyNeed(t *testing.T) {
	store, keys := stores(t)
	full := noteindex.New(5)
	a := instance(t, store, keys, func(m app.Model) app.Model { return unfollowing{m, full} })
	for a.Model.SearchReady(t.Context()) != nil {
	}
	full.Put([]noteindex.Subject{{ID: uuid.New(), Version: 1, State: &note.State{Notes: map[string]note.Note{uuid.NewString(): {Type: "support", Content: "called"}}}}})
	_, err := a.SearchNotes(t.Context(), as(authz.RoleSupport), app.NoteSearch{Limit: 1})
	if f := fault.From(err); f.Code != "note_index_full" || f.Kind != fault.Unavailable || f.Msg != "notes cannot be searched: their text needs 6 bytes, and --note-memory allows 5" {
		t.Errorf("got %v", err)
	}
}
