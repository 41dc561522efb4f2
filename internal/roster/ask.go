package roster

import (
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/rule"
)

// Select gives the ordinals of everybody whom a rule matches at an instant; nil
// is no rule, and matches all. The result is the caller's.
func (r *Roster) Select(asked *rule.Rule, now time.Time) *roaring.Bitmap {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.selected(asked, now)
}

// patience is how long one question may keep the roster from changing.
const patience = time.Second

// SelectBriefly is Select, and false where that would take longer than a
// question may.
func (r *Roster) SelectBriefly(asked *rule.Rule, now time.Time) (found *roaring.Bitmap, whole bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.selectedBriefly(asked, now)
}

func (r *Roster) selectedBriefly(asked *rule.Rule, now time.Time) (*roaring.Bitmap, bool) {
	end := time.Now().Add(patience)
	return asked.SelectUntil(columns{r}, now, func() bool { return time.Now().After(end) })
}

func (r *Roster) selected(asked *rule.Rule, now time.Time) *roaring.Bitmap {
	if asked == nil {
		return r.customers.Clone()
	}
	return asked.Select(columns{r}, now)
}

// Matches asks a rule of one customer; false of who is not known.
func (r *Roster) Matches(asked *rule.Rule, ordinal uint32, now time.Time) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.customers.Contains(ordinal) && asked.Match(row{r, ordinal}, now)
}

// IDs gives the ids of ordinals, in their order.
func (r *Roster) IDs(ordinals []uint32) []uuid.UUID {
	r.mu.RLock()
	defer r.mu.RUnlock()
	out := make([]uuid.UUID, len(ordinals))
	for i, o := range ordinals {
		if int(o) < len(r.ids) {
			out[i] = r.ids[o]
		}
	}
	return out
}
