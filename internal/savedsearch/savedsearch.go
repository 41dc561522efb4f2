// Package savedsearch decides what is kept of a search that somebody wants to
// make again. It is pure, as customer is.
package savedsearch

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/fault"
)

// Stream is the stream type of this aggregate. A saved search is nobody: it has
// keys of its own, and no number.
const Stream = "search"

const maxName = 100 // characters

// Search is what is asked for. What it looks for may be somebody, so all of it is
// sealed.
type Search struct {
	Name      string   `json:"name"`
	Query     string   `json:"query,omitempty"`
	Filter    string   `json:"filter,omitempty"`
	Sort      string   `json:"sort,omitempty"`
	Collation string   `json:"collation,omitempty"`
	Facets    []string `json:"facets,omitempty"`
	Shared    bool     `json:"shared,omitempty"` // whoever may search sees it
}

// State is a saved search folded from its events.
type State struct {
	Search    Search    `json:"search,omitzero"    class:"personal"`
	Owner     string    `json:"owner,omitempty"    class:"personal"` // the token's subject
	CreatedAt time.Time `json:"createdAt,omitzero" class:"public"`
	ChangedAt time.Time `json:"changedAt,omitzero" class:"public"`
	Deleted   bool      `json:"deleted,omitempty"  class:"public"`
}

// Exists reports whether there is such a search.
func (s *State) Exists() bool { return !s.CreatedAt.IsZero() && !s.Deleted }

// Event is a fact about a saved search.
type Event interface {
	evolve(s *State, env event.Envelope)
}

// Saved holds a search as it is from now on.
type Saved struct {
	Search Search `json:"search" class:"personal"`
	Owner  string `json:"owner"  class:"personal"`
}

func (e Saved) evolve(s *State, env event.Envelope) {
	if s.CreatedAt.IsZero() {
		s.CreatedAt = env.OccurredAt
	}
	s.Search, s.Owner, s.ChangedAt = e.Search, e.Owner, env.OccurredAt
}

// Dropped says that a search is kept no longer.
type Dropped struct{}

func (Dropped) evolve(s *State, env event.Envelope) { s.Deleted, s.ChangedAt = true, env.OccurredAt }

// Save keeps a search, or changes one that is kept. The filter has been compiled.
type Save struct {
	Search Search
	Owner  string
}

// Decide records what really changes. Who made it stays its owner.
func (c Save) Decide(s *State) ([]Event, error) {
	c.Search.Name = strings.TrimSpace(c.Search.Name)
	switch {
	case s.Deleted:
		return nil, fault.ErrNotFound
	case c.Search.Name == "" || utf8.RuneCountInString(c.Search.Name) > maxName:
		return nil, fault.ErrInvalid.At(fault.Field{Pointer: "/name", Code: "invalid_name", Msg: "a saved search has a name of up to 100 characters"})
	}
	if s.Exists() {
		c.Owner = s.Owner
		if same(&s.Search, &c.Search) {
			return nil, nil
		}
	}
	return []Event{Saved{c.Search, c.Owner}}, nil
}

func same(a, b *Search) bool {
	return a.Name == b.Name && a.Query == b.Query && a.Filter == b.Filter && a.Sort == b.Sort && a.Collation == b.Collation && a.Shared == b.Shared && slices.Equal(a.Facets, b.Facets)
}

// Drop ends a saved search.
type Drop struct{}

// Decide is fault.ErrNotFound when there is none.
func (Drop) Decide(s *State) ([]Event, error) {
	if !s.Exists() {
		return nil, fault.ErrNotFound
	}
	return []Event{Dropped{}}, nil
}

// Events lists every event: the catalogue follows from it.
func Events() []event.Definition {
	return []event.Definition{
		event.Define[Saved]("SearchSaved", "A search was saved, or a saved one changed.", event.Routine),
		event.Define[Dropped]("SearchDropped", "A saved search is kept no longer.", event.Routine),
	}
}

// New builds the aggregate.
func New() (*event.Aggregate[State], error) {
	return event.NewAggregate(Stream, func(s *State, e any, env event.Envelope) { e.(Event).evolve(s, env) },
		func(*State) []event.Claim { return nil }, Events()...)
}
