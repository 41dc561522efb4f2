package roster

import (
	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"
)

// Changes are the customers of whom something was put, by what it was.
type Changes struct {
	Customers, Consents, Activities *roaring.Bitmap
	Latest                          map[uuid.UUID]*roaring.Bitmap // by segment: of whom another event came
	Seen                            map[string]*roaring.Bitmap    // by the segment's key: whom readers see come or go
}

func newChanges() *Changes {
	return &Changes{roaring.New(), roaring.New(), roaring.New(), map[uuid.UUID]*roaring.Bitmap{}, map[string]*roaring.Bitmap{}}
}

// Watch collects changes from now on, for the one who follows them; whoever
// watched before hears no more. told holds one when there are some.
func (r *Roster) Watch() (told <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.changes, r.told = newChanges(), make(chan struct{}, 1)
	return r.told
}

// Unwatch ends it.
func (r *Roster) Unwatch() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.changes, r.told = nil, nil
}

// Take gives the changes since the last Take.
func (r *Roster) Take() *Changes {
	r.mu.Lock()
	defer r.mu.Unlock()
	taken := r.changes
	r.changes = newChanges()
	return taken
}

// TakeMembers gives a segment's members by the last events, and of whom another
// event came since the last Take: those are not in the next one. The results are
// the caller's.
func (r *Roster) TakeMembers(segment uuid.UUID) (members, changed *roaring.Bitmap) {
	r.mu.Lock()
	defer r.mu.Unlock()
	members, changed = roaring.And(r.latest(segment), r.customers), roaring.New()
	if r.changes != nil && r.changes.Latest[segment] != nil {
		changed = r.changes.Latest[segment]
		delete(r.changes.Latest, segment)
	}
	return members, changed
}

// changed notes who was changed, if anybody watches. The roster is locked.
func (r *Roster) changed(which func(*Changes) *roaring.Bitmap, who ...uint32) {
	if r.changes == nil || len(who) == 0 {
		return
	}
	which(r.changes).AddMany(who)
	r.tell()
}

func (r *Roster) tell() {
	select {
	case r.told <- struct{}{}:
	default: // told already
	}
}

// changedIn notes who came into a segment or left it: by events, and for
// readers. The roster is locked.
func (r *Roster) changedIn(m *members, latest, seen *roaring.Bitmap) {
	if r.changes == nil {
		return
	}
	if !latest.IsEmpty() {
		if r.changes.Latest[m.id] == nil {
			r.changes.Latest[m.id] = roaring.New()
		}
		r.changes.Latest[m.id].Or(latest)
		r.tell()
	}
	if !seen.IsEmpty() {
		if r.changes.Seen[m.key] == nil {
			r.changes.Seen[m.key] = roaring.New()
		}
		r.changes.Seen[m.key].Or(seen)
		r.tell()
	}
}
