package index

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore/memory"
	"github.com/acme/customers/internal/journal"
	"github.com/acme/customers/internal/note"
	"github.com/acme/customers/internal/noteindex"
)

func (s *service) write(t *testing.T, id uuid.UUID, decide func(*note.State) ([]note.Event, error)) {
	t.Helper()
	_, err := journal.Execute(t.Context(), s.journal, s.kinds.Notes, journal.Command[note.State, note.Event]{
		ID: id, Joins: true, Meta: event.Meta{Actor: event.ActorSupport, Source: "api", At: time.Now()}, Decide: decide})
	if err != nil {
		t.Fatal(err)
	}
}

// found are the notes that a text finds, and how many.
func found(t *testing.T, m *Model, text string) string {
	t.Helper()
	if err := m.WaitHead(t.Context(), Freshness{}); err != nil {
		t.Fatal(err)
	}
	out, err := m.NoteIndex().Find(noteindex.Query{Text: text, Types: func(string) bool { return true }, Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, h := range out.Hits {
		texts = append(texts, fmt.Sprint(h.Customer, " ", h.Note.Content))
	}
	return fmt.Sprint(out.Total, ": ", strings.Join(texts, ", "))
}

// A model that followed and one that was started later find the same, whatever
// is written, deleted and erased while it loads.
func TestNotesAreFoundTheSameHoweverTheyAreKnown(t *testing.T) {
	s := newService(t, memory.Open())
	live, _ := s.model(t)
	by := note.Writer{Author: note.Author{Role: "support", ID: "7"}, Readable: func(string) bool { return true }, Writable: func(string) bool { return true }}
	add := func(id uuid.UUID, text string) (noteID string) {
		noteID = uuid.Must(uuid.NewV7()).String()
		s.write(t, id, note.Add{ID: noteID, Type: "support", Content: text, By: by}.Decide)
		return noteID
	}
	var customers []uuid.UUID
	var notes []string
	for i := range 30 {
		customers = append(customers, s.register(t))
		notes = append(notes, add(customers[i], fmt.Sprintf("called n%d", i)))
	}
	s.erase(t, customers[0])
	later, _ := s.model(t)
	s.write(t, customers[1], note.Edit{ID: notes[1], Content: new("wrote n1"), By: by}.Decide)
	s.write(t, customers[2], note.Delete{ID: notes[2], Reason: "wrong", By: by}.Decide)
	s.erase(t, customers[3])
	add(customers[4], "wrote again")
	<-later.Loaded()
	s.erase(t, customers[5])
	for name, m := range map[string]*Model{"live": live, "later": later} {
		<-m.Loaded()
		if got := found(t, m, "wrote"); got != "2: 4 wrote again, 1 wrote n1" {
			t.Errorf("%s: %s", name, got)
		}
		if got := found(t, m, "called"); !strings.HasPrefix(got, "25: 29 called n29,") {
			t.Errorf("%s: %s", name, got)
		}
		for _, i := range []int{0, 1, 2, 3, 5} { // erased, changed, deleted
			if got := found(t, m, fmt.Sprintf(`"called n%d"`, i)); got != "0: " {
				t.Errorf("%s: %s", name, got)
			}
		}
	}
	if a, b := live.NoteIndex().Size(), later.NoteIndex().Size(); a.Notes != b.Notes || a.Distinct != b.Distinct || a.Need != b.Need {
		t.Errorf("they keep %+v and %+v", a, b)
	}
}

// What does not fit is told of, and everything else is served.
func TestNotesThatDoNotFitAreInNobodysWay(t *testing.T) {
	s := newService(t, memory.Open())
	id := s.register(t)
	by := note.Writer{Readable: func(string) bool { return true }, Writable: func(string) bool { return true }}
	s.write(t, id, note.Add{ID: uuid.NewString(), Type: "support", Content: strings.Repeat("word ", 20), By: by}.Decide)
	cfg := s.config()
	cfg.NoteText = 50
	m := New(cfg)
	done := make(chan error)
	ctx, stop := context.WithCancel(t.Context())
	go func() { done <- m.Run(ctx) }()
	<-m.Loaded()
	if err := m.SearchReady(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := m.NoteIndex().Find(noteindex.Query{}); err == nil || err.Error() != "the notes have 99 bytes of text, and 50 may be kept" {
		t.Errorf("got %v", err)
	}
	if l, err := m.Notes(t.Context(), id); err != nil || len(l.State.Notes) != 1 {
		t.Errorf("the notes themselves: %v", err)
	}
	stop()
	<-done
}
