package customer

import (
	"maps"
	"slices"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/fault"
)

// DetailsChanged holds the new value of every field that changed. ExternalIDs
// holds changed sources only; an empty id was removed.
type DetailsChanged struct {
	Type        *Type             `json:"type,omitempty"        class:"public"`
	UserID      *string           `json:"userId,omitempty"      class:"personal"`
	ExternalIDs map[string]string `json:"externalIds,omitempty" class:"personal"`
	Tags        *[]string         `json:"tags,omitempty"        class:"personal"`
}

func (e DetailsChanged) evolve(s *State, _ event.Envelope) {
	set(&s.Type, e.Type)
	set(&s.UserID, e.UserID)
	set(&s.Tags, e.Tags)
	s.ExternalIDs = mergeIDs(s.ExternalIDs, e.ExternalIDs)
}

// ChangeDetails changes what it sets: nil keeps. In ExternalIDs an empty id
// removes the source.
type ChangeDetails struct {
	Type        *Type
	ExternalIDs map[string]string
	Tags        *[]string
}

// Decide records the fields that really change.
func (c ChangeDetails) Decide(s *State) ([]Event, error) {
	if err := s.open(); err != nil {
		return nil, err
	}
	var p problems
	var e DetailsChanged
	if c.Type != nil {
		e.Type = changed(s.Type, p.customerType(*c.Type))
	}
	if c.Tags != nil {
		if tags := p.tags(*c.Tags); !slices.Equal(tags, s.Tags) {
			e.Tags = &tags
		}
	}
	e.ExternalIDs = p.changedIDs(s.ExternalIDs, c.ExternalIDs)
	if err := p.err(); err != nil {
		return nil, err
	}
	if e.Type == nil && e.Tags == nil && e.ExternalIDs == nil {
		return nil, nil
	}
	return []Event{e}, nil
}

// LinkUser ties the customer to the identity provider's user.
type LinkUser struct{ UserID string }

// Decide refuses to move a customer from one user to another.
func (c LinkUser) Decide(s *State) ([]Event, error) {
	if err := s.open(); err != nil {
		return nil, err
	}
	var p problems
	id := p.identifier("/userId", c.UserID)
	if id == "" && len(p) == 0 {
		p.add("/userId", "empty", "the id is empty")
	}
	if err := p.err(); err != nil {
		return nil, err
	}
	switch s.UserID {
	case id:
		return nil, nil
	case "":
		return []Event{DetailsChanged{UserID: &id}}, nil
	}
	return nil, fault.ErrUserTaken
}

func (p *problems) changedIDs(old, change map[string]string) map[string]string {
	given := maps.Clone(change)
	maps.DeleteFunc(given, func(_, id string) bool { return id == "" })
	out := p.externalIDs(given)
	maps.DeleteFunc(out, func(source, id string) bool { return old[source] == id })
	for source, id := range change {
		if _, had := old[source]; id == "" && had {
			if out == nil {
				out = map[string]string{}
			}
			out[source] = ""
		}
	}
	if len(out) == 0 {
		return nil
	}
	if len(mergeIDs(old, out)) > MaxExternalIDs {
		p.add("/externalIds", "too_many", "a customer has at most 20 external ids")
	}
	return out
}

// mergeIDs gives old with change applied, and never changes old.
func mergeIDs(old, change map[string]string) map[string]string {
	if len(change) == 0 {
		return old
	}
	out := maps.Clone(old)
	if out == nil {
		out = map[string]string{}
	}
	maps.Copy(out, change)
	maps.DeleteFunc(out, func(_, id string) bool { return id == "" })
	if len(out) == 0 {
		return nil
	}
	return out
}
