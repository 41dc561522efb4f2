package customer

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/acme/customers/internal/fault"
)

func TestProfile(t *testing.T) {
	full := ada
	full.Profile = Profile{Locale: "de-DE", Attributes: map[string]any{"size": 42.0, "vip": true}}
	run(t, []scenario{
		{name: "only what changes is recorded", given: []Event{full},
			when: UpdateProfile{At: now, Locale: ptr("de-DE"), Timezone: ptr("Europe/Berlin"), Attributes: map[string]any{"size": 42.0, "vip": nil, "none": nil, "new": "x"}},
			then: []Event{ProfileUpdated{Timezone: ptr("Europe/Berlin"), Attributes: map[string]any{"vip": nil, "new": "x"}}}},
		{name: "nothing changes", given: []Event{full}, when: UpdateProfile{At: now, Locale: ptr("de-de")}},
		{name: "a field is cleared", given: []Event{full}, when: UpdateProfile{At: now, Locale: ptr("")}, then: []Event{ProfileUpdated{Locale: ptr("")}}},
		{name: "part of a name", given: []Event{full}, when: UpdateProfile{At: now, Name: &NamePatch{Family: ptr("Lovelace")}},
			then: []Event{ProfileUpdated{Name: &Name{Given: "Ada", Family: "Lovelace"}}}},
		{name: "a name needs a part that addresses", given: []Event{full}, when: UpdateProfile{At: now, Name: &NamePatch{Given: ptr(""), Prefix: ptr("Dr.")}},
			refused: fault.ErrInvalid, pointers: []string{"/name name_incomplete"}},
		{name: "bad values", given: []Event{full}, when: UpdateProfile{At: now, DateOfBirth: ptr("28.02.1990"), Currency: ptr("EU ")},
			refused: fault.ErrInvalid, pointers: []string{"/profile/dateOfBirth invalid_date_of_birth", "/profile/currency invalid_currency"}},
		{name: "a number that would be changed", given: []Event{full}, when: UpdateProfile{At: now, Attributes: map[string]any{"n": 9007199254740993.0}},
			refused: fault.ErrInvalid, pointers: []string{"/profile/attributes/* invalid_number"}},
		{name: "archived", given: []Event{full, Archived{}}, when: UpdateProfile{At: now, Locale: ptr("fr")}, refused: fault.ErrTransition},
	})
}

func TestAttributesAreLimited(t *testing.T) {
	attrs := map[string]any{}
	for i := range MaxAttributes {
		attrs[string(rune('a'+i%26))+string(rune('a'+i/26))] = true
	}
	s := given(Registered{Email: "a@b.example", Profile: Profile{Attributes: attrs}})
	if _, err := (UpdateProfile{At: now, Attributes: map[string]any{"onemore": true}}).Decide(s); fault.CodeOf(err) != "invalid" {
		t.Errorf("a customer grew past %d attributes: %v", MaxAttributes, err)
	}
	if _, err := (UpdateProfile{At: now, Attributes: map[string]any{"onemore": true, "aa": nil}}).Decide(s); err != nil {
		t.Errorf("swapping one for another is refused: %v", err)
	}
}

func TestDetails(t *testing.T) {
	known := ada
	known.ExternalIDs = map[string]string{"crm": "1", "erp": "2"}
	run(t, []scenario{
		{name: "type, tags and ids", given: []Event{known},
			when: ChangeDetails{Type: ptr(Business), Tags: ptr([]string{"b", "a"}), ExternalIDs: map[string]string{"crm": "1", "erp": "", "shop": "3"}},
			then: []Event{DetailsChanged{Type: ptr(Business), Tags: ptr([]string{"a", "b"}), ExternalIDs: map[string]string{"erp": "", "shop": "3"}}}},
		{name: "nothing changes", given: []Event{known}, when: ChangeDetails{Type: ptr(Individual), ExternalIDs: map[string]string{"none": ""}}},
		{name: "link a user", given: []Event{known}, when: LinkUser{"u1"}, then: []Event{DetailsChanged{UserID: ptr("u1")}}},
		{name: "never to another user", given: []Event{known, DetailsChanged{UserID: ptr("u1")}}, when: LinkUser{"u2"}, refused: fault.ErrUserTaken},
		{name: "a sequence sees its own steps and tells all that is invalid", given: []Event{known},
			when:    Sequence{At: now, Commands: []Command{UpdateProfile{At: now, Locale: ptr("!")}, ChangeDetails{Type: ptr(Type("x"))}}},
			refused: fault.ErrInvalid, pointers: []string{"/profile/locale invalid_locale", "/type invalid_type"}},
	})
}

// Folding must never write into a state that readers share.
func TestEvolveLeavesTheOldStateAlone(t *testing.T) {
	before := given(Registered{Email: "a@b.example", ExternalIDs: map[string]string{"crm": "1"}, Profile: Profile{Attributes: map[string]any{"a": true}}})
	copied := *before
	after := copied
	for _, e := range []Event{ProfileUpdated{Attributes: map[string]any{"a": nil, "b": "x"}}, DetailsChanged{ExternalIDs: map[string]string{"crm": ""}}} {
		e.evolve(&after, now1())
	}
	if diff := cmp.Diff(map[string]any{"a": true}, before.Profile.Attributes); diff != "" {
		t.Errorf("attributes of the old state (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"crm": "1"}, before.ExternalIDs); diff != "" {
		t.Errorf("external ids of the old state (-want +got):\n%s", diff)
	}
}

func TestCompleteness(t *testing.T) {
	if err := (Weights{"shoeSize": 1}).Check(); err == nil {
		t.Error("an unknown part was accepted")
	}
	if err := DefaultWeights().Check(); err != nil {
		t.Error(err)
	}
	w := Weights{"name": 50, "email": 30, "email.verified": 20}
	s := given(ada)
	score, missing := s.Completeness(w, Everything)
	if score != 80 || !cmp.Equal(missing, []string{"email.verified"}) {
		t.Errorf("score %d, missing %v", score, missing)
	}
	if score, missing := s.Completeness(w, func(part string) bool { return part != "email.verified" }); score != 100 || missing != nil {
		t.Errorf("what is not seen counts: %d, missing %v", score, missing)
	}
	if score, missing := given(ada, EmailVerified{}).Completeness(w, Everything); score != 100 || missing != nil {
		t.Errorf("score %d, missing %v", score, missing)
	}
}
