package roster

import (
	"testing"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/membership"
	"github.com/acme/customers/internal/segment"
)

// A key is that of the segment that has it now, in whatever order its segments
// are heard of, and whether or not the one before was ever seen alive.
func TestAKeyIsOfTheSegmentThatHasIt(t *testing.T) {
	asked, err := cel(t).Compile(`"vip" in customer.segments`)
	if err != nil {
		t.Fatal(err)
	}
	gone, here := uuid.UUID{1}, uuid.UUID{2}
	deleted := Defined{gone, &segment.State{Key: "vip", Type: segment.Static, Applied: 1, Deleted: true}}
	alive := Defined{gone, &segment.State{Key: "vip", Type: segment.Static, Applied: 1}}
	again := Defined{here, &segment.State{Key: "vip", Type: segment.Static, Applied: 1}}
	for name, batches := range map[string][][]Defined{
		"one after the other": {{alive}, {deleted}, {again}}, "together": {{deleted, again}}, "together, the other way round": {{again, deleted}},
		"late": {{again}, {deleted}}, "known before": {{alive}, {again, deleted}},
	} {
		r := New(customer.DefaultPreferences(), customer.DefaultWeights())
		r.Put([]Person{{ID: uuid.UUID{9}, Ordinal: 0, Version: 1, State: new(customer.State)}, {ID: uuid.UUID{8}, Ordinal: 1, Version: 1, State: new(customer.State)}})
		in := func(id uuid.UUID) *membership.State {
			return &membership.State{Segments: map[string]membership.Standing{id.String(): {Version: 1, Member: true}}}
		}
		r.PutMemberships([]Segmented{{0, in(here)}, {1, in(gone)}})
		for _, batch := range batches {
			r.PutSegments(batch)
		}
		if got := r.Select(asked, now).ToArray(); len(got) != 1 || got[0] != 0 {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// Who is not known, or not any more, is in no segment, though a membership of it
// is put before or after: an instance that comes up while somebody is erased may
// read the memberships before and the customer after.
func TestWhoIsNotKnownIsInNoSegment(t *testing.T) {
	vip, other := uuid.UUID{1}, uuid.UUID{2}
	in := &membership.State{Segments: map[string]membership.Standing{vip.String(): {Version: 1, Member: true}}}
	r := New(customer.DefaultPreferences(), customer.DefaultWeights())
	r.PutSegments([]Defined{{vip, &segment.State{Key: "vip", Type: segment.Static, Applied: 1}}, {other, &segment.State{Key: "other", Type: segment.Static, Applied: 1}}})
	r.PutMemberships([]Segmented{{0, in}, {1, in}, {7, in}}) // nobody ever hears of 7
	r.Put([]Person{{ID: uuid.UUID{9}, Ordinal: 0, Version: 1, State: new(customer.State)}, {ID: uuid.UUID{8}, Ordinal: 1, Version: 1, State: new(customer.State)}})
	r.Put([]Person{{ID: uuid.UUID{8}, Ordinal: 1, Gone: true}})
	r.PutMemberships([]Segmented{{1, in}})
	for _, which := range []Which{Seen, Latest} {
		if got := r.Members(vip, which).ToArray(); len(got) != 1 || got[0] != 0 {
			t.Errorf("members: %v", got)
		}
	}
	if _, n := r.Size(vip); n != 1 {
		t.Errorf("%d members", n)
	}
	if got := r.Overlap([]uuid.UUID{vip, other}, 9); len(got.Combinations) != 1 || got.Combinations[0] != (Combination{1, 1}) {
		t.Errorf("overlap: %v", got)
	}
	if got := r.Touched(vip).ToArray(); len(got) != 1 {
		t.Errorf("ever: %v", got)
	}
	if enter, leave := r.Difference(vip, nil, now); enter.GetCardinality() != 0 || leave.GetCardinality() != 1 {
		t.Errorf("%v would leave", leave)
	}
}
