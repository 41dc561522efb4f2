package app

import (
	"github.com/google/uuid"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/index"
	"github.com/acme/customers/internal/membership"
	"github.com/acme/customers/internal/roster"
	"github.com/acme/customers/internal/segment"
)

// naming are the groups that say who somebody is.
var naming = only(authz.FieldName, authz.FieldContact, authz.FieldUserID, authz.FieldExternalIDs, authz.FieldAddresses)

// inferring tells of a caller that sees who somebody is and may not see the date
// of birth. That somebody is in a segment whose rule asks for the age tells it
// how old a person is, so that to it nobody is in such a segment or not in it.
// Who sees ids alone learns that of nobody.
func inferring(mask authz.FieldMask) bool {
	return mask&naming != 0 && !mask.Has(authz.FieldDateOfBirth)
}

// membersOf is segment for what tells who is in it.
func (a *App) membersOf(ref string, mask authz.FieldMask) (index.Defined, error) {
	d, err := a.segment(ref)
	if err == nil && inferring(mask) && a.tellsBirth(d.ID, nil) {
		return index.Defined{}, fault.ErrNotFound
	}
	return d, err
}

// tellsBirth tells whether who is in a segment tells of a date of birth: by any
// version of its rule that there ever was, for who was in it stays on record. A
// segment that is not known may; seen are those that are being looked at.
func (a *App) tellsBirth(id uuid.UUID, seen map[uuid.UUID]bool) bool {
	l, known := a.Model.Segments().Get(id)
	if !known {
		return true
	}
	if seen == nil {
		seen = map[uuid.UUID]bool{}
	}
	seen[id] = true
	return a.versionsTellBirth(l.State.Versions, seen)
}

func (a *App) versionsTellBirth(versions []segment.Version, seen map[uuid.UUID]bool) bool {
	for i := range versions {
		asked := a.asked(versions[i].Criteria)
		if asked.birth {
			return true
		}
		for _, key := range asked.segments {
			if a.keyTellsBirth(key, seen) {
				return true
			}
		}
	}
	return false
}

// keyTellsBirth is tellsBirth of all segments that have or had a key.
func (a *App) keyTellsBirth(key string, seen map[uuid.UUID]bool) bool {
	ids := a.Model.Segments().Called(key)
	for _, id := range ids {
		if !seen[id] && a.tellsBirth(id, seen) {
			return true
		}
	}
	return len(ids) == 0
}

// asked is what a rule asks for, as far as it matters here.
type asked struct {
	birth    bool
	segments []string
}

// asked remembers what every rule asks for: its text does not change. One that
// does not compile any more may have asked for anything.
func (a *App) asked(source string) asked {
	if source == "" {
		return asked{}
	}
	if known, ok := a.rules.Load(source); ok {
		return known.(asked)
	}
	out := asked{birth: true}
	if r, err := a.past.Compile(source); err == nil {
		out.birth, out.segments = false, r.Segments()
		for _, group := range r.Groups() {
			out.birth = out.birth || group == authz.FieldDateOfBirth.String()
		}
	}
	a.rules.Store(source, out)
	return out
}

// sized leaves out how many members a segment has that tells of a date of birth:
// who can let one person into it, or not, would see whether that makes it larger.
func (a *App) sized(v SegmentView, mask authz.FieldMask) SegmentView {
	if v.State == nil || !inferring(mask) {
		return v
	}
	_, known := a.Model.Segments().Get(v.ID) // one that was just made may not be
	if a.versionsTellBirth(v.State.Versions, map[uuid.UUID]bool{v.ID: true}) || known && a.tellsBirth(v.ID, nil) {
		v.Unsized, v.Members, v.Done, v.Planned = true, 0, 0, 0
	}
	return v
}

// membershipShown tells whether an event may be shown, if it is one of coming
// into a segment or leaving it.
func (a *App) membershipShown(mask authz.FieldMask, e any) bool {
	var segment string
	switch e := e.(type) {
	case *membership.Assigned:
		segment = e.SegmentID
	case *membership.Removed:
		segment = e.SegmentID
	default:
		return true
	}
	if !inferring(mask) {
		return true
	}
	id, err := uuid.Parse(segment)
	return err == nil && !a.tellsBirth(id, nil)
}

// withholdCounts leaves out how many of those who were found are in segments
// that tell of a date of birth: one may have been found.
func (a *App) withholdCounts(found *roster.Found, mask authz.FieldMask) {
	if !inferring(mask) {
		return
	}
	kept := found.Facets["segments"][:0:0]
	for _, one := range found.Facets["segments"] {
		if !a.keyTellsBirth(one.Value, map[uuid.UUID]bool{}) {
			kept = append(kept, one)
		}
	}
	if found.Facets["segments"] != nil {
		found.Facets["segments"] = kept
	}
}
