package customer

import (
	"sync"
	"time"

	"golang.org/x/text/language"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/fault"
)

// Profile is who the customer is beyond the name. Every field is optional.
type Profile struct {
	DateOfBirth string         `json:"dateOfBirth,omitempty" class:"sensitive"` // ISO 8601 date
	Gender      string         `json:"gender,omitempty"      class:"personal"`  // in the customer's own words
	Locale      string         `json:"locale,omitempty"      class:"personal"`  // BCP 47
	Timezone    string         `json:"timezone,omitempty"    class:"personal"`  // IANA name
	Currency    string         `json:"currency,omitempty"    class:"personal"`  // ISO 4217
	Attributes  map[string]any `json:"attributes,omitempty"  class:"personal"`  // string, float64 or bool
}

// ProfileUpdated holds the new value of every field that changed; an empty one
// was cleared. An attribute that is nil was removed.
type ProfileUpdated struct {
	Name        *Name          `json:"name,omitempty"        class:"personal"`
	DateOfBirth *string        `json:"dateOfBirth,omitempty" class:"sensitive"`
	Gender      *string        `json:"gender,omitempty"      class:"personal"`
	Locale      *string        `json:"locale,omitempty"      class:"personal"`
	Timezone    *string        `json:"timezone,omitempty"    class:"personal"`
	Currency    *string        `json:"currency,omitempty"    class:"personal"`
	Attributes  map[string]any `json:"attributes,omitempty"  class:"personal"`
}

func (e ProfileUpdated) evolve(s *State, _ event.Envelope) {
	if e.Name != nil {
		s.rename(*e.Name)
	}
	set(&s.Profile.DateOfBirth, e.DateOfBirth)
	set(&s.Profile.Gender, e.Gender)
	set(&s.Profile.Locale, e.Locale)
	set(&s.Profile.Timezone, e.Timezone)
	set(&s.Profile.Currency, e.Currency)
	s.Profile.Attributes = mergeAttributes(s.Profile.Attributes, e.Attributes)
}

// UpdateProfile changes what it sets: nil keeps a field, "" clears it.
type UpdateProfile struct {
	At          time.Time
	Name        *NamePatch
	DateOfBirth *string
	Gender      *string
	Locale      *string
	Timezone    *string
	Currency    *string
	Attributes  map[string]any // nil value removes the attribute
}

// Decide records the fields that really change, and nothing when none does.
func (c UpdateProfile) Decide(s *State) ([]Event, error) {
	if err := s.open(); err != nil {
		return nil, err
	}
	var p problems
	want := s.Profile
	set(&want.DateOfBirth, c.DateOfBirth)
	set(&want.Gender, c.Gender)
	set(&want.Locale, c.Locale)
	set(&want.Timezone, c.Timezone)
	set(&want.Currency, c.Currency)
	want.Attributes = c.Attributes
	want = want.check(&p, c.At)
	name := s.Name
	if c.Name != nil {
		name = c.Name.apply(s.Name).check(&p)
	}
	if len(mergeAttributes(s.Profile.Attributes, want.Attributes)) > MaxAttributes {
		p.add("/attributes", "too_many", "a customer has at most 50 attributes")
	}
	if err := p.err(); err != nil {
		return nil, err
	}
	e := ProfileUpdated{
		DateOfBirth: changed(s.Profile.DateOfBirth, want.DateOfBirth),
		Gender:      changed(s.Profile.Gender, want.Gender),
		Locale:      changed(s.Profile.Locale, want.Locale),
		Timezone:    changed(s.Profile.Timezone, want.Timezone),
		Currency:    changed(s.Profile.Currency, want.Currency),
		Name:        changed(s.Name, name),
		Attributes:  changedAttributes(s.Profile.Attributes, want.Attributes),
	}
	if e.Name == nil && e.DateOfBirth == nil && e.Gender == nil && e.Locale == nil && e.Timezone == nil &&
		e.Currency == nil && e.Attributes == nil {
		return nil, nil
	}
	return []Event{e}, nil
}

// changed gives a pointer to the new value, or nil when it is the old one.
func changed[T comparable](old, new T) *T {
	if old == new {
		return nil
	}
	return &new
}

// open refuses what is not there or takes no change any more.
func (s *State) open() error {
	switch s.Status {
	case "":
		return fault.ErrNotFound
	case IsClosed:
		return fault.ErrTransition
	}
	return nil
}

const maxGender = 50

func (f Profile) check(p *problems, now time.Time) Profile {
	f.DateOfBirth = p.dateOfBirth("/profile/dateOfBirth", f.DateOfBirth, now)
	f.Gender = p.text("/profile/gender", f.Gender, maxGender)
	if f.Locale != "" {
		tag, err := language.Parse(f.Locale)
		if len(f.Locale) > 35 || err != nil || tag == language.Und {
			p.add("/profile/locale", "invalid_locale", "this is not a BCP 47 language tag, like de-CH")
		}
		f.Locale = tag.String()
	}
	if f.Timezone != "" && !knownZone(f.Timezone) {
		p.add("/profile/timezone", "invalid_timezone", "this is not an IANA time zone, like Europe/Zurich")
	}
	if f.Currency != "" && !knownCurrency(f.Currency) {
		p.add("/profile/currency", "invalid_currency", "this is not an ISO 4217 code in use, like CHF")
	}
	f.Attributes = p.attributes("/profile/attributes", f.Attributes)
	return f
}

// oldest is a little over the longest human life on record (122 years).
const oldest = 130

func (p *problems) dateOfBirth(pointer, raw string, now time.Time) string {
	if raw == "" {
		return ""
	}
	day, err := time.Parse(time.DateOnly, raw)
	if err != nil || day.After(now) || day.Before(now.AddDate(-oldest, 0, 0)) {
		p.add(pointer, "invalid_date_of_birth", "this is not a date (YYYY-MM-DD) of the last 130 years")
	}
	return raw
}

// zones remembers the names that were found: looking one up reads a file.
// Only real names get in, so it holds at most the few hundred that exist.
var zones sync.Map

func knownZone(name string) bool {
	if _, ok := zones.Load(name); ok {
		return true
	}
	if name == "Local" || len(name) > 64 {
		return false
	}
	if _, err := time.LoadLocation(name); err != nil {
		return false
	}
	zones.Store(name, true)
	return true
}
