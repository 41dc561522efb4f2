package customer

import "time"

// IdentitySource is the source of what the identity provider told.
const IdentitySource = "identity"

// Told says of which time the newest change is that the identity provider told
// of each part. What it tells of one user may be handled out of order: by several
// instances, or because a message comes again after its instance died. Of an
// older message only those parts are taken that nothing newer was told of, else
// what is out of date would stay for good.
//
// Not promised where the newer one changed nothing: then nothing of it is kept
// to compare with.
type Told struct {
	Name     time.Time `json:"name,omitzero"     class:"public"`
	Email    time.Time `json:"email,omitzero"    class:"public"`
	Phone    time.Time `json:"phone,omitzero"    class:"public"`
	Locale   time.Time `json:"locale,omitzero"   class:"public"`
	Timezone time.Time `json:"timezone,omitzero" class:"public"`
}

// parts are what the provider tells of.
type parts struct {
	name             Name
	email            string
	verified         bool
	phone            string
	locale, timezone string
}

func partsOf(s *State) parts {
	return parts{s.Name, s.Email.Address, s.Email.Verified, s.Phone.Number, s.Profile.Locale, s.Profile.Timezone}
}

// told notes what an event of the provider's changed.
func (t *Told) told(before, after parts, at time.Time) {
	for _, part := range []struct {
		changed bool
		at      *time.Time
	}{
		{before.name != after.name, &t.Name},
		{before.email != after.email || before.verified != after.verified, &t.Email},
		{before.phone != after.phone, &t.Phone},
		{before.locale != after.locale, &t.Locale},
		{before.timezone != after.timezone, &t.Timezone},
	} {
		if part.changed && at.After(*part.at) {
			*part.at = at
		}
	}
}
