package roster

import (
	"testing"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/acme/customers/internal/activity"
	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/rule"
)

// of gives those whom a rule may answer differently for.
func (c *Changes) of(r *rule.Rule, but rule.ID) *roaring.Bitmap {
	out := c.Known.Clone()
	for _, ref := range r.Refs() {
		some := c.Fields[ref]
		if ref.ID == rule.Segments {
			some = c.Seen[ref.Key]
		}
		if some != nil && ref.ID != but {
			out.Or(some)
		}
	}
	return out
}

// Whatever happens, whoever a rule answers differently for is among those of whom
// a field of it is told to have changed. The control hears nothing of one field,
// and misses somebody.
func TestWhoeverARuleAnswersDifferentlyForIsTold(t *testing.T) {
	const nothing = rule.ID(255)
	rules, missed := compiled(t), map[rule.ID]bool{}
	r, w := newRoster(), &world{}
	w.define(r)
	r.Watch()
	before := make([]*roaring.Bitmap, len(rules))
	for i := range rules {
		before[i] = roaring.New()
	}
	for step := range 6000 {
		if w.change(r); step%500 == 499 {
			w.apply(r)
		}
		changes := r.Take()
		for i, one := range rules {
			after := r.Select(one, now)
			differs := roaring.And(roaring.Xor(before[i], after), r.customers)
			before[i] = after
			if lost := roaring.AndNot(differs, changes.of(one, nothing)); !lost.IsEmpty() {
				t.Fatalf("nobody is told that %s answers differently for %v", one.Source(), lost.ToArray())
			}
			for _, f := range one.Fields() {
				missed[f.ID] = missed[f.ID] || !roaring.AndNot(differs, changes.of(one, f.ID)).IsEmpty()
			}
		}
	}
	for _, f := range rule.Vocabulary() {
		if !missed[f.ID] {
			t.Errorf("control: nobody misses changes of %s", f.Path)
		}
	}
}

// What has the value that it had before is no change: rules that ask for nothing
// else are not asked again.
func TestTheSameAgainIsNoChange(t *testing.T) {
	r, w := newRoster(), &world{}
	w.change(r) // somebody comes
	did := activity.State{Orders: 2, LastActivityAt: now}
	r.PutActivities([]Did{{0, &did}})
	told := r.Watch()
	w.put(r, 0)
	r.PutActivities([]Did{{0, &did}})
	if c := r.Take(); len(told) != 0 || len(c.Fields) != 0 || !c.Known.IsEmpty() {
		t.Errorf("told %d times, of %v", len(told), c.Fields)
	}
	later := activity.State{Orders: 2, LastActivityAt: now.AddDate(1, 0, 0)}
	r.PutActivities([]Did{{0, &later}})
	if c := r.Take(); len(told) != 1 || len(c.Fields) != 1 || !c.Fields[rule.Ref{ID: rule.LastActivityAt}].Contains(0) {
		t.Errorf("told %d times, of %v", len(told), c.Fields)
	}
	moved := *w.customers[0]
	moved.Status = customer.IsClosed
	w.customers[0] = &moved
	w.put(r, 0)
	if c := r.Take(); c.Fields[rule.Ref{ID: rule.Status}] == nil || c.Fields[rule.Ref{ID: rule.Country}] != nil {
		t.Errorf("of a new status %v is told", c.Fields)
	}
}
