package event

import (
	"fmt"
	"reflect"
)

// Definition is one event type.
type Definition struct {
	Name    string // past tense; the published name
	Schema  int    // from 1
	Doc     string // one sentence for the catalogue page
	Notable bool
	Type    reflect.Type
	Codec   *Codec
}

// Define describes the event struct E. Its tags are checked by NewAggregate.
func Define[E any](name, doc string, significance Significance) Definition {
	return Definition{Name: name, Schema: 1, Doc: doc, Notable: significance == Notable, Type: reflect.TypeFor[E]()}
}

// New makes a zero event, as a pointer.
func (d *Definition) New() any { return reflect.New(d.Type).Interface() }

// Aggregate is everything the journal needs to know of a state S that is
// folded from events: how to fold, which values it claims, and how its events
// and itself are encoded. The domain builds it from its list of events.
type Aggregate[S any] struct {
	Name   string
	Evolve func(s *S, e any, at Envelope)
	Claims func(s *S) []Claim
	State  *Codec

	defs   []Definition
	byName map[string]*Definition
	byType map[reflect.Type]*Definition
}

// NewAggregate checks the classes of S and of every event. It fails on an
// event that is defined twice or that has an unclassified field.
func NewAggregate[S any](name string, evolve func(*S, any, Envelope), claims func(*S) []Claim, defs ...Definition) (*Aggregate[S], error) {
	state, err := NewCodec(reflect.TypeFor[S]())
	if err != nil {
		return nil, fmt.Errorf("state of %s: %w", name, err)
	}
	a := &Aggregate[S]{Name: name, Evolve: evolve, Claims: claims, State: state, defs: defs,
		byName: map[string]*Definition{}, byType: map[reflect.Type]*Definition{}}
	for i := range defs {
		d := &a.defs[i]
		if d.Codec, err = NewCodec(d.Type); err != nil {
			return nil, fmt.Errorf("event %s: %w", d.Name, err)
		}
		if a.byName[d.Name] != nil || a.byType[d.Type] != nil {
			return nil, fmt.Errorf("event %s is defined twice", d.Name)
		}
		a.byName[d.Name], a.byType[d.Type] = d, d
	}
	return a, nil
}

// Definitions lists the events in the order they were given.
func (a *Aggregate[S]) Definitions() []Definition { return a.defs }

// ByName finds an event type, or nil.
func (a *Aggregate[S]) ByName(name string) *Definition { return a.byName[name] }

// Of finds the definition of an event value (a struct or a pointer to one).
func (a *Aggregate[S]) Of(e any) (*Definition, error) {
	t := reflect.TypeOf(e)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	d := a.byType[t]
	if d == nil {
		return nil, fmt.Errorf("%s is not in the list of %s events", t, a.Name)
	}
	return d, nil
}
