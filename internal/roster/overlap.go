package roster

import (
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/rule"
)

// Overlap counts who is in exactly the segments of each combination, and gives at
// most so many of them, the most frequent first. Of those who are in no segment
// it says nothing. The lock is held while the sets are copied, not while they are
// counted.
func (r *Roster) Overlap(segments []uuid.UUID, most int) Overlap {
	d := denses.Get().(*dense)
	defer denses.Put(d)
	r.mu.RLock()
	d.begin(r.customers)
	for _, id := range segments {
		set := none
		if m := r.segments.of[id]; m != nil {
			set = m.seen
		}
		d.add(set)
	}
	r.mu.RUnlock()
	t := newTally()
	if len(segments) <= fewSets {
		d.countAll(t)
	} else {
		d.countEach(t)
	}
	return t.most(most)
}

// Explain tells which parts of a rule hold for a customer; see rule.Explain.
func (r *Roster) Explain(asked *rule.Rule, ordinal uint32, now time.Time, show func(group string) bool) rule.Explanation {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return asked.Explain(row{r, ordinal}, now, show)
}

// Ahead is how many members a version that readers do not see yet has changed.
func (r *Roster) Ahead(segment uuid.UUID, version int) int64 {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if m := r.segments.of[segment]; m != nil && m.ahead[version] != nil {
		return int64(m.ahead[version].touched.GetCardinality())
	}
	return 0
}

// Touched gives the ordinals of everybody who ever was in a segment. The result
// is the caller's.
func (r *Roster) Touched(segment uuid.UUID) *roaring.Bitmap {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if m := r.segments.of[segment]; m != nil {
		return roaring.And(m.ever, r.customers)
	}
	return roaring.New()
}
