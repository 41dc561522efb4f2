package segment

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/fault"
)

const (
	maxName        = 100 // characters
	maxDescription = 1000
	// MaxVersions is how many versions of a rule there may be: each stays.
	MaxVersions = 1000
)

// keys are what rules write between quotes, and what messages are filtered by.
var keys = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$`)

// KeyOf makes a key of a name, as far as its letters allow; "" when they do not.
func KeyOf(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	key := b.String()
	return strings.Trim(key[:min(len(key), 64)], "-")
}

// Create makes a segment. The criteria have been compiled.
type Create struct {
	Key, Name, Description string
	Type                   Type
	Criteria               string
}

// Decide refuses what cannot be meant.
func (c Create) Decide(s *State) ([]Event, error) {
	var p problems
	if _, err := uuid.Parse(c.Key); err == nil || !keys.MatchString(c.Key) { // an id is no key: paths take either
		p.add("/key", "invalid_key", "a key is of 1 to 64 lower-case letters, digits and dashes, and begins and ends with a letter or digit")
	}
	switch {
	case c.Type != Static && c.Type != Dynamic:
		p.add("/type", "invalid_type", "a segment is static or dynamic")
	case c.Type == Static && c.Criteria != "":
		p.add("/criteria", "not_dynamic", "members of a static segment come in by hand")
	case c.Type == Dynamic && c.Criteria == "":
		p.add("/criteria", "required", "a dynamic segment needs criteria")
	}
	c.Name, c.Description = p.text("/name", c.Name, maxName), p.text("/description", c.Description, maxDescription)
	if c.Name == "" {
		p.add("/name", "required", "a segment needs a name")
	}
	if err := p.err(); err != nil {
		return nil, err
	}
	return []Event{Created{c.Key, c.Type, c.Name, c.Description, c.Criteria}}, nil
}

// Describe changes what it sets.
type Describe struct{ Name, Description *string }

// Decide records what really changes.
func (c Describe) Decide(s *State) ([]Event, error) {
	if !s.Exists() {
		return nil, fault.ErrNotFound
	}
	var p problems
	var e Described
	if c.Name != nil {
		if name := p.text("/name", *c.Name, maxName); name == "" {
			p.add("/name", "required", "a segment needs a name")
		} else if name != s.Name {
			e.Name = &name
		}
	}
	if c.Description != nil {
		if text := p.text("/description", *c.Description, maxDescription); text != s.Description {
			e.Description = &text
		}
	}
	if err := p.err(); err != nil || e == (Described{}) {
		return nil, err
	}
	return []Event{e}, nil
}

// ChangeCriteria gives a dynamic segment a rule, or that of an earlier version.
type ChangeCriteria struct {
	Criteria string // has been compiled; "" with RollBackTo
	// RollBackTo is the version whose rule is to hold again; 0: Criteria is new.
	RollBackTo int
}

// Decide waits for the version before to be applied: of two that are being
// calculated nobody could say what readers see.
func (c ChangeCriteria) Decide(s *State) ([]Event, error) {
	switch {
	case !s.Exists():
		return nil, fault.ErrNotFound
	case s.Type != Dynamic:
		return nil, fault.ErrInvalid.At(fault.Field{Pointer: "/criteria", Code: "not_dynamic", Msg: "members of a static segment come in by hand"})
	case c.RollBackTo > len(s.Versions) || c.RollBackTo < 0:
		return nil, fault.ErrInvalid.At(fault.Field{Pointer: "/rollBackTo", Code: "unknown_version", Msg: fmt.Sprintf("there are versions 1 to %d", len(s.Versions))})
	}
	if c.RollBackTo > 0 {
		c.Criteria = s.Versions[c.RollBackTo-1].Criteria
	}
	switch {
	case c.Criteria == "":
		return nil, fault.ErrInvalid.At(fault.Field{Pointer: "/criteria", Code: "required", Msg: "a dynamic segment needs criteria"})
	case c.Criteria == s.Latest().Criteria:
		return nil, nil
	case s.Calculating():
		return nil, fault.ErrSegmentBusy
	case len(s.Versions) >= MaxVersions:
		return nil, fault.ErrInvalid.At(fault.Field{Pointer: "/criteria", Code: "too_many_versions", Msg: fmt.Sprintf("a rule has at most %d versions", MaxVersions)})
	}
	return []Event{CriteriaChanged{s.Key, len(s.Versions) + 1, c.RollBackTo, c.Criteria}}, nil
}

// Plan says how much the calculation of a version will change.
type Plan struct {
	Version           int
	Entering, Leaving int64
}

// Decide records nothing when the version is no longer the one to calculate.
func (c Plan) Decide(s *State) ([]Event, error) {
	if !s.Exists() || !s.Calculating() || c.Version != s.Latest().Number || s.Planned == c.Entering+c.Leaving {
		return nil, nil
	}
	return []Event{RecalculationPlanned{s.Key, c.Version, c.Entering, c.Leaving}}, nil
}

// Apply shows a version to readers.
type Apply struct {
	Version                int
	Members, Entered, Left int64
}

// Decide records nothing when the version is no longer the one to calculate.
func (c Apply) Decide(s *State) ([]Event, error) {
	if !s.Exists() || !s.Calculating() || c.Version != s.Latest().Number {
		return nil, nil
	}
	return []Event{Recalculated{s.Key, c.Version, c.Members, c.Entered, c.Left}}, nil
}

// Measure notes how many members there are.
type Measure struct{ Members, Entered, Left int64 }

// Decide records nothing when nobody came or went.
func (c Measure) Decide(s *State) ([]Event, error) {
	if !s.Exists() || s.Calculating() || c.Entered == 0 && c.Left == 0 {
		return nil, nil
	}
	return []Event{Measured{s.Key, c.Members, c.Entered, c.Left}}, nil
}

// Delete ends a segment.
type Delete struct{}

// Decide is fault.ErrNotFound when there is none.
func (Delete) Decide(s *State) ([]Event, error) {
	if !s.Exists() {
		return nil, fault.ErrNotFound
	}
	return []Event{Deleted{s.Key}}, nil
}

type problems struct{ fields []fault.Field }

func (p *problems) add(pointer, code, msg string) {
	p.fields = append(p.fields, fault.Field{Pointer: pointer, Code: code, Msg: msg})
}

func (p *problems) text(pointer, value string, most int) string {
	value = strings.TrimSpace(value)
	if utf8.RuneCountInString(value) > most {
		p.add(pointer, "too_long", fmt.Sprintf("at most %d characters", most))
	}
	return value
}

func (p *problems) err() error {
	if len(p.fields) == 0 {
		return nil
	}
	return fault.ErrInvalid.At(p.fields...)
}
