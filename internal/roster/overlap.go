package roster

import (
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/rule"
)

// Overlap counts who is in exactly the segments of each combination: the bits of
// an index are those of the segments. Of combination 0, which is everybody
// else, it says nothing.
func (r *Roster) Overlap(segments []uuid.UUID) []int64 {
	r.mu.RLock()
	defer r.mu.RUnlock()
	sets := make([]*roaring.Bitmap, len(segments))
	for i, id := range segments {
		sets[i] = none
		if m := r.segments.of[id]; m != nil {
			sets[i] = m.seen
		}
	}
	counts := make([]int64, 1<<len(sets))
	divide(roaring.And(roaring.FastOr(sets...), r.customers), sets, len(sets)-1, 0, counts)
	return counts
}

// divide splits those who are in the segments above i as in says by the others.
// The last is only counted.
func divide(who *roaring.Bitmap, sets []*roaring.Bitmap, i, in int, counts []int64) {
	switch {
	case who.IsEmpty():
	case i == 0:
		with := int64(who.AndCardinality(sets[0]))
		counts[in|1], counts[in] = with, int64(who.GetCardinality())-with
	default:
		divide(roaring.And(who, sets[i]), sets, i-1, in|1<<i, counts)
		divide(roaring.AndNot(who, sets[i]), sets, i-1, in, counts)
	}
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
