package customer

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"

	"github.com/acme/customers/internal/event"
)

// Preferences are what a customer chose, by the path of the setting
// ("communication.email"). What is not there was not chosen: it has its
// default, which may change with the configuration. A value is a bool, a
// float64 or a string.
type Preferences map[string]any

// PreferencesUpdated holds the choices that changed; nil went back to the
// default.
type PreferencesUpdated struct {
	Sections []string       `json:"sections" class:"public"`
	Choices  map[string]any `json:"choices"  class:"personal"`
}

func (e PreferencesUpdated) evolve(s *State, _ event.Envelope) {
	s.Preferences = cloned(s.Preferences)
	for path, value := range e.Choices {
		if value == nil {
			delete(s.Preferences, path)
		} else {
			s.Preferences[path] = value
		}
	}
	if len(s.Preferences) == 0 {
		s.Preferences = nil
	}
}

// CommunicationOptOut says that a channel was closed: nothing may be sent
// through it any more but what a customer must be told.
type CommunicationOptOut struct {
	Channel string `json:"channel" class:"public"`
}

func (e CommunicationOptOut) evolve(*State, event.Envelope) {}

// PreferenceLinksRevoked voids the links that were made for the customer up to
// then.
type PreferenceLinksRevoked struct{}

func (PreferenceLinksRevoked) evolve(s *State, _ event.Envelope) { s.Internal.LinksRevoked++ }

// RevokeLinks voids the links that were made before.
type RevokeLinks struct{}

// Decide does so as often as it is asked.
func (c RevokeLinks) Decide(s *State) ([]Event, error) {
	if err := s.open(); err != nil {
		return nil, err
	}
	return []Event{PreferenceLinksRevoked{}}, nil
}

// The channels that a customer can be contacted through.
const (
	EmailChannel = "email"
	SMSChannel   = "sms"
	PushChannel  = "push"
	MailChannel  = "mail"
)

// Channels lists them.
func Channels() []string { return []string{EmailChannel, SMSChannel, PushChannel, MailChannel} }

// Topic is something that customers are told about.
type Topic struct {
	Name      string `json:"name"`
	Purpose   string `json:"purpose,omitempty"`   // of processing, which may need a consent
	Mandatory bool   `json:"mandatory,omitempty"` // such as order updates: it cannot be turned off
}

// Default is the value of settings for customers of some countries and types;
// the last one that fits counts.
type Default struct {
	Countries []string    `json:"countries,omitempty"` // ISO 3166-1 alpha-2; none: all
	Types     []Type      `json:"types,omitempty"`     // none: all
	Values    Preferences `json:"values"`
}

// PreferenceRules are the configuration of preferences.
type PreferenceRules struct {
	Topics   []Topic   `json:"topics"`
	Defaults []Default `json:"defaults"`
}

// Topic finds a topic by its name, nil when there is none.
func (r *PreferenceRules) Topic(name string) *Topic {
	for i := range r.Topics {
		if r.Topics[i].Name == name {
			return &r.Topics[i]
		}
	}
	return nil
}

// DefaultPreferences are the rules when nothing is configured. Where consent
// must come first by law, nothing is on by default.
func DefaultPreferences() *PreferenceRules {
	return &PreferenceRules{
		Topics: []Topic{{Name: "orderUpdates", Mandatory: true}, {Name: "account", Mandatory: true},
			{Name: "newsletter", Purpose: "marketing"}, {Name: "offers", Purpose: "marketing"}, {Name: "recommendations", Purpose: "personalization"}},
		Defaults: []Default{{Values: Preferences{
			"communication.email": true, "communication.sms": true, "communication.push": true, "communication.mail": true,
			"notifications.frequency": "realTime",
			"privacy.dataSharing":     false, "privacy.activityTracking": false, "privacy.analytics": false,
			"display.theme": "system",
		}}},
	}
}

// Preference is a setting as it holds for a customer.
type Preference struct {
	Value  any
	Chosen bool // false: it is the default
}

// Resolve gives every setting that has a value.
func (s *State) Resolve(r *PreferenceRules) map[string]Preference {
	out := map[string]Preference{}
	add := func(path string) {
		if p := s.Prefers(r, path); p.Value != nil {
			out[path] = p
		}
	}
	for _, known := range settings {
		add(known.path)
	}
	for _, topic := range r.Topics {
		for _, channel := range Channels() {
			add("topics." + topic.Name + "." + channel)
		}
	}
	return out
}

// Prefers gives one setting as it holds: what was chosen, else the default.
// Language, currency and time zone default to the profile's, a topic to yes.
func (s *State) Prefers(r *PreferenceRules, path string) Preference {
	topic, _, isTopic := topicSetting(path)
	if t := r.Topic(topic); isTopic && t != nil && t.Mandatory {
		return Preference{Value: true}
	}
	if value, ok := s.Preferences[path]; ok {
		return Preference{Value: value, Chosen: true}
	}
	if value := s.Profile.preference(path); value != "" {
		return Preference{Value: value}
	}
	for i := len(r.Defaults) - 1; i >= 0; i-- {
		if value, ok := r.Defaults[i].Values[path]; ok && s.fits(&r.Defaults[i]) {
			return Preference{Value: value}
		}
	}
	if isTopic {
		return Preference{Value: true}
	}
	return Preference{}
}

func (s *State) fits(d *Default) bool {
	return (len(d.Types) == 0 || slices.Contains(d.Types, s.Type)) && (len(d.Countries) == 0 || slices.Contains(d.Countries, s.Country()))
}

func (f *Profile) preference(path string) string {
	switch path {
	case "display.language":
		return f.Locale
	case "display.currency":
		return f.Currency
	case "display.timezone":
		return f.Timezone
	}
	return ""
}

// Reaches is where messages of a channel go to, "" when there is no such
// place, or none that we know: of push.
func (s *State) Reaches(channel string) string {
	switch channel {
	case EmailChannel:
		return s.Email.Address
	case SMSChannel:
		return s.Phone.Number
	case MailChannel:
		if len(s.Addresses) > 0 {
			id := cmp.Or(s.DefaultAddress(Shipping), slices.Min(slices.Collect(maps.Keys(s.Addresses))))
			return id + "/" + strconv.Itoa(len(s.Internal.AddressVersions[id])) // a letter that came back says nothing of the next version
		}
	}
	return ""
}

// Country is where a customer is: of the default shipping address, else of the
// locale, "" when neither says.
func (s *State) Country() string {
	if id := s.DefaultAddress(Shipping); id != "" {
		return s.Addresses[id].Country
	}
	if tag, err := language.Parse(s.Profile.Locale); err == nil {
		if region, confidence := tag.Region(); confidence == language.Exact {
			return region.String()
		}
	}
	return ""
}

// ChangePreferences changes what it names; nil goes back to the default.
type ChangePreferences struct {
	Choices map[string]any
	Rules   *PreferenceRules
	At      time.Time
}

// Decide records what really changes. A choice of what is the default anyway
// is a choice, and is kept when the default changes.
func (c ChangePreferences) Decide(s *State) ([]Event, error) {
	if err := s.open(); err != nil {
		return nil, err
	}
	var p problems
	changes := map[string]any{}
	for _, path := range slices.Sorted(maps.Keys(c.Choices)) {
		value := p.preference(path, c.Choices[path], c.Rules)
		if have, chosen := s.Preferences[path]; value != have || chosen != (value != nil) {
			changes[path] = value
		}
	}
	p.quietHours(s.Preferences, changes)
	if err := p.err(); err != nil {
		return nil, err
	}
	if len(changes) == 0 {
		return nil, nil
	}
	updated := PreferencesUpdated{Sections: sections(changes), Choices: changes}
	events, after := []Event{updated}, *s
	updated.evolve(&after, event.Envelope{})
	for _, channel := range Channels() { // closed by a choice, or by going back to a default that is closed
		path := "communication." + channel
		if after.Prefers(c.Rules, path).Value == false && s.Prefers(c.Rules, path).Value != false {
			events = append(events, CommunicationOptOut{channel})
		}
	}
	return events, nil
}

// sections are the parts of the preferences that changes are in.
func sections(changes map[string]any) []string {
	found := map[string]bool{}
	for path := range changes {
		section, _, _ := strings.Cut(path, ".")
		found[section] = true
	}
	return slices.Sorted(maps.Keys(found))
}
