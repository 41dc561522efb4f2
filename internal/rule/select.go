package rule

import (
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"cel.dev/cel-go/common/types"
)

// selection is one run of a rule over columns.
type selection struct {
	Columns
	all     *roaring.Bitmap
	now     time.Time
	subject *subject
	stop    func() bool // asked now and then; nil: never
	stopped bool
}

// Select gives everybody whom the rule matches at an instant: exactly those for
// whom Match says so. The result is the caller's.
func (r *Rule) Select(columns Columns, now time.Time) *roaring.Bitmap {
	found, _ := r.SelectUntil(columns, now, nil)
	return found
}

// SelectUntil is Select for who may not wait: once stop says so, it gives up and
// reports false. What parts of a rule are asked one by one takes as long as they
// cost, for each customer.
func (r *Rule) SelectUntil(columns Columns, now time.Time, stop func() bool) (found *roaring.Bitmap, whole bool) {
	s := &selection{Columns: columns, all: columns.All(), subject: newSubject(now), stop: stop}
	defer s.subject.free()
	s.now = s.subject.now
	out := r.skeleton.where(s, true, s.all)
	if out == s.all {
		out = out.Clone()
	}
	return out, !s.stopped
}

// patience is how many customers are asked one by one before stop is.
const patience = 256

func (c constant) where(_ *selection, want bool, within *roaring.Bitmap) *roaring.Bitmap {
	if bool(c) == want {
		return within
	}
	return roaring.New()
}

func (n every) where(s *selection, want bool, within *roaring.Bitmap) *roaring.Bitmap {
	if want == n.all {
		for _, part := range n.parts {
			if within.IsEmpty() {
				break
			}
			within = part.where(s, want, within)
		}
		return within
	}
	found := roaring.New()
	for _, part := range n.parts {
		more := part.where(s, want, within)
		found.Or(more)
		within = roaring.AndNot(within, more)
	}
	return found
}

func (n not) where(s *selection, want bool, within *roaring.Bitmap) *roaring.Bitmap {
	return n.of.where(s, !want, within)
}

func (n choice) where(s *selection, want bool, within *roaring.Bitmap) *roaring.Bitmap {
	yes := n.then.where(s, want, n.if_.where(s, true, within))
	no := n.else_.where(s, want, n.if_.where(s, false, within))
	return roaring.Or(yes, no)
}

func (a atom) where(s *selection, want bool, within *roaring.Bitmap) *roaring.Bitmap {
	set := a.holds
	if !want {
		set = a.fails
	}
	return roaring.And(within, set(s))
}

func (n rest) where(s *selection, want bool, within *roaring.Bitmap) *roaring.Bitmap {
	var found []uint32
	for it, asked := within.Iterator(), 0; it.HasNext() && !s.stopped; asked++ {
		if asked%patience == 0 && s.stop != nil && s.stop() {
			s.stopped = true
		}
		ordinal := it.Next()
		s.subject.of = s.Row(ordinal)
		if out, _, err := n.program.Eval(s.subject); err == nil && out == types.Bool(want) {
			found = append(found, ordinal)
		}
	}
	return roaring.BitmapOf(found...)
}

func (constant) slow() bool { return false }
func (atom) slow() bool     { return false }
func (rest) slow() bool     { return true }
func (n not) slow() bool    { return n.of.slow() }
func (n choice) slow() bool { return n.if_.slow() || n.then.slow() || n.else_.slow() }
func (n every) slow() bool {
	for _, part := range n.parts {
		if part.slow() {
			return true
		}
	}
	return false
}
