package app

import (
	"errors"
	"fmt"
	"slices"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/journal"
	"github.com/acme/customers/internal/settings"
)

// SignificanceRule marks what all of its conditions hold for. One that is left
// out holds for everything.
type SignificanceRule struct {
	Kind        string            `json:"kind,omitempty"`   // of the stream
	Type        string            `json:"type,omitempty"`   // the event's name
	Source      string            `json:"source,omitempty"` // who told of it
	Actor       string            `json:"actor,omitempty"`  // kind of who did it
	Fields      map[string]string `json:"fields,omitempty"` // public fields of the event, as text
	Significant *bool             `json:"significant"`
}

// Significance says what of a timeline is significant: the first rule that
// fits, else the catalogue. It is asked when a timeline is read, so that a new
// rule is one for the past, too.
type Significance []SignificanceRule

// ParseSignificance reads rules as JSON and holds them against the events that
// there are: a misspelt one would mark nothing.
func ParseSignificance(raw []byte, kinds []journal.Kind) (Significance, error) {
	var rules Significance
	if err := settings.Parse(raw, &rules); err != nil {
		return nil, err
	}
	for i := range rules {
		if err := rules[i].check(kinds); err != nil {
			return nil, fmt.Errorf("rule %d: %w", i+1, err)
		}
	}
	return rules, nil
}

func (r *SignificanceRule) check(kinds []journal.Kind) error {
	if r.Significant == nil {
		return errors.New("it does not say whether that is significant")
	}
	var fits []event.Definition
	for _, k := range kinds {
		if r.Kind != "" && r.Kind != k.Name {
			continue
		}
		for _, def := range k.Definitions {
			if r.Type == "" || r.Type == def.Name {
				fits = append(fits, def)
			}
		}
	}
	if len(fits) == 0 {
		return errors.New("there is no such event")
	}
	for name := range r.Fields {
		if !slices.ContainsFunc(fits, func(def event.Definition) bool {
			return slices.ContainsFunc(def.Codec.Fields(), func(f event.Field) bool { return f.Path == name && f.Class == event.Public })
		}) {
			return errors.New("such an event has no such public field")
		}
	}
	return nil
}

func (r *SignificanceRule) fits(rec *eventstore.Record) bool {
	is := func(want, is string) bool { return want == "" || want == is }
	return is(r.Kind, rec.Stream.Type) && is(r.Type, rec.Type) && is(r.Source, rec.Source) && is(r.Actor, string(rec.Actor))
}

// never tells what is not significant whatever its fields say, so that it need
// not be opened.
func (s Significance) never(rec *eventstore.Record) bool {
	for i := range s {
		if s[i].fits(rec) {
			return len(s[i].Fields) == 0 && !*s[i].Significant
		}
	}
	return !rec.Notable
}

// of decides.
func (s Significance) of(rec *eventstore.Record, def *event.Definition, e any) bool {
	var public map[string]string
	for i := range s {
		if !s[i].fits(rec) {
			continue
		}
		if public == nil && len(s[i].Fields) > 0 {
			public = publicFields(def, e)
		}
		if holds(s[i].Fields, public) {
			return *s[i].Significant
		}
	}
	return rec.Notable
}

func holds(want, have map[string]string) bool {
	for name, value := range want {
		if have[name] != value {
			return false
		}
	}
	return true
}

func publicFields(def *event.Definition, e any) map[string]string {
	out := map[string]string{}
	def.Codec.Each(e, func(f event.Field, value any) {
		if f.Class == event.Public {
			out[f.Path] = fmt.Sprint(value)
		}
	})
	return out
}
