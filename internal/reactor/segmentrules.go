package reactor

import (
	"slices"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/index"
	"github.com/acme/customers/internal/roster"
	"github.com/acme/customers/internal/rule"
	"github.com/acme/customers/internal/segment"
)

// live is a segment that is kept up to its rule.
type live struct {
	key        string
	version    int
	rule       *rule.Rule // nil: static, deleted, or does not compile any more
	state      *segment.State
	whole      bool  // everybody has to be asked
	broken     bool  // it does not compile
	ended      bool  // it was deleted, and everybody is to leave
	entered    int64 // since the last size
	left       int64
	counted    *roaring.Bitmap // who is counted there, and not judged again yet
	measuredAt time.Time
}

// verdicts are what one rule says of some customers.
type verdicts struct {
	id   uuid.UUID
	live *live
	of   []roster.Verdict
}

// ticking is a comparison with now that some rules make.
type ticking struct {
	upTo  time.Time // it is known whose answers changed until then
	next  time.Time // when the next does; zero: never
	rules []uuid.UUID
}

// learn takes in what became of the segments. A rule that is new is asked of
// everybody.
func (s *Segmenter) learn() {
	changed := false
	for _, d := range s.Segments.All(true) {
		changed = s.one(&d) || changed
	}
	if changed {
		s.wind()
	}
}

func (s *Segmenter) one(d *index.Defined) (changed bool) {
	l := s.rules[d.ID]
	if l == nil {
		l = &live{key: d.State.Key, whole: true}
		s.rules[d.ID] = l
	}
	l.state = d.State
	version, source := d.State.Latest().Number, d.State.Latest().Criteria
	switch {
	case d.State.Deleted && !l.ended:
		l.rule, l.whole, l.ended, l.version, changed = nil, true, true, version, true
	case d.State.Deleted || version == l.version:
	case d.State.Type == segment.Static:
		l.version, l.whole = version, false
	default:
		compiled, err := s.Compile(source)
		if err != nil { // the configuration of purposes changed, say: who is in it stays
			if !l.broken {
				s.Log.Error("the rule of a segment does not compile any more", "segment", d.ID.String(), "version", version, "error", err)
			}
			l.broken, l.whole = true, false
			return false // it is tried again: what it asks for may come to be known
		}
		l.rule, l.whole, l.version, l.broken, changed = compiled, true, version, false, true
	}
	return changed
}

// wind sets the clocks of all rules. What a new one passed before now is seen to
// when everybody is asked.
func (s *Segmenter) wind() {
	clocks := map[rule.Clock]*ticking{}
	for id, l := range s.rules {
		if l.rule == nil {
			continue
		}
		for _, c := range l.rule.Clocks() {
			if clocks[c] == nil {
				clocks[c] = &ticking{upTo: s.now}
				if before := s.clocks[c]; before != nil {
					clocks[c].upTo = before.upTo
				}
			}
			clocks[c].rules = append(clocks[c].rules, id)
		}
	}
	s.clocks = clocks
}

// next is when time alone changes an answer.
func (s *Segmenter) next() (next time.Time) {
	for _, t := range s.clocks {
		if !t.next.IsZero() && (next.IsZero() || t.next.Before(next)) {
			next = t.next
		}
	}
	return next
}

// due gives what rules say of those who changed, or whom a clock passed.
func (s *Segmenter) due(changes *roster.Changes) (out []verdicts) {
	who := map[uuid.UUID]*roaring.Bitmap{}
	add := func(id uuid.UUID, some *roaring.Bitmap) {
		if some.IsEmpty() {
			return
		}
		if who[id] == nil {
			who[id] = roaring.New()
		}
		who[id].Or(some)
	}
	for id, l := range s.rules {
		if l.rule != nil {
			s.depends(l.rule, changes, func(some *roaring.Bitmap) { add(id, some) })
		}
	}
	for id, some := range changes.Latest {
		if l := s.rules[id]; l != nil {
			l.count(s.people.Members(id, roster.Latest), some)
			l.whole = l.whole || l.ended // put in by one that did not know yet that it was deleted
		}
		add(id, some)
	}
	for id, l := range s.rules {
		if l.counted != nil {
			add(id, l.counted)
			l.counted = nil
		}
	}
	for c, t := range s.clocks {
		some, next := s.people.Passing(c, t.upTo, s.now)
		t.upTo, t.next = s.now, next
		for _, id := range t.rules {
			add(id, some)
		}
	}
	for id, some := range who {
		if l := s.rules[id]; l != nil && l.rule != nil && !l.whole {
			if of := s.people.Judge(id, l.rule, some, s.now); len(of) > 0 {
				out = append(out, verdicts{id, l, of})
			}
		}
	}
	return out
}

// depends gives those of the changes that a rule may answer differently for.
func (s *Segmenter) depends(r *rule.Rule, changes *roster.Changes, add func(*roaring.Bitmap)) {
	add(changes.Known)
	for _, ref := range r.Refs() {
		some := changes.Fields[ref]
		if ref.ID == rule.Segments {
			some = changes.Seen[ref.Key]
		}
		if some != nil {
			add(some)
		}
	}
}

// count counts who of some came and went.
func (l *live) count(members, some *roaring.Bitmap) {
	in := members.AndCardinality(some)
	l.entered += int64(in)
	l.left += int64(some.GetCardinality() - in)
}

// sorted lists the rules in one order, so that calculations take turns.
func (s *Segmenter) sorted() []uuid.UUID {
	ids := make([]uuid.UUID, 0, len(s.rules))
	for id := range s.rules {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	return ids
}
