package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/noteindex"
	"github.com/acme/customers/internal/roster"
	"github.com/acme/customers/internal/search"
)

// NoteSearch says which notes of all customers are looked for. Zero fields ask
// for all.
type NoteSearch struct {
	Text        string // words, beginnings of words, "phrases"
	Types       []string
	Author      string
	From, To    time.Time // of writing; To is exclusive
	Pinned      *bool
	ByRelevance bool // otherwise the newest first
	After       *noteindex.Mark
	Limit       int
}

// FoundNotes is a page of them.
type FoundNotes struct {
	Total int64 // exactly, of all pages, of the types that the caller may read
	Items []FoundNote
	Next  *noteindex.Mark // nil: there are no more
}

// FoundNote is a note, where it matches, and whom it is about.
type FoundNote struct {
	Note     NoteView
	Snippet  noteindex.Snippet
	Customer NotedCustomer
}

// NotedCustomer is what is shown of a customer beside a note about it. What the
// caller may not see is "".
type NotedCustomer struct {
	ID                   uuid.UUID
	Number, Name, Status string
}

// SearchNotes finds notes of all customers by their text. What the caller may not
// read is as if it were not there: it is not found, not counted, and not looked
// at. fault.ErrNoteIndexFull where the notes do not fit into memory.
func (a *App) SearchNotes(ctx context.Context, c Call, in NoteSearch) (FoundNotes, error) {
	mask, err := a.allowAny(&c, authz.SearchNotes)
	if err != nil {
		return FoundNotes{}, err
	}
	if err := in.check(); err != nil {
		return FoundNotes{}, err
	}
	if err := a.whole(ctx, &c); err != nil {
		return FoundNotes{}, err
	}
	found, err := c.notes.Find(noteindex.Query{Text: in.Text, Author: in.Author, From: in.From, To: in.To, Pinned: in.Pinned,
		ByRelevance: in.ByRelevance, After: in.After, Limit: in.Limit,
		Types: func(name string) bool {
			return mask.Has(authz.FieldNotes) && a.NoteTypes.Readable(string(c.Caller.Role), name) && (len(in.Types) == 0 || slices.Contains(in.Types, name))
		}})
	if err != nil {
		return FoundNotes{}, noteIndexFault(err)
	}
	out := FoundNotes{Total: found.Total, Next: found.Next, Items: make([]FoundNote, 0, len(found.Hits))}
	about := roaring.New()
	people := aboutWhom(c.people, mask, found.Hits)
	for _, h := range found.Hits {
		if who, ok := people[h.Customer]; ok { // otherwise it was erased meanwhile
			about.Add(h.Customer)
			out.Items = append(out.Items, FoundNote{NoteView{h.ID.String(), h.Note}, h.Snippet, who})
		}
	}
	return out, a.auditMany(ctx, &c, authz.SearchNotes, mask, about)
}

// check refuses a text that is not looked for as a whole, rather than finding
// something else.
func (in *NoteSearch) check() error {
	switch n := noteindex.Words(in.Text); {
	case n > noteindex.MaxWords:
		return fault.ErrInvalid.At(fault.Field{Pointer: "/query", Code: "too_many_words", Msg: "a query has at most 10 words"})
	case n == 0 && in.Text != "":
		return fault.ErrInvalid.At(fault.Field{Pointer: "/query", Code: "no_words", Msg: "a query has letters or digits, or is left out"})
	}
	return nil
}

// noteIndexFault says how much there would have to be. That is about all notes,
// and about none.
func noteIndexFault(err error) error {
	var full noteindex.Full
	if !errors.As(err, &full) {
		return err
	}
	out := *fault.ErrNoteIndexFull
	out.Msg = fmt.Sprintf("notes cannot be searched: their text needs %d bytes, and --note-memory allows %d", full.Need, full.Budget)
	return &out
}

// aboutWhom gives the customers of notes, by ordinal.
func aboutWhom(people *roster.Roster, mask authz.FieldMask, hits []noteindex.Hit) map[uint32]NotedCustomer {
	ordinals := roaring.New()
	for _, h := range hits {
		ordinals.Add(h.Customer)
	}
	out := make(map[uint32]NotedCustomer, ordinals.GetCardinality())
	for _, h := range people.Hits(ordinals.ToArray()) {
		one := NotedCustomer{ID: h.ID}
		if mask.Has(authz.FieldIdentity) {
			one.Number, one.Status = roster.NumberOf(h.Ordinal), h.Status
		}
		if i := slices.IndexFunc(h.Texts, func(t search.Text) bool { return t.Kind == search.Name }); i >= 0 && mask.Has(authz.FieldName) {
			one.Name = h.Texts[i].Value
		}
		out[h.Ordinal] = one
	}
	return out
}
