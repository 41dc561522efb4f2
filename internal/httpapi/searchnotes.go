package httpapi

import (
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/app"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/noteindex"
)

// NoteSearch says which notes of all customers are looked for. It is a body and
// not a query, for what is looked for may name somebody.
type NoteSearch struct {
	Query  string    `json:"query,omitempty" maxLength:"200" doc:"Up to 10 words: a note has all of them, or words that begin with them, from two letters on; \"quoted\" ones stand in it just so, one after another. Without, all notes"`
	Types  []string  `json:"types,omitempty" maxItems:"50" doc:"Any of these; all that the caller may read if left out"`
	Author string    `json:"author,omitempty" maxLength:"200" doc:"The id of who wrote it"`
	From   time.Time `json:"from,omitzero" doc:"Of writing"`
	To     time.Time `json:"to,omitzero" doc:"Exclusive"`
	Pinned *bool     `json:"pinned,omitempty"`
	Sort   string    `json:"sort,omitempty" enum:"newest,relevance" default:"newest" doc:"By relevance, a word itself counts more than one that begins with it, and then how often"`
	Limit  int       `json:"limit,omitzero" minimum:"1" maximum:"200" default:"50"`
	Cursor string    `json:"cursor,omitempty" maxLength:"256" doc:"next of the page before, with all else as it was"`
}

// FoundNote is a note with where it matches, and whom it is about.
type FoundNote struct {
	Note       Note          `json:"note"`
	Snippet    string        `json:"snippet" doc:"About 160 characters around the first place that matches; … where something was cut off"`
	Highlights []Highlight   `json:"highlights" doc:"What in the snippet matches"`
	Customer   NotedCustomer `json:"customer"`
}

// Highlight is a part of a text.
type Highlight struct {
	Start int `json:"start" doc:"In characters (Unicode code points), from 0"`
	End   int `json:"end" doc:"Exclusive"`
}

// NotedCustomer is what is shown of a customer beside a note. What the caller may
// not see is absent.
type NotedCustomer struct {
	ID     string `json:"id" format:"uuid"`
	Number string `json:"number,omitempty"`
	Name   string `json:"name,omitempty"`
	Status string `json:"status,omitempty" enum:"pending,active,inactive,archived"`
}

type notesFound struct {
	Body struct {
		Total int64       `json:"total" doc:"Exactly, of all pages"`
		Items []FoundNote `json:"items"`
		Next  string      `json:"next,omitempty" doc:"The cursor of the next page; absent at the end"`
	} `nameHint:"FoundNotes"`
}

func (s *service) searchNotesRoute(a *api) {
	withBody(a, huma.Operation{OperationID: "searchNotes", Method: http.MethodPost, Path: "/v1/notes/search", Tags: []string{"Notes"},
		Summary: "Search the notes of all customers that the caller may read, by their text, type, author and date"}, s.searchNotes)
}

func (s *service) searchNotes(ctx context.Context, in *Fresh, body *NoteSearch) (*notesFound, error) {
	call := s.called(ctx, in.freshness())
	scope := body.scope(&call)
	q, err := body.search()
	if err != nil {
		return nil, err
	}
	if body.Cursor != "" {
		if q.After, err = s.noteMark(scope, body.Cursor); err != nil {
			return nil, err
		}
	}
	found, err := s.app.SearchNotes(ctx, call, q)
	if err != nil {
		return nil, err
	}
	out := new(notesFound)
	out.Body.Total, out.Body.Items = found.Total, make([]FoundNote, len(found.Items))
	for i := range found.Items {
		out.Body.Items[i] = renderFoundNote(&found.Items[i])
	}
	if m := found.Next; m != nil {
		id := noteMarks(m.ID.String())
		out.Body.Next = s.cursors.encode(scope, uint64(m.Score), uint64(m.At), id[0], id[1])
	}
	return out, nil
}

func (b *NoteSearch) search() (q app.NoteSearch, err error) {
	switch {
	case b.Sort != "" && b.Sort != "newest" && b.Sort != "relevance":
		return q, invalid("/sort", "invalid_sort", "newest or relevance")
	case b.Limit < 0 || b.Limit > 200:
		return q, invalid("/limit", "invalid_limit", "1 to 200")
	case len([]rune(b.Query)) > noteindex.MaxRunes:
		return q, invalid("/query", "too_long", "a query has at most 200 characters")
	}
	return app.NoteSearch{Text: b.Query, Types: b.Types, Author: b.Author, From: b.From, To: b.To, Pinned: b.Pinned, ByRelevance: b.Sort == "relevance", Limit: cmp.Or(b.Limit, 50)}, nil
}

// scope is what a cursor is good for: this search, by this caller.
func (b *NoteSearch) scope(c *app.Call) string {
	same := *b
	same.Cursor, same.Limit, same.Types = "", 0, slices.Sorted(slices.Values(b.Types))
	text, _ := json.Marshal(same)
	return "notes/search/" + string(c.Caller.Role) + "/" + c.Caller.Subject + "/" + string(text)
}

// noteMark reads where a page ended. It goes on there whatever became of the note
// that was the last one.
func (s *service) noteMark(scope, cursor string) (*noteindex.Mark, error) {
	marks, err := s.cursors.decode(scope, cursor, 4)
	if err != nil {
		return nil, err
	}
	if marks[0] > uint64(^uint32(0)) {
		return nil, fault.ErrBadCursor
	}
	m := noteindex.Mark{Score: uint32(marks[0]), At: int64(marks[1])}
	m.ID = uuid.UUID(binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, marks[2]), marks[3]))
	return &m, nil
}

func renderFoundNote(f *app.FoundNote) FoundNote {
	out := FoundNote{Note: renderNote(&f.Note), Snippet: f.Snippet.Text, Highlights: make([]Highlight, len(f.Snippet.Highlights)),
		Customer: NotedCustomer{f.Customer.ID.String(), f.Customer.Number, f.Customer.Name, f.Customer.Status}}
	for i, h := range f.Snippet.Highlights {
		out.Highlights[i] = Highlight(h)
	}
	return out
}
