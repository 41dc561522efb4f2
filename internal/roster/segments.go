package roster

import (
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/membership"
	"github.com/acme/customers/internal/segment"
)

// segments are who is in which segment.
type segments struct {
	of   map[uuid.UUID]*members
	keys map[string]*members
}

// members are those of one segment.
type members struct {
	id      uuid.UUID
	key     string
	applied int             // the version of the rule that readers see
	seen    *roaring.Bitmap // by that version
	latest  *roaring.Bitmap // by the last events, whatever version they are of
	ever    *roaring.Bitmap // who was a member at any time
	ahead   map[int]*delta  // what versions that readers do not see yet said
	deleted bool
}

// delta is what a version of a rule said of some customers.
type delta struct{ touched, in *roaring.Bitmap }

func newSegments() segments {
	return segments{map[uuid.UUID]*members{}, map[string]*members{}}
}

// byID makes a place for a segment that is heard of first through a member.
func (s *segments) byID(id uuid.UUID) *members {
	m := s.of[id]
	if m == nil {
		m = &members{id: id, seen: roaring.New(), latest: roaring.New(), ever: roaring.New(), ahead: map[int]*delta{}}
		s.of[id] = m
	}
	return m
}

// seenBy lists the keys of the segments of a customer, sorted.
func (s *segments) seenBy(o uint32) (keys []string) {
	for key, m := range s.keys {
		if m.seen.Contains(o) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// Segmented is a change of a customer's memberships.
type Segmented struct {
	Ordinal uint32
	State   *membership.State
}

// PutMemberships shows which segments some customers came into and left.
func (r *Roster) PutMemberships(changes []Segmented) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range changes {
		c := &changes[i]
		if r.gone.Contains(c.Ordinal) {
			continue
		}
		for id, standing := range c.State.Segments {
			segment, err := uuid.Parse(id)
			if err != nil {
				continue
			}
			m := r.segments.byID(segment)
			latest, seen := m.put(c.Ordinal, &standing)
			r.changedIn(m, latest, seen)
		}
	}
}

// put notes what the versions said of a customer, and gives whom that changed.
// The log may be behind its streams: who is a member by what readers see is
// changed only by what tells of that version or one before.
func (m *members) put(o uint32, standing *membership.Standing) (latest, seen *roaring.Bitmap) {
	latest, seen = put(m.latest, o, standing.Member), none
	m.ever.Add(o)
	at := standing
	for ; at != nil && at.Version > m.applied; at = at.Before {
		d := m.ahead[at.Version]
		if d == nil {
			d = &delta{roaring.New(), roaring.New()}
			m.ahead[at.Version] = d
		}
		d.touched.Add(o)
		put(d.in, o, at.Member)
	}
	if at != nil && !m.deleted {
		seen = put(m.seen, o, at.Member)
	}
	return latest, seen
}

// apply shows a version to readers, all at once, and gives whom that changes.
func (m *members) apply(version int) (changed *roaring.Bitmap) {
	before := m.seen
	for ; m.applied < version; m.applied++ {
		if d := m.ahead[m.applied+1]; d != nil {
			seen := roaring.AndNot(m.seen, d.touched)
			seen.Or(d.in)
			m.seen = seen
			delete(m.ahead, m.applied+1)
		}
	}
	return roaring.Xor(before, m.seen)
}

// put gives the customer if that changed it.
func put(who *roaring.Bitmap, o uint32, in bool) *roaring.Bitmap {
	if in && who.CheckedAdd(o) || !in && who.CheckedRemove(o) {
		return roaring.BitmapOf(o)
	}
	return none
}

// Defined is a change of a segment.
type Defined struct {
	ID    uuid.UUID
	State *segment.State
}

// PutSegments shows what became of some segments. When a version of a rule is
// applied, its members are seen from then on, all at once.
func (r *Roster) PutSegments(changes []Defined) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range changes {
		m := r.segments.byID(c.ID)
		if m.key == "" {
			m.key = c.State.Key
			if !c.State.Deleted { // another may have the key already
				r.segments.keys[m.key] = m
			}
		}
		r.changedIn(m, none, m.apply(c.State.Applied))
		if c.State.Deleted && !m.deleted {
			r.changedIn(m, none, m.seen)
			m.deleted, m.seen = true, roaring.New()
			if r.segments.keys[m.key] == m {
				delete(r.segments.keys, m.key)
			}
		}
	}
}

// Size gives the version of a segment's rule that readers see, and how many
// members it has by that.
func (r *Roster) Size(segment uuid.UUID) (applied int, members int64) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if m := r.segments.of[segment]; m != nil {
		return m.applied, int64(m.seen.AndCardinality(r.customers))
	}
	return 0, 0
}

// forget takes an erased customer out.
func (s *segments) forget(o uint32) {
	for _, m := range s.of {
		m.seen.Remove(o)
		m.latest.Remove(o)
		m.ever.Remove(o)
		for _, d := range m.ahead {
			d.in.Remove(o)
		}
	}
}
