package roster

import (
	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/rule"
)

// Changes are the customers of whom something is known now that was not before,
// by what it is.
type Changes struct {
	Known  *roaring.Bitmap               // who was not known at all
	Fields map[rule.Ref]*roaring.Bitmap  // of whom a field has another value
	Latest map[uuid.UUID]*roaring.Bitmap // by segment: of whom another event came
	Seen   map[string]*roaring.Bitmap    // by the segment's key: whom readers see come or go
}

func newChanges() *Changes {
	return &Changes{roaring.New(), map[rule.Ref]*roaring.Bitmap{}, map[uuid.UUID]*roaring.Bitmap{}, map[string]*roaring.Bitmap{}}
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

// changed notes that a field of a customer may have another value, if that is so
// and anybody watches. The roster is locked.
func (r *Roster) changed(is bool, of rule.Ref, who uint32) {
	if r.changes != nil && is {
		noted(r.changes.Fields, of).Add(who)
		r.tell()
	}
}

// came notes that somebody was not known before, likewise.
func (r *Roster) came(who uint32) {
	if r.changes != nil {
		r.changes.Known.Add(who)
		r.tell()
	}
}

// noted gives the customers of a key.
func noted[K comparable](of map[K]*roaring.Bitmap, key K) *roaring.Bitmap {
	if of[key] == nil {
		of[key] = roaring.New()
	}
	return of[key]
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
		noted(r.changes.Latest, m.id).Or(latest)
		r.tell()
	}
	if !seen.IsEmpty() {
		noted(r.changes.Seen, m.key).Or(seen)
		r.tell()
	}
}
