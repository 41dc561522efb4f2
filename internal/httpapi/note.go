package httpapi

import (
	"context"
	"encoding/binary"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/note"
)

// Note is what staff noted about a customer.
type Note struct {
	ID        string    `json:"id" format:"uuid"`
	Type      string    `json:"type,omitempty"`
	Content   string    `json:"content,omitempty"`
	Pinned    bool      `json:"pinned"`
	Author    *Actor    `json:"author,omitempty"`
	CreatedAt time.Time `json:"createdAt,omitzero"`
	Editor    *Actor    `json:"editor,omitempty" doc:"Of the last change"`
	EditedAt  time.Time `json:"editedAt,omitzero"`
	Revision  int64     `json:"revision"`
}

// NoteRevision is what was done to a note.
type NoteRevision struct {
	Revision int64     `json:"revision"`
	At       time.Time `json:"at"`
	By       Actor     `json:"by"`
	Type     string    `json:"type"`
	Content  string    `json:"content,omitempty"`
	Pinned   bool      `json:"pinned"`
	Deleted  bool      `json:"deleted,omitzero"`
	Reason   string    `json:"reason,omitempty" doc:"Of a deletion"`
}

// NewNote is a note to be written.
type NewNote struct {
	Type    string `json:"type" maxLength:"50" doc:"support, sales, compliance or another that is configured"`
	Content string `json:"content" maxLength:"5000"`
	Pinned  bool   `json:"pinned,omitzero"`
}

// NotePatch changes what it names.
type NotePatch struct {
	Type    Optional[string] `json:"type,omitzero"`
	Content Optional[string] `json:"content,omitzero"`
	Pinned  Optional[bool]   `json:"pinned,omitzero"`
}

// NoteDeletion says why.
type NoteDeletion struct {
	Reason string `json:"reason" maxLength:"500"`
}

type notesInput struct {
	OnCustomer
	Fresh
	Cursor string    `query:"cursor" maxLength:"256" doc:"next of the page before"`
	Limit  int       `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Type   string    `query:"type" maxLength:"50"`
	Author string    `query:"author" maxLength:"200" doc:"The id of who wrote it"`
	Pinned string    `query:"pinned" enum:"true,false"`
	From   time.Time `query:"from" doc:"Of writing"`
	To     time.Time `query:"to" doc:"Exclusive"`
}

type onNote struct {
	OnCustomer
	Matching
	Once
	NoteID string `path:"noteId" format:"uuid"`
}

type noteHistoryInput struct {
	OnCustomer
	Fresh
	NoteID string `path:"noteId" format:"uuid"`
}

type noteInput struct {
	OnCustomer
	Once
}

type noteShown struct {
	Status   int
	ETag     string `header:"ETag" doc:"The note's revision, for If-Match"`
	Location string `header:"Location"`
	Body     *Note
}

type notesShown struct {
	Body struct {
		Items []Note `json:"items"`
		Next  string `json:"next,omitempty" doc:"The cursor of the next page; absent at the end"`
	} `nameHint:"NoteList"`
}

type noteHistory struct {
	Body struct {
		Items []NoteRevision `json:"items"`
	} `nameHint:"NoteHistory"`
}

func (s *service) noteRoutes(a *api) {
	const all, one = "/v1/customers/{id}/notes", "/v1/customers/{id}/notes/{noteId}"
	plain(a, huma.Operation{OperationID: "listNotes", Method: http.MethodGet, Path: all, Tags: []string{"Notes"},
		Summary: "List the notes that the caller may read, pinned ones first, then the newest"}, s.listNotes)
	withBody(a, huma.Operation{OperationID: "addNote", Method: http.MethodPost, Path: all, DefaultStatus: http.StatusCreated, Tags: []string{"Notes"},
		Summary: "Write a note"}, s.addNote)
	withBody(a, huma.Operation{OperationID: "patchNote", Method: http.MethodPatch, Path: one, Tags: []string{"Notes"},
		Summary: "Change a note, pin it or unpin it; every revision is kept"}, s.patchNote)
	withBody(a, huma.Operation{OperationID: "deleteNote", Method: http.MethodPost, Path: one + "/delete", DefaultStatus: http.StatusNoContent, Tags: []string{"Notes"},
		Summary: "Take a note out of sight, for a reason; its revisions are kept"}, s.deleteNote)
	plain(a, huma.Operation{OperationID: "getNoteHistory", Method: http.MethodGet, Path: one + "/history", Tags: []string{"Notes"},
		Summary: "Get every revision of a note, of a deleted one too"}, s.noteHistory)
}

func (s *service) listNotes(ctx context.Context, in *notesInput) (*notesShown, error) {
	id, err := in.customerID()
	if err != nil {
		return nil, err
	}
	f := app.NoteFilter{Type: in.Type, Author: in.Author, From: in.From, To: in.To}
	if in.Pinned != "" {
		f.Pinned = new(in.Pinned == "true")
	}
	notes, err := s.app.ListNotes(ctx, s.called(ctx, in.freshness()), id, f)
	if err != nil {
		return nil, err
	}
	scope := "notes/" + id.String()
	if in.Cursor != "" { // names the last note of the page before; those after it follow, whatever was written since
		marks, err := s.cursors.decode(scope, in.Cursor, 2)
		if err != nil {
			return nil, err
		}
		at := slices.IndexFunc(notes, func(n app.NoteView) bool { return noteMarks(n.ID) == [2]uint64(marks) })
		if at < 0 { // it was deleted: begin again rather than leave one out
			return nil, fault.ErrBadCursor
		}
		notes = notes[at+1:]
	}
	out := new(notesShown)
	out.Body.Items = []Note{}
	for i := range notes[:min(len(notes), in.Limit)] {
		out.Body.Items = append(out.Body.Items, renderNote(&notes[i]))
	}
	if len(notes) > in.Limit {
		marks := noteMarks(notes[in.Limit-1].ID)
		out.Body.Next = s.cursors.encode(scope, marks[:]...)
	}
	return out, nil
}

func noteMarks(id string) [2]uint64 {
	u, _ := uuid.Parse(id)
	return [2]uint64{binary.BigEndian.Uint64(u[:8]), binary.BigEndian.Uint64(u[8:])}
}

func (s *service) addNote(ctx context.Context, in *noteInput, body *NewNote) (*noteShown, error) {
	id, err := in.customerID()
	if err != nil {
		return nil, err
	}
	call, leave, err := s.changing(ctx, http.StatusCreated)
	if err != nil {
		return nil, err
	}
	defer leave()
	v, err := s.app.AddNote(ctx, call, id, note.Add{Type: body.Type, Content: body.Content, Pinned: body.Pinned})
	if err != nil {
		return nil, err
	}
	return &noteShown{http.StatusCreated, etag(v.Revision), "/v1/customers/" + id.String() + "/notes/" + v.ID, new(renderNote(&v))}, nil
}

func (s *service) patchNote(ctx context.Context, in *onNote, body *NotePatch) (*noteShown, error) {
	id, err := in.customerID()
	if err != nil {
		return nil, err
	}
	call, leave, err := s.changing(ctx, http.StatusOK)
	if err != nil {
		return nil, err
	}
	defer leave()
	v, err := s.app.EditNote(ctx, call, id, note.Edit{ID: in.NoteID, Type: body.Type.patch(), Content: body.Content.patch(), Pinned: body.Pinned.patch()})
	if err != nil {
		return nil, err
	}
	return &noteShown{Status: http.StatusOK, ETag: etag(v.Revision), Body: new(renderNote(&v))}, nil
}

func (s *service) deleteNote(ctx context.Context, in *onNote, body *NoteDeletion) (*struct{}, error) {
	id, err := in.customerID()
	if err != nil {
		return nil, err
	}
	call, leave, err := s.changing(ctx, http.StatusNoContent)
	if err != nil {
		return nil, err
	}
	defer leave()
	_, err = s.app.DeleteNote(ctx, call, id, note.Delete{ID: in.NoteID, Reason: body.Reason})
	return nil, err
}

func (s *service) noteHistory(ctx context.Context, in *noteHistoryInput) (*noteHistory, error) {
	id, err := in.customerID()
	if err != nil {
		return nil, err
	}
	revisions, err := s.app.NoteHistory(ctx, s.called(ctx, in.freshness()), id, in.NoteID)
	if err != nil {
		return nil, err
	}
	out := new(noteHistory)
	for _, r := range revisions {
		out.Body.Items = append(out.Body.Items, NoteRevision{Revision: r.Revision, At: r.At.UTC(), By: Actor{r.By.Role, r.By.ID}, Type: r.Type, Content: r.Content,
			Pinned: r.Pinned, Deleted: r.Deleted, Reason: r.Reason})
	}
	return out, nil
}

func renderNote(n *app.NoteView) Note {
	out := Note{ID: n.ID, Type: n.Type, Content: n.Content, Pinned: n.Pinned, CreatedAt: n.CreatedAt.UTC(), Revision: n.Revision}
	if n.CreatedAt.IsZero() {
		out.CreatedAt = time.Time{}
	}
	if n.Author.Role != "" {
		out.Author = &Actor{n.Author.Role, n.Author.ID}
	}
	if n.Editor.Role != "" {
		out.Editor, out.EditedAt = &Actor{n.Editor.Role, n.Editor.ID}, n.EditedAt.UTC()
	}
	return out
}
