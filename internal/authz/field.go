package authz

import "slices"

// Field is a group of fields of a customer that is shown or withheld as one.
type Field uint8

// The groups of fields.
const (
	FieldIdentity     Field = iota // id, number, version, type, status, registeredAt: whoever may get a customer at all
	FieldName                      //
	FieldContact                   // email and phone, with whether they are verified
	FieldUserID                    //
	FieldExternalIDs               //
	FieldDemographics              // gender, locale, timezone, currency
	FieldDateOfBirth               // sensitive: has its own permission and its own key
	FieldAttributes                // custom attributes, their keys included
	FieldTags                      //
	FieldCompleteness              //
	FieldActivity                  // lastActivityAt
	FieldHistoryActor              // who made a change: of a history entry, not of the customer
	FieldAddresses                 // postal addresses, with labels and phones
	FieldPreferences               // communication, topics, notifications, privacy, display
	FieldConsents                  // what was agreed to, with its evidence
	FieldNotes                     // what staff noted about it
	FieldSegments                  // which segments the customer is in
	// New ones come last: the access log keeps masks.
)

// fieldGroups gives each group its name in policies and the members of the
// customer resource that it stands for.
var fieldGroups = []struct {
	name    string
	members []string
}{
	FieldIdentity:     {"identity", []string{"number", "version", "type", "status", "registeredAt"}},
	FieldName:         {"name", []string{"name"}},
	FieldContact:      {"contact", []string{"email", "phone"}},
	FieldUserID:       {"userId", []string{"userId"}},
	FieldExternalIDs:  {"externalIds", []string{"externalIds"}},
	FieldDemographics: {"demographics", []string{"profile.gender", "profile.locale", "profile.timezone", "profile.currency"}},
	FieldDateOfBirth:  {"dateOfBirth", []string{"profile.dateOfBirth"}},
	FieldAttributes:   {"attributes", []string{"profile.attributes"}},
	FieldTags:         {"tags", []string{"tags"}},
	FieldCompleteness: {"completeness", []string{"completeness"}},
	FieldActivity:     {"activity", []string{"lastActivityAt"}},
	FieldHistoryActor: {"historyActor", nil},
	FieldAddresses:    {"addresses", nil},   // a resource of their own
	FieldPreferences:  {"preferences", nil}, // likewise
	FieldConsents:     {"consents", nil},    // likewise
	FieldNotes:        {"notes", nil},       // likewise
	FieldSegments:     {"segments", nil},    // likewise
}

// Fields lists every group.
func Fields() []Field {
	out := make([]Field, len(fieldGroups))
	for i := range out {
		out[i] = Field(i)
	}
	return out
}

// String is the group's name in policies.
func (f Field) String() string {
	if int(f) < len(fieldGroups) {
		return fieldGroups[f].name
	}
	return "unknown"
}

// ParseField gives the group of a name in policies, and false where there is none.
func ParseField(name string) (Field, bool) {
	for f, group := range fieldGroups {
		if group.name == name {
			return Field(f), true
		}
	}
	return 0, false
}

// FieldMask is the set of groups that a caller may see. The zero mask shows
// nothing.
type FieldMask uint32

// Has reports whether the group may be shown.
func (m FieldMask) Has(f Field) bool { return int(f) < len(fieldGroups) && m&(1<<f) != 0 }

// Fields lists the groups that may be shown.
func (m FieldMask) Fields() []Field {
	return slices.DeleteFunc(Fields(), func(f Field) bool { return !m.Has(f) })
}

// Withheld names the members of the customer resource that the mask hides, in
// the order of the groups, "profile.dateOfBirth" for one. It is what a resource
// answers as withheld[]; it says nothing about which of them have a value.
func (m FieldMask) Withheld() []string {
	var out []string
	for f, group := range fieldGroups {
		if !m.Has(Field(f)) {
			out = append(out, group.members...)
		}
	}
	return out
}
