package app

import (
	"context"
	"math"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/fault"
)

// Identifier is what the lines of a file name customers by.
type Identifier string

// The identifiers. A phone number is none: households share one.
const (
	ByCustomerID Identifier = "customerId"
	ByNumber     Identifier = "number"
	ByUserID     Identifier = "userId"
	ByExternalID Identifier = "externalId"
	ByEmail      Identifier = "email"
)

// Identifiers lists them, the surest first.
func Identifiers() []Identifier {
	return []Identifier{ByCustomerID, ByNumber, ByUserID, ByExternalID, ByEmail}
}

// group is what is told of somebody by saying that an identifier is a customer's.
// Ids and numbers are ours, and tell nothing to who does not know whose they are.
func (by Identifier) group() authz.Field {
	switch by {
	case ByUserID:
		return authz.FieldUserID
	case ByExternalID:
		return authz.FieldExternalIDs
	case ByEmail:
		return authz.FieldContact
	}
	return authz.FieldIdentity
}

// Named is a customer as a line of a file names it.
type Named struct {
	Line        int
	id          uuid.UUID // or
	number      int64     // or
	kind, value string    // of a claim
}

// Named reads an identifier, of an external one that of a source; false where
// nobody can have it.
func (by Identifier) Named(line int, source, text string) (n Named, ok bool) {
	var l Lookup
	switch n.Line = line; by {
	case ByCustomerID:
		id, err := uuid.Parse(text)
		n.id = id
		return n, err == nil && len(text) == 36
	case ByNumber:
		l.Number = text
	case ByUserID:
		l.UserID = text
	case ByExternalID:
		l.ExternalSource, l.ExternalID = source, text
	case ByEmail:
		l.Email = text
	}
	var err error
	n.kind, n.value, n.number, err = l.claim()
	return n, err == nil && (n.value != "" || n.number > 0 && n.number <= math.MaxUint32)
}

// LoadMembersAllowed tells whether the caller may change members that are named
// so, before anything is read of them.
func (a *App) LoadMembersAllowed(c Call, by Identifier) error {
	_, err := a.allowLoad(&c, by)
	return err
}

// allowLoad gives what the answer tells. Which lines name nobody tells of the
// others that they are customers: so it takes what a lookup takes.
func (a *App) allowLoad(c *Call, by Identifier) (authz.FieldMask, error) {
	mask, err := a.allowAny(c, authz.LoadSegmentMembers)
	if err != nil || by.group() == authz.FieldIdentity {
		return mask & only(authz.FieldIdentity), err
	}
	if mask, err = a.allowAny(c, authz.LookupCustomer); err != nil {
		return 0, err
	}
	if !mask.Has(by.group()) {
		return 0, fault.ErrForbidden
	}
	return mask & only(authz.FieldIdentity, by.group()), nil
}

// LoadOutcome is what became of the lines of a file.
type LoadOutcome struct {
	Changed int   // customers who are now as asked for; one who is named twice counts once
	Unknown []int // lines that name nobody
}

// LoadMembers puts everybody whom the lines of a file name into a static segment,
// or takes them out. It is known who is meant by all lines before the first
// member changes; sent again it does the same.
func (a *App) LoadMembers(ctx context.Context, c Call, ref string, by Identifier, lines []Named, member bool) (out LoadOutcome, err error) {
	mask, err := a.allowLoad(&c, by)
	if err != nil {
		return out, err
	}
	d, err := a.static(ctx, &c, ref)
	if err != nil {
		return out, err
	}
	if len(lines) > MaxBulk {
		return out, tooManyMembers
	}
	ids, err := a.whoAre(ctx, &c, by, mask, lines)
	if err != nil {
		return out, err
	}
	all, at := []uuid.UUID{}, map[uuid.UUID][]int{} // each once, and the lines that name it
	for i, id := range ids {
		if at[id] == nil && id != uuid.Nil {
			all = append(all, id)
		}
		at[id] = append(at[id], lines[i].Line)
	}
	known, err := a.allByHand(ctx, &c, d, all, func(int) bool { return member })
	out.Unknown = at[uuid.Nil]
	for i, is := range known {
		if is {
			out.Changed++
		} else {
			out.Unknown = append(out.Unknown, at[all[i]]...)
		}
	}
	slices.Sort(out.Unknown)
	return out, err
}

// whoAre finds the customers that are named; the nil id is nobody's. Whoever was
// found by what is personal is on record before anything is told.
func (a *App) whoAre(ctx context.Context, c *Call, by Identifier, mask authz.FieldMask, lines []Named) ([]uuid.UUID, error) {
	ids, failed := make([]uuid.UUID, len(lines)), make([]error, len(lines))
	err := a.aboutMany(ctx, c, authz.LoadSegmentMembers, mask, len(lines), func(i int, about *roaring.Bitmap) {
		defer rescue(&failed[i])
		ids[i], failed[i] = a.whoIs(ctx, c, by, &lines[i])
		if ids[i] != uuid.Nil && by.group() != authz.FieldIdentity {
			failed[i] = a.ordinals(ctx, ids[i:i+1], about)
		}
	})
	for _, one := range failed {
		if one != nil {
			return nil, one
		}
	}
	return ids, err
}

func (a *App) whoIs(ctx context.Context, c *Call, by Identifier, n *Named) (uuid.UUID, error) {
	switch by {
	case ByCustomerID:
		return n.id, nil
	case ByNumber:
		return c.people.IDs([]uint32{uint32(n.number - 1)})[0], nil
	}
	found, err := a.Store.Find(ctx, a.Journal.Hash(n.kind, n.value), 1)
	if err != nil || len(found) == 0 {
		return uuid.Nil, err
	}
	return found[0], nil
}
