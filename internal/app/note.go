package app

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/journal"
	"github.com/acme/customers/internal/note"
)

// NoteView is a note as a caller may see it.
type NoteView struct {
	ID string
	note.Note
}

// NoteFilter says which notes are asked for. Zero fields ask for all.
type NoteFilter struct {
	Type, Author string
	Pinned       *bool
	From, To     time.Time // of writing; To is exclusive
}

func (f *NoteFilter) fits(n *note.Note) bool {
	return (f.Type == "" || n.Type == f.Type) && (f.Author == "" || n.Author.ID == f.Author) && (f.Pinned == nil || n.Pinned == *f.Pinned) &&
		!n.CreatedAt.Before(f.From) && (f.To.IsZero() || n.CreatedAt.Before(f.To))
}

// ListNotes gives the notes that the caller may read, pinned ones first, then
// the newest.
func (a *App) ListNotes(ctx context.Context, c Call, id uuid.UUID, f NoteFilter) ([]NoteView, error) {
	v, err := a.get(ctx, &c, authz.ListNotes, id)
	if err != nil {
		return nil, err
	}
	l, err := a.Model.Notes(ctx, id)
	if err != nil {
		return nil, gone(&c, err)
	}
	return a.noted(&c, v.Mask, l.State, f), nil
}

func (a *App) noted(c *Call, mask authz.FieldMask, s *note.State, f NoteFilter) (out []NoteView) {
	if !mask.Has(authz.FieldNotes) {
		return nil
	}
	for id, n := range s.Notes {
		if !n.Deleted && a.NoteTypes.Readable(string(c.Caller.Role), n.Type) && f.fits(&n) {
			out = append(out, NoteView{id, n})
		}
	}
	slices.SortFunc(out, func(x, y NoteView) int {
		return cmp.Or(order(y.Pinned)-order(x.Pinned), y.CreatedAt.Compare(x.CreatedAt), cmp.Compare(y.ID, x.ID))
	})
	return out
}

func order(first bool) int {
	if first {
		return 1
	}
	return 0
}

// writer is the caller with what it may read and write.
func (a *App) writer(c *Call) note.Writer {
	role := string(c.Caller.Role)
	return note.Writer{Author: note.Author{Role: role, ID: c.Caller.Subject},
		Readable: func(t string) bool { return a.NoteTypes.Readable(role, t) },
		Writable: func(t string) bool { return a.NoteTypes.Writable(role, t) }}
}

// AddNote writes a note.
func (a *App) AddNote(ctx context.Context, c Call, id uuid.UUID, in note.Add) (NoteView, error) {
	fresh, err := uuid.NewV7()
	if c.Idempotency != nil { // sent again, it is the same note
		sum := a.requestKey(&c)
		fresh, err = uuid.FromBytes(sum[:16])
	}
	if err != nil {
		return NoteView{}, err
	}
	in.ID, in.By = fresh.String(), a.writer(&c)
	return a.changeNote(ctx, c, authz.AddNote, id, in.ID, in.Decide)
}

// EditNote changes a note.
func (a *App) EditNote(ctx context.Context, c Call, id uuid.UUID, in note.Edit) (NoteView, error) {
	in.By, in.IfMatch, c.IfMatch = a.writer(&c), c.IfMatch, nil // the revision is the note's own
	return a.changeNote(ctx, c, authz.PatchNote, id, in.ID, in.Decide)
}

// DeleteNote takes a note out of sight.
func (a *App) DeleteNote(ctx context.Context, c Call, id uuid.UUID, in note.Delete) (NoteView, error) {
	in.By, in.IfMatch, c.IfMatch = a.writer(&c), c.IfMatch, nil
	return a.changeNote(ctx, c, authz.DeleteNote, id, in.ID, in.Decide)
}

func (a *App) changeNote(ctx context.Context, c Call, action authz.Action, id uuid.UUID, noteID string, decide func(*note.State) ([]note.Event, error)) (NoteView, error) {
	v, err := a.get(ctx, &c, action, id)
	if err != nil {
		return NoteView{}, err
	}
	out, err := join(ctx, a, &c, a.Streams.Notes, journal.Command[note.State, note.Event]{ID: v.ID, Meta: a.meta(&c), Decide: decide})
	if err != nil {
		return NoteView{}, err
	}
	a.Model.PutNotes(id, out)
	n := out.State.Notes[noteID]
	if !v.Mask.Has(authz.FieldNotes) { // who only writes is shown what it wrote, and not the rest
		n = note.Note{Revision: n.Revision}
	}
	return NoteView{noteID, n}, nil
}

// NoteRevision is what was done to a note.
type NoteRevision struct {
	note.Note
	At     time.Time
	By     note.Author
	Reason string // of a deletion
}

// NoteHistory gives every revision of a note that the caller may read, of a
// deleted one, too; fault.ErrNotFound when there is none.
func (a *App) NoteHistory(ctx context.Context, c Call, id uuid.UUID, noteID string) ([]NoteRevision, error) {
	v, err := a.get(ctx, &c, authz.GetNoteHistory, id)
	if err != nil {
		return nil, err
	}
	var out []NoteRevision
	err = journal.Replay(ctx, a.Journal, a.Streams.Notes, v.ID, func(s journal.Step[note.State]) bool {
		if n := s.After.Notes[noteID]; note.Of(s.Event) == noteID && v.Mask.Has(authz.FieldNotes) && a.NoteTypes.Readable(string(c.Caller.Role), n.Type) {
			r := NoteRevision{Note: n, At: s.OccurredAt, By: n.Author}
			if n.Revision > 1 {
				r.By = n.Editor
			}
			if e, ok := s.Event.(*note.Deleted); ok {
				r.Reason = e.Reason
			}
			out = append(out, r)
		}
		return true
	})
	if err == nil && len(out) == 0 {
		err = fault.ErrNotFound
	}
	return out, gone(&c, err)
}
