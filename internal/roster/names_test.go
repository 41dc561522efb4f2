package roster

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/btree"
)

// The order of names is the same whether it was made at the end of the loading or
// name by name, and goes on from there. The control is put off and never made.
func TestTheOrderOfNamesIsMadeWhenAllAreLoaded(t *testing.T) {
	late, w := newRoster(), &world{}
	late.Loading()
	for range 300 {
		w.change(late)
	}
	late.Loaded()
	for range 100 {
		w.change(late)
	}
	byName := func(r *Roster) (all []named) {
		r.collations[Root].order.Scan(func(n named) bool { all = append(all, n); return true })
		return all
	}
	want := byName(w.fill())
	if d := cmp.Diff(want, byName(late), cmp.AllowUnexported(named{})); d != "" || !slices.IsSortedFunc(want, named.compare) {
		t.Errorf("(-name by name +all at once):\n%s", d)
	}
	never := newRoster()
	never.Loading()
	for o := range w.ids {
		if w.customers[o] != nil {
			w.put(never, o)
		}
	}
	if never.collations[Root].order != nil {
		t.Error("control: an order is made though it was put off")
	}
	if never.Loaded(); len(byName(never)) != len(want) || len(want) == 0 {
		t.Errorf("%d names of %d", len(byName(never)), len(want))
	}
}

// Names that change while the order is being made are where they belong. The
// control takes the order as it was begun.
func TestNamesChangeWhileTheirOrderIsMade(t *testing.T) {
	r, w := newRoster(), &world{}
	r.Loading()
	for range 300 {
		w.change(r)
	}
	c := r.collations[Root]
	keys := c.copied(&r.mu)
	order := orderOf(keys)
	for range 300 {
		w.change(r)
	}
	in := func(order *btree.BTreeG[named]) (all []named) {
		order.Scan(func(n named) bool { all = append(all, n); return true })
		return all
	}
	want := in(orderOf(c.keys))
	if slices.Equal(in(order), want) {
		t.Error("control: nobody was named meanwhile")
	}
	if c.take(&r.mu, order, keys); !slices.Equal(in(c.order), want) {
		t.Error("another order")
	}
}
