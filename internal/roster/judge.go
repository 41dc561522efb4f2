package roster

import (
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"
	"github.com/tidwall/btree"

	"github.com/acme/customers/internal/rule"
)

// Verdict is a customer of whom a rule says something else than the last event.
type Verdict struct {
	ID      uuid.UUID
	Ordinal uint32
	In      bool
}

// Judge asks a rule of some customers, and gives those of whom it says something
// else than the last event about the segment did, by their ordinals.
func (r *Roster) Judge(segment uuid.UUID, asked *rule.Rule, who *roaring.Bitmap, now time.Time) (verdicts []Verdict) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	latest := r.latest(segment)
	who = roaring.And(who, r.customers)
	in := r.judge(asked, who, now, manyJudged)
	differs := roaring.Xor(in, latest)
	differs.And(who)
	verdicts = make([]Verdict, 0, differs.GetCardinality())
	differs.Iterate(func(o uint32) bool {
		verdicts = append(verdicts, Verdict{r.ids[o], o, in.Contains(o)})
		return true
	})
	return verdicts
}

// manyJudged is from how many customers on a rule is asked of all of them at
// once, which looks at whole columns.
const manyJudged = 1000

// judge gives those of some customers whom a rule matches.
func (r *Roster) judge(asked *rule.Rule, who *roaring.Bitmap, now time.Time, many uint64) *roaring.Bitmap {
	if who.GetCardinality() >= many {
		return asked.Select(some{columns{r}, who}, now)
	}
	in := roaring.New()
	who.Iterate(func(o uint32) bool {
		if asked.Match(row{r, o}, now) {
			in.Add(o)
		}
		return true
	})
	return in
}

// some are the columns of some customers only.
type some struct {
	columns
	of *roaring.Bitmap
}

func (s some) All() *roaring.Bitmap { return s.of }

// Difference asks a rule of everybody, and gives who is to come into a segment
// and who is to leave it. No rule: all leave.
func (r *Roster) Difference(segment uuid.UUID, asked *rule.Rule, now time.Time) (enter, leave *roaring.Bitmap) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	latest, target := r.latest(segment), none
	if asked != nil {
		target = r.selected(asked, now)
	}
	return roaring.AndNot(target, latest), roaring.And(roaring.AndNot(latest, target), r.customers)
}

func (r *Roster) latest(segment uuid.UUID) *roaring.Bitmap {
	if m := r.segments.of[segment]; m != nil {
		return m.latest
	}
	return none
}

// Verdicts gives the first customers of ordinals with what is to become of them.
func (r *Roster) Verdicts(who *roaring.Bitmap, in bool, most int) []Verdict {
	r.mu.RLock()
	defer r.mu.RUnlock()
	out := make([]Verdict, 0, min(most, int(who.GetCardinality())))
	for each := who.Iterator(); each.HasNext() && len(out) < most; {
		o := each.Next()
		out = append(out, Verdict{r.ids[o], o, in})
	}
	return out
}

// Which members of a segment are meant.
type Which bool

// The members that readers see, and those by the last events.
const (
	Seen   Which = false
	Latest Which = true
)

// Sizes gives how many members readers see of each segment, by its key.
func (r *Roster) Sizes() map[string]int64 {
	r.mu.RLock()
	defer r.mu.RUnlock()
	out := make(map[string]int64, len(r.segments.keys))
	for key, m := range r.segments.keys {
		out[key] = int64(m.seen.AndCardinality(r.customers))
	}
	return out
}

// Members gives the ordinals of a segment's members. The result is the caller's.
// Who is not known, or erased, is in none: a membership may be put without them.
func (r *Roster) Members(segment uuid.UUID, which Which) *roaring.Bitmap {
	r.mu.RLock()
	defer r.mu.RUnlock()
	m := r.segments.of[segment]
	switch {
	case m == nil:
		return roaring.New()
	case which == Latest:
		return roaring.And(m.latest, r.customers)
	}
	return roaring.And(m.seen, r.customers)
}

// Passing gives whose values a clock passed between two instants, and the next
// instant at which it passes one; zero: never.
func (r *Roster) Passing(c rule.Clock, from, to time.Time) (who *roaring.Bitmap, next time.Time) {
	r.arranged(c.Field().ID)
	r.mu.RLock()
	defer r.mu.RUnlock()
	order, shift := r.order(c.Field().ID)
	who = roaring.New()
	before := c.Cutoff(from) + shift
	order.Ascend(place{value: before}, func(p place) bool {
		value := p.value - shift
		switch {
		case c.Passed(value, from):
			return true
		case c.Passed(value, to):
			who.Add(p.ordinal)
			return true
		}
		next = c.When(value)
		return false
	})
	return who, next
}

// order gives who has a value of a field, by it, and what was added to the
// values.
func (r *Roster) order(id rule.ID) (order *btree.BTreeG[place], shift int64) {
	if id == rule.Age {
		return r.born.order, epoch
	}
	return columns{r}.instants(id).order, 0
}

// arranged makes the order of a field for the first question about it.
func (r *Roster) arranged(id rule.ID) {
	r.arranging.Lock()
	defer r.arranging.Unlock()
	r.mu.RLock()
	order, _ := r.order(id)
	r.mu.RUnlock()
	switch {
	case order != nil:
	case id == rule.Age:
		r.born.arrange(&r.mu)
	default:
		columns{r}.instants(id).arrange(&r.mu)
	}
}
