package app

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/consent"
	"github.com/acme/customers/internal/index"
)

// A rule that is not understood any more may have asked for a date of birth.
func TestWhatARuleAskedFor(t *testing.T) {
	a := New(Config{Purposes: consent.DefaultPurposes(), Model: new(index.Model)})
	for source, want := range map[string]asked{
		``:                                    {},
		`"vip" in customer.tags`:              {},
		`customer.profile.language == "de"`:   {},
		`customer.age > 17`:                   {birth: true},
		`has(customer.age) || true`:           {birth: true},
		`!("a" in customer.segments) && true`: {segments: []string{"a"}},
		`"a" in customer.segments || "b" in customer.segments || customer.age < 3`: {birth: true, segments: []string{"a", "b"}},
		`customer.consents["marketing"] == "granted"`:                              {},
		`customer.consents["a purpose of before"] == "granted"`:                    {birth: true},
		`customer.age`: {birth: true},
		`customer.tags.exists(t, t == "age") && customer.attributes["age"] == "customer.age"`: {},
	} {
		for range 2 { // and as it is remembered
			if d := cmp.Diff(want, a.asked(source), cmp.AllowUnexported(asked{})); d != "" {
				t.Errorf("%s (-want +got):\n%s", source, d)
			}
		}
	}
}

type withoutSegments struct{ Model }

func (withoutSegments) Segments() *index.Segments { return new(index.Segments) }

// An instance that does not know a segment, or not yet, tells nobody who is in it
// to whom that may tell an age.
func TestASegmentThatIsNotKnownMayTellAnAge(t *testing.T) {
	a := New(Config{Model: withoutSegments{}})
	if !a.tellsBirth(uuid.New(), nil) || !a.keyTellsBirth("vip", map[uuid.UUID]bool{}) {
		t.Error("it is told")
	}
}

func TestWhoWouldInferADateOfBirth(t *testing.T) {
	for name, tc := range map[string]struct {
		mask authz.FieldMask
		want bool
	}{
		"nothing":                      {0, false},
		"ids":                          {only(authz.FieldIdentity, authz.FieldSegments), false},
		"names":                        {only(authz.FieldName), true},
		"addresses of e-mail":          {only(authz.FieldContact), true},
		"postal addresses":             {only(authz.FieldAddresses), true},
		"ids elsewhere":                {only(authz.FieldExternalIDs), true},
		"names and the date":           {only(authz.FieldName, authz.FieldDateOfBirth), false},
		"tags, consents and notes":     {only(authz.FieldTags, authz.FieldConsents, authz.FieldNotes), false},
		"the date without whose it is": {only(authz.FieldDateOfBirth), false},
	} {
		if got := inferring(tc.mask); got != tc.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
