package customer

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/acme/customers/internal/fault"
)

func TestPreferences(t *testing.T) {
	rules := DefaultPreferences()
	change := func(choices map[string]any) Command {
		return ChangePreferences{Choices: choices, Rules: rules, At: now}
	}
	updated := func(section string, choices map[string]any) PreferencesUpdated {
		return PreferencesUpdated{Sections: []string{section}, Choices: choices}
	}
	noMail := updated("communication", map[string]any{"communication.email": false})
	shut := &PreferenceRules{Defaults: []Default{{Values: Preferences{"communication.sms": false}}}}
	texts, reset := updated("communication", map[string]any{"communication.sms": true}), map[string]any{"communication.sms": nil}
	run(t, []scenario{
		{name: "going back to a default that is closed is said, too", given: []Event{ada, texts}, when: ChangePreferences{Choices: reset, Rules: shut, At: now},
			then: []Event{updated("communication", reset), CommunicationOptOut{"sms"}}},
		{name: "a choice", given: []Event{ada}, when: change(map[string]any{"display.theme": "dark"}), then: []Event{updated("display", map[string]any{"display.theme": "dark"})}},
		{name: "of what is the default is one, too", given: []Event{ada}, when: change(map[string]any{"display.theme": "system"}), then: []Event{updated("display", map[string]any{"display.theme": "system"})}},
		{name: "the same changes nothing", given: []Event{ada, noMail}, when: change(map[string]any{"communication.email": false})},
		{name: "back to the default", given: []Event{ada, noMail}, when: change(map[string]any{"communication.email": nil}), then: []Event{updated("communication", map[string]any{"communication.email": nil})}},
		{name: "back to the default again", given: []Event{ada}, when: change(map[string]any{"communication.email": nil})},
		{name: "closing a channel is said", given: []Event{ada}, when: change(map[string]any{"communication.email": false}), then: []Event{noMail, CommunicationOptOut{"email"}}},
		{name: "a topic", given: []Event{ada}, when: change(map[string]any{"topics.newsletter.sms": false}), then: []Event{updated("topics", map[string]any{"topics.newsletter.sms": false})}},
		{name: "several sections at once", given: []Event{ada}, when: change(map[string]any{"display.language": "DE-ch", "privacy.analytics": true}),
			then: []Event{PreferencesUpdated{Sections: []string{"display", "privacy"}, Choices: map[string]any{"display.language": "de-CH", "privacy.analytics": true}}}},
		{name: "what is wrong is told", given: []Event{ada}, when: change(map[string]any{"communication.fax": true, "display.currency": "XXX", "display.theme": 1.0,
			"notifications.atMost": 0.5, "notifications.quietFrom": "25:00", "topics.account.email": false, "topics.gossip.email": true, "topics.newsletter.fax": true}),
			refused: fault.ErrInvalid, pointers: []string{" unknown_preference", "/display/currency invalid_preference", "/display/theme invalid_preference",
				"/notifications/atMost invalid_preference", "/notifications/quietFrom invalid_preference", "/topics/account/email mandatory_topic",
				" unknown_preference", "/topics/newsletter unknown_preference"}},
		{name: "quiet hours need both ends", given: []Event{ada}, when: change(map[string]any{"notifications.quietFrom": "22:00"}), refused: fault.ErrInvalid,
			pointers: []string{"/notifications/quietTo belongs_together"}},
		{name: "and lose them together", given: []Event{ada, updated("notifications", map[string]any{"notifications.quietFrom": "22:00", "notifications.quietTo": "07:00"})},
			when: change(map[string]any{"notifications.quietTo": nil}), refused: fault.ErrInvalid, pointers: []string{"/notifications/quietTo belongs_together"}},
		{name: "nobody there", when: change(map[string]any{"display.theme": "dark"}), refused: fault.ErrNotFound},
		{name: "not once archived", given: []Event{ada, Archived{}}, when: change(map[string]any{"display.theme": "dark"}), refused: fault.ErrTransition},
	})
}

func TestDefaultsAreToldFromChoices(t *testing.T) {
	rules := DefaultPreferences()
	rules.Defaults = append(rules.Defaults,
		Default{Countries: []string{"DE", "AT"}, Values: Preferences{"communication.email": false}},
		Default{Types: []Type{Business}, Values: Preferences{"notifications.frequency": "weekly"}})
	german := Registered{Type: Business, Profile: Profile{Locale: "de-DE", Currency: "EUR"}}
	for _, tc := range []struct {
		name  string
		given []Event
		path  string
		want  Preference
	}{
		{"for all", []Event{ada}, "communication.email", Preference{true, false}},
		{"by the locale's country", []Event{german}, "communication.email", Preference{false, false}},
		{"by the type", []Event{german}, "notifications.frequency", Preference{"weekly", false}},
		{"from the profile", []Event{german}, "display.currency", Preference{"EUR", false}},
		{"by the address's country before the locale's", []Event{german, added(home("a", Shipping)), DefaultAddressChanged{Type: Shipping, AddressID: "a"}}, "communication.email", Preference{true, false}},
		{"chosen", []Event{german, PreferencesUpdated{Choices: map[string]any{"communication.email": false}}}, "communication.email", Preference{false, true}},
	} {
		if d := cmp.Diff(tc.want, given(tc.given...).Resolve(rules)[tc.path]); d != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, d)
		}
	}
}
