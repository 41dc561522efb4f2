package app

import (
	"context"
	"fmt"
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

// MembersPage is a part of a segment's members, in the order in which they
// were registered.
type MembersPage struct {
	Total int64 // of all members; -1 as of an instant, where nobody counts them
	IDs   []uuid.UUID
	Next  uint32 // where the next page begins; 0: there is none
}

// SegmentMembers lists the members that readers see, from an ordinal on; with
// asOf those that they saw at an instant. Ids are all that is told of them.
func (a *App) SegmentMembers(ctx context.Context, c Call, ref string, asOf time.Time, from uint32, limit int) (MembersPage, error) {
	mask, err := a.overAll(ctx, &c, authz.ListSegmentMembers)
	if err != nil {
		return MembersPage{}, err
	}
	d, err := a.membersOf(ref, mask)
	if err != nil {
		return MembersPage{}, err
	}
	var out MembersPage
	var about *roaring.Bitmap
	if asOf.IsZero() {
		out, about = membersNow(c.people, d.ID, from, limit)
	} else if out, about, err = a.membersAsOf(ctx, c.people, d, asOf, from, limit); err != nil {
		return MembersPage{}, err
	}
	return out, a.auditMany(ctx, &c, authz.ListSegmentMembers, mask, about)
}

func membersNow(people *roster.Roster, id uuid.UUID, from uint32, limit int) (out MembersPage, about *roaring.Bitmap) {
	members := people.Members(id, roster.Seen)
	out.Total = int64(members.GetCardinality())
	var page []uint32
	each := members.Iterator()
	for each.AdvanceIfNeeded(from); each.HasNext() && len(page) < limit; {
		page = append(page, each.Next())
	}
	if each.HasNext() {
		out.Next = each.Next()
	}
	out.IDs = people.IDs(page)
	return out, roaring.BitmapOf(page...)
}

// lookedAtOnce is how many pasts are looked at for one page.
const lookedAtOnce = 1000

// membersAsOf looks at everybody who ever was a member, as far as the page goes.
func (a *App) membersAsOf(ctx context.Context, people *roster.Roster, d index.Defined, at time.Time, from uint32, limit int) (out MembersPage, about *roaring.Bitmap, err error) {
	out.Total, about = -1, roaring.New()
	then, err := journal.AsOf(ctx, a.Journal, a.Streams.Segments, d.ID, at)
	if fault.CodeOf(err) == fault.ErrNotFound.Code { // it was made later
		return out, about, nil
	}
	if err != nil {
		return out, about, err
	}
	each, looked := people.Touched(d.ID).Iterator(), 0
	for each.AdvanceIfNeeded(from); each.HasNext(); looked++ {
		o := each.Next()
		if len(out.IDs) == limit || looked == lookedAtOnce { // a page may be short, even empty: it goes on
			out.Next = o
			break
		}
		id := people.IDs([]uint32{o})[0]
		l, err := journal.AsOf(ctx, a.Journal, a.Streams.Memberships, id, at)
		if err = gonePast(err); err != nil {
			return out, about, err
		}
		if l.State != nil {
			if standing, ok := l.State.Segments[d.ID.String()]; ok && standing.At(then.State.Applied).Member {
				out.IDs = append(out.IDs, id)
				about.Add(o)
			}
		}
	}
	return out, about, nil
}

// MemberView is how a customer stands to a segment, and why.
type MemberView struct {
	Customer uuid.UUID
	Segment  index.Defined
	membership.Standing
	Explained *rule.Explanation // of a dynamic segment whose rule readers see
}

// SegmentMember tells whether a customer is in a segment, since when, and which
// parts of its rule hold; values that the caller may not see are withheld.
func (a *App) SegmentMember(ctx context.Context, c Call, ref string, customer uuid.UUID) (MemberView, error) {
	mask, err := a.allow(ctx, &c, authz.GetSegmentMember, customer)
	if err != nil {
		return MemberView{}, err
	}
	if err := a.whole(ctx, &c); err != nil {
		return MemberView{}, err
	}
	l, err := a.current(ctx, &c, customer)
	if err != nil {
		return MemberView{}, err
	}
	d, err := a.membersOf(ref, mask)
	if err != nil {
		return MemberView{}, err
	}
	in, err := a.Model.Memberships(ctx, customer)
	if err != nil {
		return MemberView{}, gone(&c, err)
	}
	v := MemberView{Customer: customer, Segment: d}
	if standing, ok := in.State.Segments[d.ID.String()]; ok {
		v.Standing = standing.At(d.State.Applied)
	}
	if source := d.State.Seen(); source != "" {
		r, err := a.Language.Compile(source)
		if err != nil {
			return MemberView{}, fault.ErrInternal.With(fmt.Errorf("segment %s: %w", d.ID, err))
		}
		e := c.people.Explain(r, uint32(l.Row.Ordinal), a.Clock(), func(group string) bool {
			g, known := authz.ParseField(group)
			return known && mask.Has(g)
		})
		v.Explained = &e
	}
	return v, a.audit(ctx, &c, authz.GetSegmentMember, mask, customer, &l)
}

// ChangeMember puts a customer into a static segment or takes it out.
func (a *App) ChangeMember(ctx context.Context, c Call, ref string, customer uuid.UUID, member bool) error {
	action := authz.RemoveSegmentMember
	if member {
		action = authz.AddSegmentMember
	}
	if _, err := a.allow(ctx, &c, action, customer); err != nil {
		return err
	}
	d, err := a.static(ctx, &c, ref)
	if err != nil {
		return err
	}
	if _, err := a.current(ctx, &c, customer); err != nil {
		return err
	}
	return a.byHand(ctx, &c, d, customer, member)
}

func (a *App) static(ctx context.Context, c *Call, ref string) (index.Defined, error) {
	if err := a.whole(ctx, c); err != nil {
		return index.Defined{}, err
	}
	d, err := a.segment(ref)
	if err == nil && d.State.Type != segment.Static {
		err = fault.ErrSegmentNotStatic
	}
	return d, err
}

func (a *App) byHand(ctx context.Context, c *Call, d index.Defined, customer uuid.UUID, member bool) error {
	change := membership.Changes{{Segment: d.ID, Key: d.State.Key, Version: d.State.Latest().Number, Member: member, By: membership.ByHand}}
	decide, told := a.regrouping(change)
	l, err := join(ctx, a, c, a.Streams.Memberships, journal.Command[membership.State, membership.Event]{ID: customer, Meta: a.meta(c), Decide: decide})
	if err == nil {
		a.Model.PutMemberships(customer, l)
		told()
	}
	return err
}

// BulkMembers are changes of many members of a static segment: by id, and of
// everybody whom a query finds when it is asked.
type BulkMembers struct {
	Add, Remove           []uuid.UUID
	AddFound, RemoveFound *CustomerQuery
}

// MaxBulk is how many changes one call makes.
const MaxBulk = 100_000

// lookUp adds those whom the queries find.
func (a *App) lookUp(c *Call, in *BulkMembers, mask authz.FieldMask) error {
	for _, by := range []struct {
		query *CustomerQuery
		into  *[]uuid.UUID
	}{{in.AddFound, &in.Add}, {in.RemoveFound, &in.Remove}} {
		if by.query == nil {
			continue
		}
		if by.query.Text == "" && by.query.Filter == "" {
			return fault.ErrInvalid.At(fault.Field{Code: "required", Msg: "say who is meant: a query or a filter"})
		}
		q, err := a.query(by.query, mask)
		if err != nil {
			return err
		}
		found, whole := c.people.Matching(q, a.Clock())
		if !whole {
			return tooLong("/filter")
		}
		if found.GetCardinality() > MaxBulk {
			return tooManyMembers
		}
		*by.into = append(*by.into, c.people.IDs(found.ToArray())...)
	}
	if len(in.Add)+len(in.Remove) > MaxBulk {
		return tooManyMembers
	}
	return nil
}

var tooManyMembers = fault.ErrInvalid.At(fault.Field{Code: "too_many", Msg: fmt.Sprintf("one call changes at most %d members", MaxBulk)})

// BulkOutcome is what became of them.
type BulkOutcome struct {
	Changed int         // now as asked for
	Unknown []uuid.UUID // no such customers
}

// ChangeMembers changes many members, each at once; sent again it does the same.
func (a *App) ChangeMembers(ctx context.Context, c Call, ref string, in BulkMembers) (BulkOutcome, error) {
	mask, err := a.overAll(ctx, &c, authz.ChangeSegmentMembers)
	if err != nil {
		return BulkOutcome{}, err
	}
	d, err := a.static(ctx, &c, ref)
	if err == nil {
		err = a.lookUp(&c, &in, mask)
	}
	if err != nil {
		return BulkOutcome{}, err
	}
	all := append(append([]uuid.UUID{}, in.Add...), in.Remove...)
	known, err := a.allByHand(ctx, &c, d, all, func(i int) bool { return i < len(in.Add) })
	var out BulkOutcome
	for i, is := range known {
		if is {
			out.Changed++
		} else {
			out.Unknown = append(out.Unknown, all[i])
		}
	}
	return out, err
}

// allByHand changes many members, and tells of each whether there is such a
// customer.
func (a *App) allByHand(ctx context.Context, c *Call, d index.Defined, all []uuid.UUID, member func(i int) bool) (known []bool, err error) {
	failed := make([]error, len(all))
	c.Idempotency = nil // each change is one that can be made again
	eachInOrder(len(all), func(i int) uuid.UUID { return all[i] }, func(i int) {
		failed[i] = a.byHand(ctx, c, d, all[i], member(i))
	})
	known = make([]bool, len(all))
	for i, err := range failed {
		if known[i] = err == nil; gonePast(err) != nil {
			return nil, err
		}
	}
	return known, nil
}
