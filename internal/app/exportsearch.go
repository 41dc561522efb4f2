package app

import (
	"context"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/roster"
)

// exportedAtOnce is how many customers are on record together before they are
// handed over.
const exportedAtOnce = 500

// ExportSearch hands over everybody who fulfilled a query when it began, as they
// are when they are handed over, in the order of their registration, page by
// page: who is on a page is on record before. It begins after an ordinal, where
// an earlier export broke off; below 0: with the first. through is the position
// that everything handed over includes. Sort, facets and marks of the query do
// not count.
func (a *App) ExportSearch(ctx context.Context, c Call, in CustomerQuery, after int64, page func(hits []roster.Hit, through int64) error) error {
	mask, err := a.overAll(ctx, &c, authz.ExportSearch)
	if err != nil {
		return err
	}
	in.Sort, in.Facets, in.After = "", nil, nil
	q, err := a.query(&in, mask)
	if err != nil {
		return err
	}
	status, err := a.Model.Status(ctx)
	if err != nil {
		return err
	}
	found, whole := c.people.Matching(q, a.Clock())
	if !whole {
		return tooLong("/filter")
	}
	each := found.Iterator()
	if after >= 0 {
		each.AdvanceIfNeeded(uint32(after) + 1)
	}
	if err := page(nil, status.Position); err != nil { // whoever waits hears that it begins
		return err
	}
	for each.HasNext() {
		var some []uint32
		for each.HasNext() && len(some) < exportedAtOnce {
			some = append(some, each.Next())
		}
		hits := c.people.Hits(some)
		about := roaring.New()
		for i := range hits {
			withhold(&hits[i], mask)
			about.Add(hits[i].Ordinal)
		}
		if err := a.auditMany(ctx, &c, authz.ExportSearch, mask, about); err != nil {
			return err
		}
		if err := page(hits, status.Position); err != nil {
			return err
		}
	}
	return nil
}
