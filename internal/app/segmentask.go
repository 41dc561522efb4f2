package app

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/index"
	"github.com/acme/customers/internal/journal"
	"github.com/acme/customers/internal/membership"
	"github.com/acme/customers/internal/roster"
	"github.com/acme/customers/internal/rule"
	"github.com/acme/customers/internal/segment"
)

// sampled is how many ids a preview gives.
const sampled = 20

// Preview is whom a rule would select.
type Preview struct {
	Count  int64
	Sample []uuid.UUID
	// Of a change of a segment: who would come into it, and who would leave it.
	Entering, Leaving int64
	EnteringSample    []uuid.UUID
	LeavingSample     []uuid.UUID
}

// PreviewSegment tells whom a rule selects now, and, for a segment, what it would
// change; nothing is changed.
func (a *App) PreviewSegment(ctx context.Context, c Call, criteria, ref string) (Preview, error) {
	mask, err := a.overAll(ctx, &c, authz.PreviewSegment)
	if err != nil {
		return Preview{}, err
	}
	r, err := a.compile(criteria, mask)
	if err != nil {
		return Preview{}, err
	}
	people := c.people
	selected, whole := people.SelectBriefly(r, a.Clock())
	if !whole {
		return Preview{}, tooLong(rule.Pointer)
	}
	out := Preview{Count: int64(selected.GetCardinality())}
	about := roaring.New()
	sample := func(of *roaring.Bitmap) []uuid.UUID {
		some := first(of, sampled)
		about.AddMany(some)
		return people.IDs(some)
	}
	out.Sample = sample(selected)
	if ref != "" {
		d, err := a.membersOf(ref, mask)
		if err != nil {
			return Preview{}, err
		}
		members := people.Members(d.ID, roster.Seen)
		enter, leave := roaring.AndNot(selected, members), roaring.AndNot(members, selected)
		out.Entering, out.Leaving = int64(enter.GetCardinality()), int64(leave.GetCardinality())
		out.EnteringSample, out.LeavingSample = sample(enter), sample(leave)
	}
	return out, a.auditMany(ctx, &c, authz.PreviewSegment, mask, about)
}

func first(of *roaring.Bitmap, n int) (some []uint32) {
	for each := of.Iterator(); each.HasNext() && len(some) < n; {
		some = append(some, each.Next())
	}
	return some
}

// MaxOverlap is how many segments can be held against each other at once.
const MaxOverlap = 64

// overlapsTold is how many of their combinations are told, the most frequent.
const overlapsTold = 1000

// Overlap is how many customers are in exactly the segments of a combination.
type Overlap struct {
	Segments []string // keys, in the order in which they were asked for
	Count    int64
}

// Overlaps are those that somebody is in, the most frequent first.
type Overlaps struct {
	Told         []Overlap
	More, Others int64 // so many more combinations have so many customers in all
}

// OverlapSegments counts, for every combination of some segments, who is in all
// of it and in none of the others. Empty combinations are left out.
func (a *App) OverlapSegments(ctx context.Context, c Call, refs []string) (Overlaps, error) {
	mask, err := a.overAll(ctx, &c, authz.OverlapSegments)
	if err != nil {
		return Overlaps{}, err
	}
	if len(refs) < 2 || len(refs) > MaxOverlap {
		return Overlaps{}, fault.ErrInvalid.At(fault.Field{Pointer: "/segments", Code: "invalid_count", Msg: fmt.Sprintf("2 to %d segments", MaxOverlap)})
	}
	ids, keys := make([]uuid.UUID, len(refs)), make([]string, len(refs))
	for i, ref := range refs {
		d, err := a.membersOf(ref, mask) // another of them may have one member
		if err != nil {
			return Overlaps{}, err
		}
		ids[i], keys[i] = d.ID, d.State.Key
	}
	found := c.people.Overlap(ids, overlapsTold)
	out := Overlaps{Told: make([]Overlap, len(found.Combinations)), More: found.More, Others: found.Others}
	for i, c := range found.Combinations {
		out.Told[i].Count = c.Count
		for k, key := range keys {
			if c.In&(1<<k) != 0 {
				out.Told[i].Segments = append(out.Told[i].Segments, key)
			}
		}
	}
	return out, nil
}

// CustomerSegment is a segment that a customer is in.
type CustomerSegment struct {
	ID   uuid.UUID
	Key  string
	Name string // "" where the segment is gone
	membership.Standing
}

// CustomerSegments lists the segments that a customer is in, by key, or was in
// at an instant, as readers saw them then.
func (a *App) CustomerSegments(ctx context.Context, c Call, id uuid.UUID, asOf time.Time) ([]CustomerSegment, error) {
	mask, err := a.allow(ctx, &c, authz.GetCustomerSegments, id)
	if err != nil {
		return nil, err
	}
	if err := a.whole(ctx, &c); err != nil {
		return nil, err
	}
	l, err := a.current(ctx, &c, id)
	if err != nil {
		return nil, err
	}
	in, err := a.memberships(ctx, id, asOf)
	if err != nil {
		return nil, gone(&c, err)
	}
	out, err := a.standings(ctx, in, mask, asOf)
	if err != nil {
		return nil, err
	}
	return out, a.audit(ctx, &c, authz.GetCustomerSegments, mask, id, &l)
}

// standings gives the segments that readers see, or saw, a customer in.
func (a *App) standings(ctx context.Context, in *membership.State, mask authz.FieldMask, asOf time.Time) ([]CustomerSegment, error) {
	out := []CustomerSegment{}
	if !mask.Has(authz.FieldSegments) {
		return out, nil
	}
	for id, standing := range in.Segments {
		segmentID, _ := uuid.Parse(id)
		l, ok := a.Model.Segments().Get(segmentID)
		if !ok || asOf.IsZero() && !l.State.Exists() || inferring(mask) && a.tellsBirth(segmentID, nil) {
			continue
		}
		applied, err := a.appliedAt(ctx, index.Defined{ID: segmentID, LoadedSegment: l}, asOf)
		if err != nil {
			return nil, err
		}
		if now := standing.At(applied); now.Member {
			out = append(out, CustomerSegment{segmentID, l.State.Key, l.State.Name, now})
		}
	}
	slices.SortFunc(out, func(a, b CustomerSegment) int { return strings.Compare(a.Key, b.Key) })
	return out, nil
}

func (a *App) memberships(ctx context.Context, id uuid.UUID, asOf time.Time) (*membership.State, error) {
	if asOf.IsZero() {
		l, err := a.Model.Memberships(ctx, id)
		return l.State, err
	}
	l, err := journal.AsOf(ctx, a.Journal, a.Streams.Memberships, id, asOf)
	if fault.CodeOf(err) == fault.ErrNotFound.Code { // it was in none yet
		return new(membership.State), nil
	}
	return l.State, err
}

// appliedAt is the version that readers saw at an instant, 0 for none.
func (a *App) appliedAt(ctx context.Context, d index.Defined, asOf time.Time) (int, error) {
	if asOf.IsZero() {
		return d.State.Applied, nil
	}
	l, err := journal.AsOf(ctx, a.Journal, a.Streams.Segments, d.ID, asOf)
	switch {
	case fault.CodeOf(err) == fault.ErrNotFound.Code:
		return 0, nil
	case err != nil:
		return 0, err
	case !l.State.Exists():
		return 0, nil
	}
	return l.State.Applied, nil
}

// SegmentHistory gives a segment with the sizes that were noted in a period; To
// is exclusive, zero is open. The last size is the one of now.
func (a *App) SegmentHistory(ctx context.Context, c Call, ref string, from, to time.Time) (SegmentView, []segment.Size, error) {
	v, err := a.getSegment(ctx, &c, authz.GetSegmentHistory, ref)
	if err != nil {
		return SegmentView{}, nil, err
	}
	if v.Unsized {
		return SegmentView{}, nil, fault.ErrNotFound
	}
	sizes := []segment.Size{}
	for _, s := range v.State.AllSizes() {
		if !s.At.Before(from) && (to.IsZero() || s.At.Before(to)) {
			sizes = append(sizes, s)
		}
	}
	return v, sizes, nil
}

// SegmentVersions gives a segment with all versions of its rule.
func (a *App) SegmentVersions(ctx context.Context, c Call, ref string) (SegmentView, error) {
	return a.getSegment(ctx, &c, authz.ListSegmentVersions, ref)
}

// Recomputed is what holding a rule against everybody again came to.
type Recomputed struct {
	Members, Entered, Left int64
	Unsized                bool // this caller is not told any of them
}

// RecomputeSegment holds the rule of a segment against every customer and records
// what differs. There should be nothing: it is for whoever doubts it.
func (a *App) RecomputeSegment(ctx context.Context, c Call, ref string) (Recomputed, error) {
	mask, err := a.overAll(ctx, &c, authz.RecomputeSegment)
	if err != nil {
		return Recomputed{}, err
	}
	d, err := a.segment(ref)
	switch {
	case err != nil:
		return Recomputed{}, err
	case d.State.Type != segment.Dynamic:
		return Recomputed{}, fault.ErrSegmentNotDynamic
	case d.State.Calculating():
		return Recomputed{}, fault.ErrSegmentBusy
	}
	r, err := a.Language.Compile(d.State.Seen())
	if err != nil {
		return Recomputed{}, err
	}
	people := c.people
	enter, leave := people.Difference(d.ID, r, a.Clock())
	out := Recomputed{Entered: int64(enter.GetCardinality()), Left: int64(leave.GetCardinality())}
	var customers []Resegmented
	for _, who := range []struct {
		of *roaring.Bitmap
		in bool
	}{{enter, true}, {leave, false}} {
		for _, id := range people.IDs(who.of.ToArray()) {
			customers = append(customers, Resegmented{id, membership.Changes{{Segment: d.ID, Key: d.State.Key, Version: d.State.Applied, Member: who.in, By: membership.ByRule}}})
		}
	}
	if err := a.Resegment(ctx, customers); err != nil {
		return out, err
	}
	for err := a.Model.WaitHead(ctx, index.Freshness{}); err != nil; err = a.Model.WaitHead(ctx, index.Freshness{}) {
		if ctx.Err() != nil || fault.CodeOf(err) != fault.ErrBehind.Code { // what was recorded is many
			return out, err
		}
	}
	if inferring(mask) && a.tellsBirth(d.ID, nil) {
		return Recomputed{Unsized: true}, nil
	}
	out.Members = int64(people.Members(d.ID, roster.Seen).GetCardinality())
	return out, nil
}
